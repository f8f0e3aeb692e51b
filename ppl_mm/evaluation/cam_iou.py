"""The mIoU of CAMs while they are made."""

import os
from collections.abc import Sequence

import numpy as np
from mmengine.dist import get_rank, get_world_size, is_main_process
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from ..errors import UserError
from ..formats.cam_file import CamFile
from ..formats.class_list import NO_BACKGROUND, label_names
from ..formats.ground_truth import note_on_negatives
from ..formats.mask_file import read_mask
from ..registry import METRICS
from ..utils.console import warn
from ..utils.files import write_json
from ..utils.processes.distributed import merged
from .confusion import mean_scores
from .summary import format_table, summarize
from .threshold_sweep import DEFAULT_THRESHOLDS, ThresholdSweep


@METRICS.register_module()
class CAMIoU(BaseMetric):
    """mIoU of the pseudo-labels that CAMs give, every threshold in one pass.

    What is measured are the maps as a CAM file keeps them, so the result at a threshold equals
    mmseg's IoUMetric on the PNGs exported at it, to the last digit. Memory does not grow with the
    images: each one is counted in a :class:`ThresholdSweep` and forgotten.

    ``best_threshold`` is chosen by the masks of the split that is measured: on that split it is
    supervision. Give ``threshold`` to measure with one that was chosen elsewhere.

    Each data sample needs what CAMTTAModel gives: ``cam`` ``(n, h, w)``, normalized; ``class_ids``
    ``(n,)``; ``ori_shape`` (H, W); and ``seg_map_path``, or an empty ``gt_label``: a negative
    without a mask is all background. On several processes, a sampler that gives out the images in
    turn, as DefaultSampler does, counts each image once. Where every pixel belongs to a class, no
    map is cut: the thresholds are not used, and 0 stands for them.

    Args:
        thresholds: Thresholds to try. Defaults to 0.01, 0.02, .. 0.99.
        threshold: Where ``mIoU`` and the other scores are taken. Defaults to None: at the best one.
        split: The name of the split, for the log and ``out_file``.
        out_file: A JSON to write: the curve, and the scores, per class too, at the threshold.
            Defaults to None.
        prefix: As in BaseMetric. Defaults to 'cam'.

    Examples:
        >>> # tools/test.py CONFIG CHECKPOINT --tta
        >>> test_evaluator = dict(type='ppl_mm.CAMIoU', split='val')
    """

    default_prefix = 'cam'

    def __init__(
        self,
        thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
        threshold: float | None = None,
        split: str = 'unnamed split',
        out_file: str | os.PathLike | None = None,
        prefix: str | None = None,
    ):
        super().__init__(prefix=prefix)
        given = [] if threshold is None else [threshold]
        self.thresholds = [*thresholds, *given]
        self.threshold = threshold
        self.split = split
        self.out_file = out_file
        self._forget()

    def _forget(self) -> None:
        """Start from nothing."""
        self._sweep: ThresholdSweep | None = None
        self._last: dict | None = None
        self._seen = 0

    @property
    def _classes(self) -> list[str]:
        """The foreground classes of the data set."""
        classes = (self.dataset_meta or {}).get('classes')
        if not classes:
            raise UserError(
                'ppl_mm.CAMIoU: the data set names no classes; give it metainfo=dict(classes=[..])'
            )
        return list(classes)

    @property
    def _has_background(self) -> bool:
        return (self.dataset_meta or {}).get('background', True)

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Count the CAMs of a batch, see :class:`CAMIoU` for its samples."""
        for sample in data_samples:
            self._count_last()
            self._last = sample
            self._seen += 1

    def _count_last(self) -> ThresholdSweep:
        """Count the sample that was held back; return all counts so far."""
        if self._sweep is None:
            self._sweep = ThresholdSweep(len(self._classes), self.thresholds, self._has_background)
        if self._last is None:
            return self._sweep
        sample, self._last = self._last, None
        if 'class_ids' not in sample:
            raise UserError(
                'ppl_mm.CAMIoU: measures what a ppl_mm.CAMTTAModel gives; use '
                'it as test_evaluator with tools/test.py --tta'
            )
        path = sample.get('seg_map_path')
        is_negative = 'gt_label' in sample and not len(sample['gt_label'])
        if not path and not is_negative:
            raise UserError(
                f'{sample.get("img_path", "an image")}: has no mask to measure its CAM by; leave '
                'out ppl_mm.CAMIoU, or give the data set data_prefix=dict(seg_map_path=..)'
            )
        self._sweep.num_assumed += not path
        mask = read_mask(path) if path else np.zeros(sample['ori_shape'][:2], np.uint8)
        try:
            self._sweep.update(CamFile.from_sample(sample), mask)
        except ValueError as error:
            raise UserError(f'{path}: cannot measure the CAM: {error}') from error
        return self._sweep

    def evaluate(self, size: int) -> dict:
        """Return the scores, see :meth:`compute_metrics`, of what all processes have counted.

        Instead of one entry per image, as BaseMetric, the processes send each other their counts.
        A sampler that gives every process equally many images repeats one image at the end of
        some: that one is the last of its process, which is why the last is held back until here.

        Args:
            size: Images of the split.
        """
        own = len(range(get_rank(), size, get_world_size()))
        if self._seen - own not in ((0, 1) if get_world_size() > 1 else (0,)):
            raise RuntimeError(
                f'this process measured {self._seen} of {size} images where '
                f'{own} are its share; CAMIoU needs a sampler that gives them '
                'out in turn, as DefaultSampler(shuffle=False)'
            )
        if self._seen > own:
            self._last = None
        sweep = merged(self._count_last())
        self._forget()
        return {
            f'{self.prefix}/{name}': value for name, value in self.compute_metrics([sweep]).items()
        }

    def compute_metrics(self, results: list[ThresholdSweep]) -> dict:
        """Return the scores of a split, of one sweep.

        Returns:
            ``mIoU``, ``precision``, ``recall``, ``over_activation`` and ``under_activation`` at
            ``threshold``, as fractions; ``best_threshold`` and ``best_mIoU`` of this split;
            ``absent_classes`` and ``num_images``, counted.
        """
        (sweep,) = results
        try:
            best_threshold, best_miou = sweep.best()
        except ValueError as error:
            raise UserError(
                f'{self.split}: {error}; its masks hold nothing but void, or it has no images'
            ) from error
        given = self.threshold if self._has_background else None
        threshold = best_threshold if given is None else given
        confusion = sweep.confusion(threshold)
        scores = {name: float(value) for name, value in mean_scores(confusion).items()}
        summary = summarize(confusion, label_names(self._classes, self._has_background))
        chosen = dict(
            threshold=threshold,
            best_threshold=best_threshold,
            best_mIoU=best_miou,
            num_images=sweep.num_images,
        )
        self._report(sweep, summary, chosen)
        return dict(scores, **chosen, absent_classes=len(summary['absent_classes']))

    def _report(self, sweep: ThresholdSweep, summary: dict, chosen: dict) -> None:
        """Log the table, and write the file if one is asked for."""
        how = f'the best on {self.split}, chosen by its masks'
        if self.threshold is not None:
            how = 'given'
        if not sweep.background:
            how = NO_BACKGROUND
        print_log(
            f'CAMs of {self.split} ({sweep.num_images} '
            f'images{note_on_negatives(sweep.num_assumed)}) at threshold {chosen["threshold"]:g} '
            f'({how}), in per cent:\n{format_table(summary)}',
            logger='current',
        )
        best = chosen['best_threshold']
        if sweep.background and best in (sweep.thresholds[0], sweep.thresholds[-1]):
            warn(f'the best threshold, {best:g}, is at the end of those tried: try more')
        if self.out_file and is_main_process():
            report = dict(
                split=self.split,
                threshold_from=how,
                **chosen,
                negatives_without_mask=sweep.num_assumed,
                scores=summary,
                curve=sweep.curve(),
            )
            write_json(self.out_file, report)
