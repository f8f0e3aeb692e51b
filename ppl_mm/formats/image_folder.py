"""Finding images by name without asking the disk for each of them."""

import os

from ..errors import UserError
from . import image_list
from .image_list import IMAGE_SUFFIXES, normal_name


class ImageFolder:
    """The images below a folder; every folder in it is listed once.

    Names are compared in Unicode's normal form, see :func:`normal_name`.

    Args:
        root: The folder.
        suffixes: Endings that make a file an image, lower case; of two files that differ in
            nothing else, the one whose ending comes first is found. Defaults to those of images.

    Raises:
        UserError: The folder is missing.
    """

    def __init__(self, root: str | os.PathLike, suffixes: tuple[str, ...] = IMAGE_SUFFIXES) -> None:
        self.root = os.fspath(root)
        self.suffixes = suffixes
        self._folders: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
        if not os.path.isdir(self.root):
            raise UserError(
                f'{root}: the folder of images is missing; check data_root and data_prefix'
            )

    def find(self, image: str) -> str | None:
        """Return the path of an image, with or without suffix, or None if there is none.

        A file of exactly that name comes first.
        """
        folder, name = os.path.split(normal_name(image))
        by_name, by_stem = self._files(folder)
        return by_name.get(name) or by_stem.get(name)

    def find_id(self, image_id: str) -> str | None:
        """Return the path of an image by its id, or None; a.png is a.png.jpg, never a.png."""
        folder, name = os.path.split(normal_name(image_id))
        return self._files(folder)[1].get(name)

    def all_ids(self) -> list[str]:
        """Return the sorted ids of the images in the folder itself."""
        return sorted({image_list.image_id(name) for name in self._files('')[0]})

    def _files(self, folder: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return the paths of a folder's files by name, and by name without suffix.

        They are kept apart, since b.jpg and b.jpg.jpg may both exist.
        """
        if folder not in self._folders:
            path = self._path(folder) or ''
            files = sorted(os.listdir(path)) if os.path.isdir(path) else []
            by_name, by_stem = {}, {}
            # Worst suffix first, so that the best one stays.
            for suffix in reversed(self.suffixes):
                for name in files:
                    if name.lower().endswith(suffix):
                        plain = normal_name(name)
                        by_name[plain] = os.path.join(path, name)
                        by_stem[plain[: -len(suffix)]] = by_name[plain]
            self._folders[folder] = by_name, by_stem
        return self._folders[folder]

    def _path(self, folder: str) -> str | None:
        """Return the path of a folder whose name on the disk may have another form.

        None if there is no such folder below the root.
        """
        if '..' in folder.split('/'):
            return None
        path = os.path.join(self.root, folder)
        if folder.isascii() or os.path.isdir(path):
            return path
        parent, name = os.path.split(folder)
        above = self._path(parent) or ''
        names = os.listdir(above) if os.path.isdir(above) else []
        return next(
            (os.path.join(above, entry) for entry in names if normal_name(entry) == name), None
        )
