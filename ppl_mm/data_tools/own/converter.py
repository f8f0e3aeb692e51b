"""One photograph, and its mask, made into files of the data set."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from PIL import Image

from ...errors import UserError
from ...formats.mask_file import read_mask, write_label
from ...formats.orientation import turn_upright
from ...formats.photo import Photo, read_photo
from ...utils.files import atomic_write
from .mask_values import MaskValues
from .settings import OwnDataSettings
from .sources import Source

_JPEG = dict(quality=95, subsampling=0)  # colours at full resolution


@dataclass(frozen=True)
class OwnImage:
    """An image of the data set.

    Attributes:
        image_id (str): Its name.
        sources (tuple[Source, ...]): The photo, and others of the same bytes.
        labels (tuple[str, ...] | None): Its classes, none for a negative;
            None if they are not known.
        digest (str): Of photo, mask and labels.
        problem (str): Why it cannot be used, '' if it can.
    """

    image_id: str
    sources: tuple[Source, ...]
    labels: tuple[str, ...] | None
    digest: str
    problem: str = ''

    @property
    def mask(self) -> Path | None:
        """The first mask of its photos."""
        masks = [source.mask for source in self.sources if source.mask]
        return masks[0] if masks else None


class PhotoConverter:
    """Writes the files of images, in several threads if one likes.

    Args:
        settings (OwnDataSettings): What images are made from, and how.
        values (MaskValues): What the values of masks mean.
    """

    def __init__(self, settings: OwnDataSettings, values: MaskValues) -> None:
        self.settings, self.out, self.values = settings, settings.out, values
        for folder in ('JPEGImages', 'SegmentationClass'):
            (self.out / folder).mkdir(parents=True, exist_ok=True)

    def __call__(self, image: OwnImage) -> dict:
        """Write one image.

        Args:
            image (OwnImage): The image.

        Returns:
            dict: ``image``, ``digest``, and either ``problem``, a line, or
            ``files`` below the data set and ``notes``, what was done.
        """
        source = image.sources[0]
        entry = dict(image=image.image_id, digest=image.digest)
        if image.problem:
            return dict(entry, problem=image.problem)
        try:
            photo = read_photo(source.path, self.settings.max_long_side, self.settings.white_level)
            mask = self._mask(image, photo)
            files = [f'JPEGImages/{image.image_id}{photo.suffix or ".jpg"}']
            if mask is not None:
                files.append(f'SegmentationClass/{image.image_id}.png')
                write_label(self.out / files[1], mask)
            self._write_photo(photo, source.path, self.out / files[0])
        except UserError as error:
            return dict(entry, problem=str(error))
        return dict(entry, files=files, notes=photo.changes)

    def _write_photo(self, photo: Photo, source: Path, target: Path) -> None:
        if photo.suffix is None:
            with atomic_write(target) as file:
                photo.picture.save(file, 'JPEG', **_JPEG)
            return
        if self.settings.link:
            target.unlink(missing_ok=True)
            try:
                return os.link(source.resolve(), target)
            except OSError:
                pass  # another disk, or one that knows no links: a copy
        with atomic_write(target) as file, open(source, 'rb') as original:
            shutil.copyfileobj(original, file)

    def _mask(self, image: OwnImage, photo: Photo) -> np.ndarray | None:
        """The mask of a photo, upright and of its new size."""
        path = image.mask
        if path is None:
            return None
        mask = Image.fromarray(self.values.convert(read_mask(path), image.labels or (), str(path)))
        if mask.size != photo.full_size:
            # Drawn by a program that did not turn the photo.
            turned = turn_upright(mask, photo.orientation)
            if turned.size != photo.full_size:
                raise UserError(
                    '{}: has {} x {} pixels, but its photo {} has {} x {}; make both equal'.format(
                        path, *mask.size, image.sources[0].path, *photo.full_size
                    )
                )
            mask = turned
        if mask.size != photo.picture.size:
            mask = mask.resize(photo.picture.size, Image.Resampling.NEAREST)
        return np.array(mask)


class Journal:
    """What is converted already, a line of JSON for each image.

    Args:
        path (Path): The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, dict]:
        """Entries by image; a line that was cut short does not count."""
        entries = {}
        if self.path.is_file():
            for line in self.path.read_text(encoding='utf-8').splitlines():
                try:
                    entry = json.loads(line)
                    entries[entry['image']] = entry
                except (ValueError, KeyError, TypeError):
                    continue
        return entries

    def open(self) -> TextIO:
        """The file, to append to, on a line of its own."""
        file = open(self.path, 'a', encoding='utf-8')
        file.write('\n')
        return file

    def remove(self) -> None:
        """Take it away when all is done."""
        self.path.unlink(missing_ok=True)
