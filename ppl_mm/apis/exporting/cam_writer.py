"""Writes CAM files while a test loop runs."""

import os
from collections.abc import Sequence

from mmengine.evaluator import BaseMetric

from ...errors import UserError
from ...formats.cam_file import CamFile, write_cam
from ...formats.export_folder import ExportFolder
from ...registry import METRICS


@METRICS.register_module()
class CAMWriter(BaseMetric):
    """Write the CAM of every test image to ``out_dir/cams``.

    Each file is written as soon as its image is done, and whole, so a killed run has lost nothing
    but the image at hand. Memory does not grow with the number of images.

    Args:
        out_dir: The export folder.
        **kwargs: See mmengine's ``BaseMetric``.

    Each data sample needs ``image_id`` and what :meth:`CamFile.from_sample` reads.
    """

    default_prefix = 'cam'

    def __init__(self, out_dir: str | os.PathLike, **kwargs) -> None:
        super().__init__(**kwargs)
        self.folder = ExportFolder(out_dir)

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Write the CAMs of a batch; raise a UserError where a map is not finite."""
        for sample in data_samples:
            image_id = sample['image_id']
            try:
                cam_file = CamFile.from_sample(sample)
            except ValueError as error:
                raise UserError(
                    f'{image_id}: {error}; the training has diverged, or the checkpoint is damaged'
                ) from error
            write_cam(self.folder.cam_path(image_id), cam_file)
            self.results.append(True)  # BaseMetric counts one entry per image

    def compute_metrics(self, results: list) -> dict[str, int]:
        """Return how many images were exported."""
        return dict(images=len(results))
