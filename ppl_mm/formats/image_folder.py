"""Finding images by name without asking the disk for each of them."""

import os

from ..errors import UserError
from .image_list import IMAGE_SUFFIXES, image_id


class ImageFolder:
    """The images below a folder; every folder in it is listed once.

    Args:
        root (str | PathLike): The folder.
        suffixes (tuple): Endings that make a file an image, lower case; of
            two files that differ in nothing else, the one whose ending comes
            first is found. Defaults to those of images.

    Raises:
        UserError: The folder is missing.
    """

    def __init__(self, root: str | os.PathLike, suffixes: tuple[str, ...] = IMAGE_SUFFIXES) -> None:
        self.root = os.fspath(root)
        self.suffixes = suffixes
        self._folders: dict[str, tuple[set[str], dict[str, str]]] = {}
        if not os.path.isdir(self.root):
            raise UserError(
                f'{root}: the folder of images is missing; check data_root and data_prefix'
            )

    def find(self, image: str) -> str | None:
        """Path of an image, or None if it is not there.

        Args:
            image (str): Path below the folder, with or without suffix; a file
                of exactly that name comes first.

        Returns:
            str | None: Path including the folder.
        """
        folder, name = os.path.split(image)
        names, by_stem = self._files(folder)
        found = name if name in names else by_stem.get(name)
        return found and os.path.join(self.root, folder, found)

    def find_stem(self, stem: str) -> str | None:
        """Path of an image, or None if it is not there.

        Args:
            stem (str): Path below the folder, without suffix: a.png is
                a.png.jpg and never a.png.

        Returns:
            str | None: Path including the folder.
        """
        folder, name = os.path.split(stem)
        found = self._files(folder)[1].get(name)
        return found and os.path.join(self.root, folder, found)

    def all_ids(self) -> list[str]:
        """Sorted names, without suffix, of the images in the folder itself."""
        return sorted({image_id(name) for name in self._files('')[0]})

    def _files(self, folder: str) -> tuple[set[str], dict[str, str]]:
        """File names in a folder, and the same by name without suffix.

        They are kept apart, since b.jpg and b.jpg.jpg may be there both.
        """
        if folder not in self._folders:
            path = os.path.join(self.root, folder)
            files = sorted(os.listdir(path)) if os.path.isdir(path) else []
            names, by_stem = set(), {}
            # Worst suffix first, so that the best one stays.
            for suffix in reversed(self.suffixes):
                for name in files:
                    if name.lower().endswith(suffix):
                        names.add(name)
                        by_stem[name[: -len(suffix)]] = name
            self._folders[folder] = names, by_stem
        return self._folders[folder]
