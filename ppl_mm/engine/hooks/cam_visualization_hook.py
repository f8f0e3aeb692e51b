"""Pictures of the maps while a classifier trains."""

from dataclasses import replace

import numpy as np
import torch
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from mmpretrain.structures import DataSample
from PIL import Image

from ...cams import foreground_score
from ...errors import UserError
from ...formats.cam_file import CamFile
from ...formats.images.image_file import read_image
from ...models.cam_tta import CAMTTAModel
from ...registry import HOOKS
from ...utils.spread import spread
from ...utils.weights.loading import unwrap_model
from ...visualization import overlay_score
from ..cam_viewer import cam_viewer

#: Height of a photo in the sheet, in pixels.
_HEIGHT = 192


@HOOKS.register_module()
class CAMVisualizationHook(Hook):
    """Draw the maps of some images after an epoch, for every backend of the visualizer.

    The images are the same each time, spread evenly over the data of ``val_dataloader``: photos
    above, the map of their strongest class below. Each image is seen once, without the views of an
    export. What is trained does not depend on it.

    Args:
        num_images: How many images. Defaults to 6.
        interval: Draw after each this many epochs, and after the last. Defaults to 1.

    Raises:
        UserError: If a number is not 1 or more.
    """

    priority = 'LOW'

    def __init__(self, num_images: int = 6, interval: int = 1) -> None:
        for name, value in (('num_images', num_images), ('interval', interval)):
            if type(value) is not int or value < 1:
                raise UserError(f'CAMVisualizationHook: {name}={value!r} must be 1 or more')
        self.num_images, self.interval = num_images, interval
        self._samples: list[dict] | None = None

    @master_only
    def after_train_epoch(self, runner: Runner) -> None:
        """Draw the sheet of an epoch."""
        if not (self.every_n_epochs(runner, self.interval) or self.is_last_train_epoch(runner)):
            return
        if self._samples is None:
            self._samples = _fixed_samples(runner, self.num_images)
        if not self._samples:
            return
        model, viewer = unwrap_model(runner.model), cam_viewer(runner)
        was_training = model.training
        model.eval()
        with torch.no_grad():
            tiles = [_tile(*_see(viewer, sample)) for sample in self._samples]
        model.train(was_training)
        runner.visualizer.add_image('cam', np.concatenate(tiles, axis=1), step=runner.epoch + 1)


def _fixed_samples(runner: Runner, number: int) -> list[dict]:
    """Return images of the validation data as its pipeline packs them."""
    settings = runner.cfg.get('val_dataloader')
    if not settings:
        raise UserError(
            'CAMVisualizationHook: the config has no val_dataloader, whose images it draws; '
            'add one, or take the hook out'
        )
    dataset = DATASETS.build(settings['dataset'])
    return [dataset[place] for place in spread(range(len(dataset)), number)]


def _see(viewer: CAMTTAModel, sample: dict) -> tuple[str, DataSample]:
    """Return the path of a photo, and its maps from one view."""
    packed = sample['data_samples']
    (found,) = viewer.test_step(dict(inputs=[[sample['inputs']]], data_samples=[[packed]]))
    return packed.img_path, found


def _tile(path: str, found: DataSample) -> np.ndarray:
    """Return a photo above its map, RGB (2 * _HEIGHT, W, 3)."""
    image = Image.fromarray(read_image(path))
    width = max(1, round(image.width * _HEIGHT / image.height))
    photo = np.array(image.resize((width, _HEIGHT), Image.Resampling.BICUBIC))
    cam = replace(CamFile.from_sample(found), size=photo.shape[:2])
    score = foreground_score(cam)[0] if len(cam.class_ids) else np.zeros(cam.size, np.float32)
    return np.concatenate([photo, overlay_score(photo, score)])
