"""Large images go through a segmentation network in tiles: mmseg's slide inference."""

from typing import Any

from mmengine.config import ConfigDict
from torch import Tensor, nn

from ...utils.tiles import ALIGN, MARGIN, MAX_PIXELS, Side, TileGrid, check_max_pixels


def slide_over_large_images(network: nn.Module, max_pixels: int = MAX_PIXELS) -> None:
    """Have a network see larger images in tiles, as mmseg's ``test_cfg=dict(mode='slide')`` does.

    mmseg averages the logits where tiles overlap. Smaller images are seen as before. A network
    whose config says 'slide' keeps what it says.

    Args:
        network: A segmentor of mmseg.
        max_pixels: The most pixels of a tile, and of an image that is seen as a whole.

    Raises:
        UserError: See :func:`.check_max_pixels`.
    """
    check_max_pixels(max_pixels)
    known = getattr(network, 'test_cfg', None) or {}
    if hasattr(network, 'slide_inference') and known.get('mode') != 'slide':
        network.register_forward_pre_hook(_Slide(max_pixels), with_kwargs=True)


class _Slide:
    """Sets the test mode of a network by the images that it is about to see."""

    def __init__(self, max_pixels: int) -> None:
        self.max_pixels = max_pixels

    def __call__(self, network: Any, args: tuple, kwargs: dict) -> None:
        images: Tensor = kwargs['inputs'] if 'inputs' in kwargs else args[0]
        down, across = TileGrid(images.shape[-2:], self.max_pixels, MARGIN, ALIGN).sides
        network.test_cfg = ConfigDict({**network.test_cfg, **_mode(down, across)})


def _mode(down: Side, across: Side) -> dict:
    """Return what mmseg's ``test_cfg`` says of images of one size."""
    if len(down.starts) == len(across.starts) == 1:
        return dict(mode='whole')
    return dict(
        mode='slide', crop_size=(down.window, across.window), stride=(down.step, across.step)
    )
