"""Pictures of a data set for a person to look at: photographs by class, and near-copies."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import UserError
from ...formats.image_folder import ImageFolder
from ...formats.images.photo import read_photo
from ...formats.mask_file import IGNORE, read_mask
from ...utils.spread import spread
from ...utils.text import counted
from ...visualization import Cell, draw_panel, save_figure
from .scan import DatasetScan

CLASS_SHEET, COPIES_SHEET = 'classes.jpg', 'near_copies.jpg'
#: What is written, and what it shows.
SHEETS = {
    CLASS_SHEET: 'images of each class, outlined where there is a mask',
    COPIES_SHEET: 'pairs of images that are nearly the same',
}
#: Photographs in a row, and pairs of near-copies.
COLUMNS, PAIRS = 8, 12
# Classes of a sheet: a picture that is higher than 65,535 pixels is no JPEG.
_ROWS = 100
_SIDE = 240  # long side of a photograph, pixels
_LETTERS = 22  # of an image id below its photograph


def write_sheets(scan: DatasetScan, out: Path) -> list[Path]:
    """Write and return pictures of a data set; one that an earlier check has left goes away."""
    reader = _Reader(scan)
    drawn = {CLASS_SHEET: _class_rows(scan, reader), COPIES_SHEET: _pair_rows(scan, reader)}
    written = []
    for name, rows in drawn.items():
        (out / name).unlink(missing_ok=True)
        if rows:
            names, cells = zip(*rows, strict=True)
            save_figure(draw_panel((), cells, names), out / name)
            written.append(out / name)
    return written


def _class_rows(scan: DatasetScan, reader: '_Reader') -> list[tuple[str, list[Cell]]]:
    """Return the name and the photographs of each class, and of the negatives."""
    readable = [image for image in scan.used() if reader.can_read(image)]
    rows = []
    for number, name in enumerate(scan.classes[:_ROWS], 1):
        shown = [image for image in readable if name in scan.labels.get(image, ())]
        rows.append(
            (f'{name}\n{counted(len(shown), "image")}', reader.cells(_chosen(scan, shown), number))
        )
    without = [image for image in readable if scan.labels.get(image) == ()]
    rows.append(
        (f'none of them\n{counted(len(without), "image")}', reader.cells(_chosen(scan, without)))
    )
    return [(name, cells) for name, cells in rows if cells]


def _chosen(scan: DatasetScan, images: Sequence[str]) -> list[str]:
    """Return a few images, spread over the list; half of them with a mask where there are any."""
    masked = spread([image for image in images if image in scan.masks], COLUMNS // 2)
    others = [image for image in images if image not in masked]
    return sorted(masked + spread(others, COLUMNS - len(masked)), key=images.index)


def _pair_rows(scan: DatasetScan, reader: '_Reader') -> list[tuple[str, list[Cell]]]:
    """Return pairs of near-copies, those of train and val first, so many in a row as fit."""
    val = set(scan.split('val'))
    pairs = sorted(scan.near_copies, key=lambda pair: (pair[0] in val) == (pair[1] in val))
    cells = [reader.cells(pair) for pair in pairs[:PAIRS]]
    each = COLUMNS // 4
    return [
        ('', [cell for pair in cells[start : start + each] for cell in pair])
        for start in range(0, len(cells), each)
    ]


class _Reader:
    """Reads what is shown of an image."""

    def __init__(self, scan: DatasetScan) -> None:
        self.scan = scan
        root, options = scan.options.root, scan.options
        self.images = self._folder(root / options.image_dir)
        self.masks = self._folder(root / options.mask_dir, ('.png',))
        self.val = set(scan.split('val'))

    @staticmethod
    def _folder(path: Path, *suffixes: tuple[str, ...]) -> ImageFolder | None:
        return ImageFolder(path, *suffixes) if path.is_dir() else None

    def can_read(self, image: str) -> bool:
        """Return whether an image could be read before."""
        return image in self.scan.images and not self.scan.images[image].problem

    def cells(self, images: Iterable[str], class_id: int | None = None) -> list[Cell]:
        """Return photographs, with the outline of a class, or of all classes, in their masks."""
        return [self._cell(image, class_id) for image in images]

    def _cell(self, image: str, class_id: int | None) -> Cell:
        split = 'val: ' if image in self.val else ''
        caption = split + (image if len(image) <= _LETTERS else f'..{image[-_LETTERS:]}')
        picture = self._photo(image)
        return Cell(picture, caption, self._region(image, class_id, picture.shape[1::-1]))

    def _photo(self, image: str) -> np.ndarray:
        path = self.images.find_id(image) if self.images else None
        if path is None:
            raise UserError(f'{image}: the image is no longer there; check the data set again')
        picture = read_photo(path, _SIDE).picture.convert('RGB')
        return np.asarray(picture)

    def _region(self, image: str, class_id: int | None, size: tuple[int, int]) -> np.ndarray | None:
        """Return where an image shows a class, however small, in the size of its picture."""
        facts = self.scan.masks.get(image)
        path = self.masks.find_id(image) if self.masks else None
        if facts is None or facts.problem or path is None:
            return None
        mask = read_mask(path)
        region = (mask == class_id) if class_id else (mask > 0) & (mask != IGNORE)
        small = Image.fromarray(region.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX)
        return np.asarray(small) > 0
