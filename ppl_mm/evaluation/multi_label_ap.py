"""Measure how well a classifier tells which classes an image shows."""

from collections.abc import Sequence

import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from torch import Tensor

from ..errors import UserError
from ..registry import METRICS
from .finite import require_finite


@METRICS.register_module()
class MultiLabelAP(BaseMetric):
    """Average precision of each class, and its mean over the classes of the split.

    A class that no image of the split shows has no average precision. It is left out of the mean,
    and counted. mmpretrain's ``AveragePrecision`` counts it as 0; for the other classes both give
    the same numbers. The arguments are those of mmengine's ``BaseMetric``.
    """

    default_prefix = 'multi-label'  # as in mmpretrain

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Keep the scores of a batch.

        Each sample has ``pred_score`` (num_classes,) and ``gt_label``, the ids of its classes, or
        ``gt_score`` (num_classes,): 1 for present, 0 for absent, -1 for unknown.

        Raises:
            UserError: If a score is NaN or infinite, or an image has no label.
        """
        for sample in data_samples:
            require_finite(sample)
            score = sample['pred_score'].float().cpu()
            truth = sample.get('gt_score')
            if truth is None and sample.get('gt_label') is None:
                raise UserError(
                    'ppl_mm.MultiLabelAP: an image has no label to compare with; set '
                    'test_dataloader.dataset.ann_file to the label file, or test_evaluator to '
                    'something else'
                )
            if truth is None:
                truth = torch.zeros(len(score))
                truth[sample['gt_label'].cpu()] = 1
            self.results.append((score, truth.cpu()))

    def compute_metrics(self, results: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
        """Return ``mAP`` in per cent, and ``absent_classes``, counted, if there are any."""
        scores, truth = (torch.stack(column) for column in zip(*results, strict=True))
        precision = average_precision(scores, truth)
        absent = precision.isnan()
        metrics = {} if absent.all() else dict(mAP=(precision[~absent].mean() * 100).item())
        if absent.any():
            metrics['absent_classes'] = int(absent.sum())
            self._log_absent(absent)
        return metrics

    def _log_absent(self, absent: Tensor) -> None:
        classes = self.dataset_meta.get('classes', range(len(absent)))
        names = ', '.join(str(classes[index]) for index in absent.nonzero()[:, 0].tolist())
        print_log(
            f'mAP over {int((~absent).sum())} of {len(absent)} classes: '
            f'no image of the split shows {names}',
            logger='current',
        )


def average_precision(scores: Tensor, truth: Tensor) -> Tensor:
    """Return the average precision (num_classes,) of each class: the mean precision at its images.

    It is NaN for a class that no image shows.

    Args:
        scores: (num_images, num_classes), higher for more likely.
        truth: The same shape: 1 for present, 0 for absent, -1 for unknown. Images of which a class
            is unknown are left out for that class.
    """
    order = scores.argsort(dim=0, descending=True, stable=True)
    ranked = truth.gather(0, order)  # (num_images, num_classes)
    present = ranked == 1
    rank = (ranked > -1).cumsum(dim=0)
    precision = present.cumsum(dim=0) / rank.clamp(min=1)
    return (precision * present).sum(dim=0) / present.sum(dim=0)
