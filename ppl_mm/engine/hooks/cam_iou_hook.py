"""How good CAM seeds are, while a classifier trains."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dist import get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.structures import DataSample

from ...cams.auto_threshold import DEFAULT_THRESHOLD, MapStatistics
from ...cams.threshold_choice import ThresholdChoice
from ...errors import UserError, first_line
from ...evaluation.confusion import mean_scores
from ...evaluation.threshold_sweep import DEFAULT_THRESHOLDS, ThresholdSweep
from ...formats.cam_file import CamFile
from ...formats.mask_file import read_mask
from ...registry import HOOKS
from ...utils.processes.distributed import merged
from ...utils.weights.loading import unwrap_model
from ..cam_viewer import cam_viewer


@HOOKS.register_module()
class CAMIoUHook(Hook):
    """Measure CAM seeds at each validation, by the masks that val has.

    The scores join those of the val loop: in the log, in every backend of the visualizer, and for
    ``CheckpointHook.save_best``. ``cam/mIoU`` is taken at the threshold, ``cam/best_mIoU`` at the
    best one for these masks; both are fractions, over the background and the classes. The maps are
    those that the val loop makes anyway, of one view, so an export with more views is a little
    better. Nothing is trained by it.

    Where every pixel belongs to a class, no map is cut, and the threshold is 0.

    Images without a mask are left out; a negative, an image without a class, needs none. Nothing
    is measured where no image of val has a mask.

    Args:
        threshold: The score of the background, 0..1, or 'auto': the maps of val choose it, one for
            all classes, as they do where classes have their own, ``auto,crack=0.8``. Defaults to
            None: as the config's ``export_threshold`` says, else 0.15 as IRN.

    Raises:
        UserError: If the threshold is neither.
    """

    priority = 'HIGHEST'  # the scores are there when mmengine's hooks read them

    def __init__(self, threshold: float | str | None = None) -> None:
        if threshold is not None:
            _checked_threshold(threshold, 'CAMIoUHook: threshold')
        self.threshold = threshold

    def before_val_epoch(self, runner: Runner) -> None:
        """Start from nothing."""
        given: Any = self.threshold
        if given is None:
            given = runner.cfg.get('export_threshold', DEFAULT_THRESHOLD)
        self._given = _checked_threshold(given, 'export_threshold')
        self._viewer = cam_viewer(runner)
        tried = [*DEFAULT_THRESHOLDS, *([] if self._given is None else [self._given])]
        classifier: Any = unwrap_model(self._viewer)
        meta = getattr(runner.val_dataloader.dataset, 'metainfo', {})
        background = meta.get('background', True)
        self._sweep = ThresholdSweep(classifier.head.num_classes, tried, background)
        self._maps = MapStatistics()
        images = len(runner.val_dataloader.dataset)
        self._left = len(range(get_rank(), images, get_world_size()))

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: Sequence[DataSample] | None = None,
    ) -> None:
        """Count the maps of a batch, and forget them."""
        # The sampler may repeat an image at the end, so that all processes have equally many.
        mine = list(outputs or ())[: self._left]
        self._left -= len(mine)
        for sample in mine:
            if 'cam' in sample and 'gt_label' in sample:
                self._count(runner, sample)

    def after_val_epoch(self, runner: Runner, metrics: dict | None = None) -> None:
        """Add the scores to those of the validation."""
        sweep, maps = merged(self._sweep), merged(self._maps)
        if metrics is None or sweep.num_images == sweep.num_assumed or not sweep.counts.any():
            return
        threshold = self._given if sweep.background else 0.0
        if threshold is None:
            threshold = maps.choose().value
        best, best_miou = sweep.best()
        metrics['cam/mIoU'] = float(mean_scores(sweep.confusion(threshold))['mIoU'])
        metrics['cam/threshold'] = threshold
        metrics['cam/best_mIoU'] = best_miou
        metrics['cam/best_threshold'] = best

    def _count(self, runner: Runner, sample: DataSample) -> None:
        path = sample.get('seg_map_path')
        if not path and len(sample.gt_label):
            return
        (merged,) = self._viewer.merge_preds([[sample]])
        cam = CamFile.from_sample(merged)
        try:
            self._sweep.update(cam, read_mask(path) if path else np.zeros(cam.size, np.uint8))
        except ValueError as error:  # a training need not end for a mask that it does not see
            where = '' if isinstance(error, UserError) else f'{path}: '
            runner.logger.warning(f'CAM seed not measured: {where}{first_line(error)}')
            return
        self._sweep.num_assumed += not path
        self._maps.update(cam)


def _checked_threshold(value: Any, name: str) -> float | None:
    """Return a threshold, None where the maps choose it, or where classes have their own."""
    try:
        choice = ThresholdChoice.given(str(value))
    except UserError as error:
        raise UserError(f"{name}={value!r}: give a number in 0..1, or 'auto'") from error
    return None if choice.auto or choice.by_class else choice.value
