"""One photograph, and its mask, made into files of the data set."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import UserError
from ...formats.images.checks import check_sides, naming
from ...formats.images.orientation import turn_upright, upright_size
from ...formats.images.photo import Photo, read_photo
from ...formats.images.stored_values import StoredValues
from ...formats.images.tiff_bands import write_bands
from ...formats.mask_file import IGNORE, is_turned, read_any_mask, write_label
from ...formats.voc_layout import VOCLayout
from ...utils.files import atomic_write
from ..near_copies import packed_look
from .mask_values import MaskValues
from .masks import check_size, merge_masks
from .settings import OwnDataSettings
from .sources import Source

_JPEG = dict(quality=95, subsampling=0)  # colours at full resolution
# What is said of masks of one photo that claim one pixel for two classes.
_CLASH = dict(
    later='with masks that overlap: the later class was kept',
    void='with masks that overlap: these pixels are void',
)
# EXIF turns the photo into the same size: it does not show whether the mask was drawn so.
_EITHER_WAY = 'turned ones whose mask fits unturned, too: taken as upright'


@dataclass(frozen=True)
class OwnImage:
    """An image of the data set.

    Attributes:
        image_id: Its name.
        sources: The photo, and others of the same bytes.
        labels: Its classes, none for a negative; None if they are not known.
        digest: Of photo, mask and labels.
        problem: Why it cannot be used, '' if it can.
    """

    image_id: str
    sources: tuple[Source, ...]
    labels: tuple[str, ...] | None
    digest: str
    problem: str = ''

    @property
    def masked(self) -> list[Source]:
        """The photos that have a mask."""
        return [source for source in self.sources if source.mask]

    def without_masks(self) -> 'OwnImage':
        """Return the same image, its masks left out."""
        return replace(self, sources=tuple(replace(source, mask=None) for source in self.sources))


class PhotoConverter:
    """Writes the files of images, in several threads if one likes.

    Masks have the values that ``values`` says, photos of 16 bits the white, or images the bands, of
    ``stored``.
    """

    def __init__(self, settings: OwnDataSettings, values: MaskValues, stored: StoredValues) -> None:
        self.settings, self.out, self.values = settings, settings.out, values
        self.white_level, self.bands = stored
        for folder in (VOCLayout.IMAGES, VOCLayout.MASKS):
            (self.out / folder).mkdir(parents=True, exist_ok=True)

    def __call__(self, image: OwnImage) -> dict:
        """Write one image.

        Returns:
            ``image``, ``digest``, and either ``problem``, a line, or ``files`` below the data set
            and ``notes``, what was done; of a photo whose mask cannot be used, ``mask_problem``
            beside these.
        """
        source = image.sources[0]
        entry: dict = dict(
            image=image.image_id,
            digest=image.digest,
            white_level=self.white_level,
            bands=self.bands and self.bands.count,
        )
        if image.problem:
            return dict(entry, problem=image.problem)
        try:
            photo = read_photo(source.path, self.settings.size_limit, self.white_level, self.bands)
            with naming(source.path):
                check_sides(photo.picture.size)
            suffix = '.tif' if self.bands else photo.suffix or '.jpg'
            files = [f'{VOCLayout.IMAGES}/{image.image_id}{suffix}']
            self._write_photo(photo, source.path, self.out / files[0])
        except UserError as error:
            return dict(entry, problem=str(error))
        entry |= dict(files=files, notes=list(photo.changes), size=list(photo.picture.size))
        entry['look'] = packed_look(photo.picture)
        if not image.masked:
            return entry
        try:
            mask, clashes = self._mask(image, photo)
        except UserError as error:
            return dict(entry, mask_problem=str(error))
        files.append(f'{VOCLayout.MASKS}/{image.image_id}.png')
        write_label(self.out / files[1], mask)
        entry['share'] = round(float(np.mean((mask > 0) & (mask != IGNORE))), 6)
        entry['notes'] += self._mask_notes(image, photo, mask, clashes)
        return entry

    def _mask_notes(
        self, image: OwnImage, photo: Photo, mask: np.ndarray, clashes: int
    ) -> Iterator[str]:
        size = photo.full_size
        if photo.orientation != 1 and upright_size(size, photo.orientation) == size:
            yield _EITHER_WAY
        if clashes:
            yield _CLASH[self.settings.mask_overlap]
        shown = {self.values.classes[k - 1] for k in np.unique(mask) if k not in (0, IGNORE)}
        if image.labels is not None and shown - set(image.labels):
            yield 'with a class in the mask that the label does not name'

    def _write_photo(self, photo: Photo, source: Path, target: Path) -> None:
        if photo.suffix is None:
            with atomic_write(target) as file:
                if photo.values is None:
                    photo.picture.save(file, 'JPEG', **_JPEG)
                else:
                    write_bands(file, photo.values)
            return
        if self.settings.link:
            target.unlink(missing_ok=True)
            try:
                return os.link(source.resolve(), target)
            except OSError:
                pass  # another disk, or one that knows no links: a copy
        with atomic_write(target) as file, open(source, 'rb') as original:
            shutil.copyfileobj(original, file)

    def _mask(self, image: OwnImage, photo: Photo) -> tuple[np.ndarray, int]:
        """Return the mask of an image, of all its photos, and the pixels where they clash."""
        masks = [
            self._mask_of(source, source.mask, photo) for source in image.masked if source.mask
        ]
        return merge_masks(masks, IGNORE if self.settings.mask_overlap == 'void' else None)

    def _mask_of(self, source: Source, path: Path, photo: Photo) -> np.ndarray:
        """Return the mask of a photo, upright and of its new size."""
        mask = Image.fromarray(
            self.values.convert(read_any_mask(path), source.labels or (), str(path))
        )
        if mask.size != photo.full_size:
            # Drawn by a program that did not turn the photo, unless its own EXIF has turned it.
            turned = mask if is_turned(path) else turn_upright(mask, photo.orientation)
            mask = turned if turned.size == photo.full_size else mask
        check_size(path, mask.size, source.path, photo.full_size)
        if mask.size != photo.picture.size:
            mask = mask.resize(photo.picture.size, Image.Resampling.NEAREST)
        return np.array(mask)


def read_journal(path: Path) -> dict[str, dict]:
    """Return what :class:`PhotoConverter` has said, a line of JSON for each image, by image.

    A line that was cut short does not count.
    """
    entries = {}
    lines = path.read_text(encoding='utf-8').splitlines() if path.is_file() else []
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            entries[entry['image']] = entry
    return entries
