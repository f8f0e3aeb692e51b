"""The folder of an export, read back: CAMs beside their images."""

import os
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.cam_file import CamFile, read_cam
from ...formats.export_folder import ExportFolder
from ...formats.image_folder import ImageFolder
from ...formats.images.image_file import read_image
from ...formats.voc_layout import VOCLayout


class CamFolder:
    """The CAMs that ``tools/export_cam.py`` wrote, each with its image.

    Args:
        root: The export folder.
        data_root: The data set. Defaults to the one of ``export.json``.
        image_dir: The folder of images. Defaults to ``data_root/JPEGImages``.

    Raises:
        UserError: If the folder is not an export, or there are no images.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        data_root: str | os.PathLike | None = None,
        image_dir: str | os.PathLike | None = None,
    ) -> None:
        self.files = ExportFolder(root)
        self.root = self.files.root
        self.record = self.files.read()
        data_root = data_root or self.record.data_root
        if not data_root:
            raise UserError(f'{self.files.record_path}: has no data_root; give --data-root')
        self.data_root = Path(os.path.normpath(data_root))
        self.layout = VOCLayout(self.data_root)
        image_dir = Path(image_dir or self.layout.image_dir)
        if not image_dir.is_dir():
            raise UserError(
                f'{image_dir}: no such folder of images; give --data-root, or --image-dir'
            )
        self.images = ImageFolder(image_dir)

    @property
    def classes(self) -> tuple[str, ...]:
        """The foreground classes of the CAMs."""
        return self.record.classes

    def image_ids(self, split: str | None = None) -> list[str]:
        """Return image ids, in the order of a split or sorted.

        Args:
            split: A list in ``ImageSets/Segmentation``. Defaults to None: all images that have a
                CAM.

        Raises:
            UserError: If there is no such list, or no CAM.
        """
        if split:
            return self.layout.read_split(split)
        ids = self.files.cam_ids()
        if not ids:
            raise UserError(
                f'{self.files.cam_dir}: holds no CAM; export with tools/export_cam.py first'
            )
        return sorted(ids)

    def read(self, image_id: str) -> tuple[np.ndarray, CamFile]:
        """Return an image as the classifier saw it, upright uint8 RGB (H, W, 3), and its maps.

        Raises:
            UserError: If one of them is missing or damaged, or they do not fit each other or the
                export.
        """
        cam_file = self.read_cam(image_id)
        image = read_image(self._image_path(image_id))
        if image.shape[:2] != cam_file.size:
            raise UserError(
                '{}: made for an image of {} x {} pixels (height x width), but the image has {} x '
                '{}; restore the image, or delete the file and export it again'.format(
                    self.files.cam_path(image_id), *cam_file.size, *image.shape[:2]
                )
            )
        return image, cam_file

    def read_cam(self, image_id: str) -> CamFile:
        """Return the maps of an image.

        Raises:
            UserError: If they are missing or damaged, or do not fit the export.
        """
        path = self.files.cam_path(image_id)
        cam_file = read_cam(path)
        ids, known = cam_file.class_ids, len(self.classes)
        if len(ids) and ids.max() >= known:
            raise UserError(
                f'{path}: has class id {ids.max()}, but the export has '
                f'{known} classes; delete the file and export it again'
            )
        return cam_file

    def _image_path(self, image_id: str) -> str:
        path = self.images.find_id(image_id)
        if path is None:
            raise UserError(
                f'{self.images.root}: has no image {image_id}; restore it, or give --data-root'
            )
        return path
