"""Writes CAM files while a test loop runs."""

import os
from collections.abc import Sequence

from mmengine.evaluator import BaseMetric

from ..errors import UserError
from ..formats.cam_file import CamFile, cam_path, write_cam
from ..registry import METRICS


@METRICS.register_module()
class CAMWriter(BaseMetric):
    """Keeps the CAM of every test image in ``out_dir/cams``.

    Each file is written as soon as its image is done, and whole, so a run
    that was killed has lost nothing but the image at hand. Memory does not
    grow with the images.

    Args:
        out_dir (str | PathLike): The export folder.
        kwargs: As of mmengine's ``BaseMetric``.

    Each data sample needs ``cam`` (n, h, w), normalized, ``class_ids`` (n,),
    ``ori_shape`` (H, W) and ``image_id``.
    """

    default_prefix = 'cam'

    def __init__(self, out_dir: str | os.PathLike, **kwargs) -> None:
        super().__init__(**kwargs)
        self.out_dir = out_dir

    def process(self, data_batch, data_samples: Sequence[dict]) -> None:
        """Write the CAMs of a batch.

        Args:
            data_batch: Not used.
            data_samples (Sequence[dict]): From :class:`CAMTTAModel`.
        """
        for sample in data_samples:
            write_cam(cam_path(self.out_dir, sample['image_id']), _cam_file(sample))
            self.results.append(True)  # one entry an image, as must be

    def compute_metrics(self, results: list) -> dict[str, int]:
        """How many images were exported."""
        return dict(images=len(results))


def _cam_file(sample: dict) -> CamFile:
    try:
        return CamFile(
            class_ids=sample['class_ids'].cpu().numpy(),
            cam=sample['cam'].cpu().numpy(),
            size=tuple(sample['ori_shape'][:2]),
        )
    except ValueError as error:
        raise UserError(
            f'{sample["image_id"]}: {error}; the training has '
            'diverged, or the checkpoint is damaged'
        ) from error
