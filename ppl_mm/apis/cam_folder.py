"""The folder of an export, read back: CAMs beside their images."""

import json
import os
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..formats.cam_file import CamFile, cam_path, read_cam
from ..formats.class_list import check_classes
from ..formats.image_file import read_image
from ..formats.image_folder import ImageFolder
from ..formats.image_list import normal_name, read_ids
from ..utils.files import check_regular


class CamFolder:
    """The CAMs that ``tools/export_cam.py`` wrote, each with its image.

    Args:
        root (str | PathLike): The export folder.
        data_root (str | PathLike, optional): The data set. Defaults to the
            one of ``export.json``.
        image_dir (str | PathLike, optional): The folder of images. Defaults
            to ``data_root/JPEGImages``.

    Raises:
        UserError: If the folder is no export, or there are no images.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        data_root: str | os.PathLike | None = None,
        image_dir: str | os.PathLike | None = None,
    ) -> None:
        self.root = Path(root)
        self.record = read_export(root)
        data_root = data_root or self.record.get('data_root')
        if not data_root:
            raise UserError(f'{self.root / "export.json"}: has no data_root; give --data-root')
        self.data_root = Path(os.path.normpath(data_root))
        image_dir = Path(image_dir or self.data_root / 'JPEGImages')
        if not image_dir.is_dir():
            raise UserError(
                f'{image_dir}: no such folder of images; give --data-root, or --image-dir'
            )
        self.images = ImageFolder(image_dir)

    @property
    def classes(self) -> list[str]:
        """The foreground classes of the CAMs."""
        return self.record['classes']

    def stems(self, split: str | None = None) -> list[str]:
        """Names of images.

        Args:
            split (str, optional): A list in ``ImageSets/Segmentation``.
                Defaults to None: all images that have a CAM.

        Returns:
            list[str]: Stems, in the order of the list or sorted.

        Raises:
            UserError: If there is no such list, or no CAM.
        """
        if split:
            return read_ids(self.data_root / f'ImageSets/Segmentation/{split}.txt')
        stems = stems_below(self.root / 'cams', '.npz')
        if not stems:
            raise UserError(
                f'{self.root / "cams"}: no CAM is there; export with tools/export_cam.py first'
            )
        return sorted(stems)

    def read(self, stem: str) -> tuple[np.ndarray, CamFile]:
        """An image as the classifier saw it, and its maps.

        Args:
            stem (str): Its name.

        Returns:
            tuple[np.ndarray, CamFile]: The image, uint8 RGB, shape
            ``(H, W, 3)``, upright and without transparency; and its maps.

        Raises:
            UserError: If one of them is missing or damaged, or they do not
                fit each other or the export.
        """
        path = cam_path(self.root, stem)
        cam_file = read_cam(path)
        ids, known = cam_file.class_ids, len(self.classes)
        if len(ids) and ids.max() >= known:
            raise UserError(
                f'{path}: has class id {ids.max()}, but the export has '
                f'{known} classes; delete the file and export it again'
            )
        image = self._read_image(stem)
        if image.shape[:2] != cam_file.size:
            raise UserError(
                '{}: made for an image of {} x {} pixels (height x width), '
                'but the image has {} x {}; put back the image, or delete the '
                'file and export it again'.format(path, *cam_file.size, *image.shape[:2])
            )
        return image, cam_file

    def _read_image(self, stem: str) -> np.ndarray:
        path = self.images.find_stem(stem)
        if path is None:
            raise UserError(
                f'{self.images.root}: has no image {stem}; restore it, or give --data-root'
            )
        return read_image(path)


def stems_below(folder: Path, suffix: str) -> set[str]:
    """Return the image ids of files below a folder.

    Args:
        folder: The folder; it need not exist.
        suffix: The ending of the files, with the dot.

    Returns:
        Paths below the folder without the suffix.
    """
    return {
        normal_name(path.relative_to(folder).as_posix()[: -len(suffix)])
        for path in folder.rglob(f'*{suffix}')
    }


def read_export(export_dir: str | os.PathLike) -> dict:
    """The record of an export: ``classes``, and ``threshold`` if it has one.

    Args:
        export_dir (str | PathLike): Its folder.

    Returns:
        dict: What ``export.json`` holds.

    Raises:
        UserError: If there is none, or it is damaged.
    """
    path = Path(export_dir) / 'export.json'
    try:
        check_regular(path)
        record = json.loads(path.read_text())
        classes = record.get('classes')
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(
            f'{path}: no such file; give the folder that tools/export_cam.py wrote'
        ) from error
    except UserError:
        raise
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(
            f'{path}: not a readable record of an export; export again into another folder'
        ) from error
    check_classes(classes, f'{path}: classes')
    return record
