"""Large images go through a segmentation network in tiles: mmseg's slide inference."""

from functools import partial
from typing import Any

from mmengine.config import ConfigDict
from torch import Tensor, nn

from ...utils.tiles import ALIGN, MARGIN, MAX_PIXELS, TileGrid, check_max_pixels


def slide_over_large_images(network: nn.Module, max_pixels: int = MAX_PIXELS) -> None:
    """Have a network see larger images in tiles, as mmseg's ``test_cfg=dict(mode='slide')`` does.

    mmseg averages the logits where tiles overlap. Smaller images are seen as before. A network
    whose config says 'slide' keeps what it says.

    Args:
        network: A segmentor of mmseg.
        max_pixels: See :func:`.check_max_pixels`.
    """
    check_max_pixels(max_pixels)
    known = getattr(network, 'test_cfg', None) or {}
    if hasattr(network, 'slide_inference') and known.get('mode') != 'slide':
        network.register_forward_pre_hook(partial(_set_test_mode, max_pixels), with_kwargs=True)


def _set_test_mode(max_pixels: int, network: Any, args: tuple, kwargs: dict) -> None:
    """Set the test mode of a network by the images that it is about to see."""
    images: Tensor = kwargs['inputs'] if 'inputs' in kwargs else args[0]
    grid = TileGrid(images.shape[-2:], max_pixels, MARGIN, ALIGN)
    down, across = grid.sides
    mode: dict = dict(mode='whole')
    if len(grid) > 1:
        size, step = (down.window, across.window), (down.step, across.step)
        mode = dict(mode='slide', crop_size=size, stride=step)
    network.test_cfg = ConfigDict({**network.test_cfg, **mode})
