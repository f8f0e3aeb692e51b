"""A data set of a study, and its images."""

import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.image_folder import ImageFolder
from ppl_mm.formats.images.image_file import read_image
from ppl_mm.formats.voc_layout import VOCLayout


@dataclass(frozen=True)
class DataSet:
    """A data set in VOC's layout, and how long each round trains on it.

    Args:
        root: Its folder.
        masked: The list of training images with ground truth, which choose thresholds and measure.
        val: The list that only measures, for finalists; '' for none.
        epochs: The budget of each round.
        make: The command that makes a missing data set, without ``--out``;
            empty for data that the user brings.
    """

    root: str
    masked: str
    val: str
    epochs: dict[str, int]
    make: tuple[str, ...] = ()

    def list_path(self, split: str) -> Path:
        """Return the file that lists the images of a split."""
        return VOCLayout(self.root).split_path(split)


def cam_dir(root: str | os.PathLike) -> Path:
    """Return where the CAM files of an export are, or of a folder that holds nothing else."""
    inside = ExportFolder(root).cam_dir
    return inside if inside.is_dir() else Path(root)


def read_picture(layout: VOCLayout, image_id: str) -> Image.Image:
    """Return an image of a data set, RGB, as the product sees it."""
    return Image.fromarray(read_image(ImageFolder(layout.image_dir).find_id(image_id)))
