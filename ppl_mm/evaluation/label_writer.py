"""Writes the predictions of a segmentation network while a test loop runs."""

import os
from collections.abc import Sequence
from pathlib import Path

from mmengine.evaluator import BaseMetric

from ..formats.mask_file import label_from_channels, write_label
from ..registry import METRICS


@METRICS.register_module()
class LabelWriter(BaseMetric):
    """Write the predicted label of every test image as a PNG with VOC's palette.

    A file is called as its image, as those of mmseg's ``IoUMetric(output_dir=..)``, which have no
    palette and look black in a viewer.

    Args:
        out_dir: The folder of the PNGs; it is made.
        **kwargs: See mmengine's ``BaseMetric``.

    Examples:
        >>> test_evaluator = dict(type='ppl_mm.LabelWriter', out_dir='work_dirs/predictions')
    """

    default_prefix = 'labels'

    def __init__(self, out_dir: str | os.PathLike, **kwargs) -> None:
        super().__init__(**kwargs)
        self.out_dir = Path(out_dir)

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Write the labels of a batch of ``SegDataSample`` as dicts."""
        for sample in data_samples:
            label = sample['pred_sem_seg']['data'].squeeze(0).cpu().numpy()
            # Labels of ADE20K and the like begin at 1.
            background = not sample.get('reduce_zero_label', False)
            path = self.out_dir / f'{Path(sample["img_path"]).stem}.png'
            write_label(path, label_from_channels(label, background))
            self.results.append(True)  # BaseMetric counts one entry per image

    def compute_metrics(self, results: list) -> dict[str, int]:
        """Return how many labels were written."""
        return dict(images=len(results))
