"""What a segmentation network takes for what, over a whole split."""

import os
from collections.abc import Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from ..errors import UserError
from ..formats.class_list import label_names
from ..formats.mask_file import label_from_channels
from ..registry import METRICS
from ..utils.files import write_json
from ..utils.text import counted
from .confusion import confusion_matrix
from .summary import format_table, summarize


@METRICS.register_module()
class SegConfusion(BaseMetric):
    """The confusion matrix of a split, and the scores read from it.

    For the predictions of any mmseg model, to stand beside mmseg's ``IoUMetric``. Scores are
    fractions from integer counts; they are those of ``IoUMetric`` to its last digit, unless a
    class is absent from the split but predicted: there it says 0, here the class is left out of
    the mean, see :mod:`.confusion`.

    Args:
        split: What to call the split in the log and the file. Defaults to 'the split'.
        out_file: A JSON to write: scores, per class too, and the matrix. Defaults to None.
        **kwargs: See mmengine's ``BaseMetric``.

    Examples:
        >>> test_evaluator = [
        ...     dict(type='IoUMetric', iou_metrics=['mIoU']),
        ...     dict(type='ppl_mm.SegConfusion', out_file='val.json')]
    """

    default_prefix = 'seg'

    def __init__(
        self, split: str = 'the split', out_file: str | os.PathLike | None = None, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.split, self.out_file = split, out_file

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Count the pixels of a batch.

        One entry per image: BaseMetric cuts the list of all processes to the number of images, so
        that one repeated by a sampler counts once.
        """
        background, foreground = self._has_background, len(self._label_names) - 1
        for sample in data_samples:
            pred, truth = (
                label_from_channels(sample[key]['data'].squeeze(0).cpu().numpy(), background)
                for key in ('pred_sem_seg', 'gt_sem_seg')
            )
            try:
                counts = confusion_matrix(pred, truth, foreground)
            except ValueError as error:
                raise UserError(
                    f'{sample.get("seg_map_path")}: cannot be compared: {error}'
                ) from error
            self.results.append(counts)

    @property
    def _has_background(self) -> bool:
        return not self.dataset_meta.get('reduce_zero_label', False)

    @property
    def _label_names(self) -> tuple[str, ...]:
        """What the values of a label mean, where the classes are those of channels."""
        classes = tuple(self.dataset_meta['classes'])
        return classes if self._has_background else label_names(classes, background=False)

    def compute_metrics(self, results: list[np.ndarray]) -> dict[str, float]:
        """Return the means of :func:`.summarize` over the matrices (n + 1, n + 2) of all images."""
        summary = summarize(np.sum(results, axis=0), self._label_names)
        images = counted(len(results), 'image')
        print_log(
            f'{self.split} ({images}), in per cent:\n{format_table(summary)}', logger='current'
        )
        if self.out_file:
            head = dict(split=self.split, num_images=len(results))
            classes = list(self.dataset_meta['classes'])
            write_json(self.out_file, dict(head, classes=classes, scores=summary))
        return {
            name: value
            for name, value in summary.items()
            if isinstance(value, float) and name != 'ignored_share'
        }
