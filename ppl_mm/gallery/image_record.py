"""Makes the files of one image, and the record of what its labels say."""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..errors import UserError, first_line
from ..evaluation.confusion import confusion_matrix, mean_scores
from ..formats.cam_file import read_cam
from ..formats.ground_truth import GroundTruth
from ..formats.image_folder import ImageFolder
from ..formats.images.image_file import read_image
from ..formats.mask_file import IGNORE, read_mask
from ..formats.voc_layout import VOCLayout
from ..utils.files import read_json, write_bytes, write_json
from .layer_files import THUMB_SIDE, label_file, map_file, photo_file
from .source import PREDICTION, TRUTH, GallerySource, Layer

# What a record says, and how files are drawn; another number draws them anew.
_FORMAT = 2
_KEY = re.compile('[0-9a-f]{16}')


@dataclass(frozen=True)
class ImagePaths:
    """Where the files of a gallery are.

    Args:
        out: Its folder.
    """

    out: Path

    #: Those that hold files of images.
    FOLDERS: ClassVar[tuple[str, ...]] = ('records', 'photos', 'thumbs', 'layers')

    @staticmethod
    def key(image: str) -> str:
        """Return the name of an image's files: safe in any file system and address."""
        return hashlib.sha256(image.encode('utf-8', 'surrogateescape')).hexdigest()[:16]

    def record(self, key: str) -> Path:
        """Return the record of an image."""
        return self.out / 'records' / f'{key}.json'

    def photo(self, key: str) -> Path:
        """Return the photo."""
        return self.out / 'photos' / f'{key}.jpg'

    def thumb(self, key: str) -> Path:
        """Return the small photo."""
        return self.out / 'thumbs' / f'{key}.jpg'

    def layer(self, layer: str, key: str) -> Path:
        """Return the picture of a layer."""
        return self.out / 'layers' / layer / f'{key}.png'

    def files(self, record: Mapping) -> list[Path]:
        """Return the pictures that an image has, by its record."""
        key = record['key']
        photos = [self.photo(key), self.thumb(key)] if record['size'] else []
        return photos + [self.layer(layer, key) for layer in record['layers']]

    def all_files(self) -> list[Path]:
        """Return what bears an image's key, in folders of a gallery that are not links."""
        folders = (self.out / name for name in self.FOLDERS)
        return [
            path
            for folder in folders
            if not folder.is_symlink()
            for path in folder.rglob('*.*')
            if _KEY.fullmatch(path.stem) and path.is_file() and not path.parent.is_symlink()
        ]


class ImageMaker:
    """Makes the files of images.

    Args:
        source: What to show.
        out: The folder of the gallery.
    """

    def __init__(self, source: GallerySource, out: Path) -> None:
        self.source, self.paths = source, ImagePaths(out)
        self.images = ImageFolder(VOCLayout(source.data_root).image_dir)
        masks = source.mask_dir
        self.truth = GroundTruth(masks, classes=source.classes) if masks else None

    def done(self, image: str) -> dict | None:
        """Return the record of an image whose files are as they should be, else None."""
        key = self.paths.key(image)
        try:
            record = read_json(self.paths.record(key))
        except (OSError, ValueError):
            return None
        same = record.get('made_of') == self._made_of(image)
        return record if same and all(map(Path.is_file, self.paths.files(record))) else None

    def __call__(self, image: str) -> dict:
        """Make the files of an image; return its record, of JSON's types.

        It has ``image``, ``key``, ``made_of``, ``size`` (W, H), ``layers``, ``pixels``, a list of
        value and number by layer, ``agreement`` by layer, ``iou`` and ``confusion`` by layer where
        there is ground truth, and ``problems``, a line each.
        """
        key = self.paths.key(image)
        record: dict[str, Any] = dict(image=image, key=key, made_of=self._made_of(image), size=None)
        record |= dict(layers=[], pixels={}, agreement={}, iou={}, confusion={}, problems=[])
        self._photo(image, record)
        labels = {}
        for layer in self.source.layers:
            label = _noting(record, self._layer, image, layer, record)
            if label is not None:
                labels[layer.key] = label
        self._compare(labels, record)
        write_json(self.paths.record(key), record)
        return record

    def _made_of(self, image: str) -> list:
        """Return what the files depend on: settings, and inputs by size and time."""
        layers = {layer.key: layer.find(image) for layer in self.source.layers}
        paths = dict(photo=self.images.find_id(image)) | layers
        if self.truth:
            paths[TRUTH] = self.truth.path(image)
        return [
            _FORMAT,
            len(self.source.classes),
            {key: _stamp(path) for key, path in paths.items()},
        ]

    def _photo(self, image: str, record: dict) -> None:
        path = self.images.find_id(image)
        if path is None:
            record['problems'].append('the photo is missing')
            return
        photo = _noting(record, read_image, path)
        if photo is None:
            return
        height, width, _ = photo.shape
        write_bytes(self.paths.photo(record['key']), photo_file(photo))
        write_bytes(self.paths.thumb(record['key']), photo_file(photo, THUMB_SIDE, quality=78))
        record['size'] = [width, height]

    def _layer(self, image: str, layer: Layer, record: dict) -> np.ndarray | None:
        """Write the picture of a layer; return its label, None for a map or nothing."""
        if layer.is_map:
            path = layer.find(image)
            if path:
                self._draw(layer, record, map_file(read_cam(path)))
            return None
        label = self._read_label(image, layer, record)
        if label is not None:
            self._draw(layer, record, label_file(label))
            counts = np.bincount(label.reshape(-1), minlength=256)
            record['pixels'][layer.key] = _sparse(counts)
        return label

    def _read_label(self, image: str, layer: Layer, record: dict) -> np.ndarray | None:
        if layer.key == TRUTH and self.truth:
            if not self._has_truth(image) or not record['size']:
                return None
            width, height = record['size']
            return self.truth.read(image, (height, width))
        path = layer.find(image)
        return read_mask(path) if path else None

    def _has_truth(self, image: str) -> bool:
        assert self.truth
        drawn = self.truth.path(image).exists()
        return drawn if self.source.only_drawn else self.truth.is_known(image)

    def _draw(self, layer: Layer, record: dict, content: bytes) -> None:
        write_bytes(self.paths.layer(layer.key, record['key']), content)
        record['layers'].append(layer.key)

    def _compare(self, labels: dict[str, np.ndarray], record: dict) -> None:
        truth, own = labels.pop(TRUTH, None), labels.get(self.source.pseudo_label)
        for key in (self.source.raw_label, PREDICTION):
            if own is not None and key in labels and key != self.source.pseudo_label:
                record['agreement'][key] = _noting(record, agreement, labels[key], own)
        for key, label in labels.items() if truth is not None else ():
            found = _noting(record, confusion_matrix, label, truth, len(self.source.classes))
            if found is not None:
                record['confusion'][key] = _sparse(found)
                iou = float(mean_scores(found)['mIoU'])
                record['iou'][key] = None if np.isnan(iou) else iou


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Return where two labels agree on a class, over where either shows one.

    It is the IoU of the foreground, the class included; 1 where neither shows a class. Pixels that
    either ignores do not count.
    """
    if one.shape != other.shape:
        raise ValueError(f'labels of {one.shape} and {other.shape} pixels')
    known = (one != IGNORE) & (other != IGNORE)
    union = known & ((one > 0) | (other > 0))
    same = union & (one == other)
    total = int(union.sum())
    return int(same.sum()) / total if total else 1.0


def _noting(record: dict, function: Any, *args: Any) -> Any:
    """Call a function; what is wrong with the files becomes a line of the record, and None."""
    try:
        return function(*args)
    except (UserError, ValueError) as error:
        record['problems'].append(first_line(error))
        return None


def _stamp(path: str | os.PathLike | None) -> list | None:
    """Return size and time of a file, None if it is missing."""
    try:
        found = os.stat(path) if path else None
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns] if found else None


def _sparse(array: np.ndarray) -> list[list[int]]:
    """Return the places of an array that are not 0, each followed by its value."""
    return np.column_stack([np.argwhere(array), array[array != 0]]).tolist()
