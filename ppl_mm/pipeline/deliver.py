"""Give a user the masks of all photographs and the network, under the names of the photographs.

A step of tools/pipeline.py.
"""

import argparse
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..data_tools.own.images import find_photos
from ..data_tools.own.settings import OwnDataSettings
from ..errors import UserError
from ..formats.data_record import RECORD
from ..formats.edited_mask import read_edited_mask
from ..formats.geo_tiff import geo_name, write_georeferenced
from ..formats.image_list import image_fault
from ..formats.images.image_file import image_size
from ..formats.mask_file import encode_label, read_mask
from ..formats.photo_names import images_of, output_names
from ..formats.result_folder import ResultFolder, written_model
from ..formats.voc_layout import VOCLayout
from ..utils.cli import run
from ..utils.files import atomic_write, file_sha256, read_json, write_bytes, write_json
from ..utils.progress import track
from ..utils.text import counted, escaped, printable
from ..utils.weights.checkpoint_file import read_checkpoint
from ..utils.weights.last_checkpoint import last_checkpoint
from .predict import LABELS


def deliver_masks(data_root: Path, predicted: Path, results: ResultFolder) -> None:
    """Write a mask for each photograph that a data set was made from.

    It is the user's where that has corrected one, else the network's. A mask that was edited in its
    place stays, unless it has been corrected since, and its GeoTIFF becomes as it is.

    Args:
        data_root: A data set of ``own_data.py``.
        predicted: The folder of :func:`.predict.predict_data`.
        results: In its ``masks``, each mask is at the photograph's path below its folder, with the
            ending ``.png``, see :func:`.photo_names.output_names`; it has the size of the
            photograph as viewers show it. Those of GeoTIFFs are in its ``masks_geo``, too, see
            :func:`.geo_tiff.write_georeferenced`. Masks of photographs that are gone are removed,
            but for edited ones.

    Raises:
        UserError: If the data set or a label is missing.
    """
    photos, image_of = _photos(data_root), images_of(data_root)
    used = [name for name in photos if escaped(name) in image_of]
    layout, before = VOCLayout(data_root), results.written_masks.names()
    names = {photo: f'{name}.png' for photo, name in output_names(used).items()}
    delivery = _Delivery(results, layout.read_classes())
    for photo, name in track(list(names.items()), 'writing masks'):
        image = image_of[escaped(photo)]
        path = layout.corrected_path(image)  # what a user has drawn is not replaced
        corrected = path.is_file()
        label = read_mask(path if corrected else predicted / LABELS / f'{image}.png')
        delivery.write(name, _at_size_of(photos[photo], label), photos[photo], corrected)
    delivery.finish(names.values(), before)


class _Delivery:
    """Writes masks, and leaves those alone that were edited where they had been written."""

    def __init__(self, results: ResultFolder, classes: Sequence[str]) -> None:
        self.results, self.classes = results, classes
        self.written = results.written_masks.digests()
        self.edited: dict[Path, list[str]] = {results.masks: [], results.masks_geo: []}

    def write(self, name: str, label: np.ndarray, photo: Path, corrected: bool) -> None:
        """Write one mask, and its GeoTIFF where the photograph is one."""
        shown: np.ndarray | None = label
        content = encode_label(label)
        digest = hashlib.sha256(content).hexdigest()
        since = corrected and digest != self.written.get(escaped(name))
        if since or not self._is_edited(self.results.masks, name):
            write_bytes(self.results.masks / name, content)
            self.written[escaped(name)] = digest
        else:
            shown = self._read_edited(name, label.shape)
        geo = geo_name(name)
        if shown is not None and (since or not self._is_edited(self.results.masks_geo, geo)):
            path = self.results.masks_geo / geo
            write_georeferenced(path, shown, photo)
            if path.is_file():
                self.written[escaped(geo)] = file_sha256(path)

    def finish(self, names: Iterable[str], before: Iterable[str]) -> None:
        """Remove masks of before whose photographs are gone, and write which there are."""
        masks, geo = self.results.masks, self.results.masks_geo
        gone = set(before) - set(names)
        kept = {
            name
            for name in sorted(gone)
            if self._is_edited(masks, name) or self._is_edited(geo, geo_name(name))
        }
        _remove_old(masks, gone - kept)
        _remove_old(geo, map(geo_name, gone - kept))
        for folder, edited in self.edited.items():
            _tell_edited(edited, folder)
        all_masks = [*names, *kept]
        all_geo = [name for name in map(geo_name, all_masks) if (geo / name).is_file()]
        files, geo_files = (sorted(map(escaped, found)) for found in (all_masks, all_geo))
        known = {name: self.written.get(name) for name in [*files, *geo_files]}
        digests = {name: digest for name, digest in known.items() if digest is not None}
        write_json(
            self.results.written_masks.record, dict(files=files, geo=geo_files, sha256=digests)
        )

    def _is_edited(self, folder: Path, name: str) -> bool:
        """Return whether a file was changed since it was written; keep its name."""
        path, digest = folder / name, self.written.get(escaped(name))
        edited = digest is not None and path.is_file() and file_sha256(path) != digest
        if edited:
            self.edited[folder].append(name)
        return edited

    def _read_edited(self, name: str, shape: tuple[int, ...]) -> np.ndarray | None:
        """Return what a user has drawn; None, and a warning, if it is not a mask of the photo."""
        path = self.results.masks / name
        try:
            drawn = read_edited_mask(path, self.classes)
        except UserError as error:
            print(f'warning: {error}')
            return None
        if drawn.shape != shape:
            height, width = shape
            print(f'warning: {path}: is not {width} x {height} pixels large, as its photo')
            return None
        return drawn


def _tell_edited(names: Sequence[str], folder: Path) -> None:
    """Say that masks were kept, and how they are learnt from."""
    if names:
        print(
            f'warning: {folder}: {counted(len(names), "mask", "masks")} edited there, and kept '
            f'(first: {printable(names[0])}); to learn from such masks, give a copy of the folder '
            'with --corrected'
        )


def deliver_model(network: Path, out: Path) -> None:
    """Copy config and weights of a trained network, without the state of its optimizer.

    Args:
        network: The work folder of the training.
        out: The folder to write; it can be moved anywhere.

    Raises:
        UserError: If the training left no checkpoint or no config.
    """
    checkpoint, configs = last_checkpoint(network), sorted(network.glob('*.py'))
    if checkpoint is None or len(configs) != 1:
        raise UserError(
            f'{network}: the checkpoint or the config of the training is gone; delete '
            f'{network.parent}/steps/{network.name}.json and run the same command again'
        )
    out.mkdir(parents=True, exist_ok=True)
    content = read_checkpoint(checkpoint)
    with atomic_write(out / checkpoint.name) as file:
        torch.save({key: content[key] for key in ('meta', 'state_dict')}, file)
    write_bytes(out / configs[0].name, configs[0].read_bytes())
    written, names = written_model(out), [checkpoint.name, configs[0].name]
    _remove_old(out, written.names() - set(names))
    write_json(written.record, dict(files=names))


def _photos(data_root: Path) -> dict[str, Path]:
    """Return the path of every photograph by its name."""
    record = read_json(data_root / RECORD)
    folders: dict[str, Any] = {
        key: Path(record[key]) for key in ('negatives', 'masks') if record.get(key)
    }
    return find_photos(OwnDataSettings(Path(record['photos']), data_root, **folders))[0]


def _remove_old(folder: Path, names: Iterable[str]) -> None:
    """Remove files that an earlier run wrote; a name that leaves the folder is not its."""
    for name in names:
        if not image_fault(name):
            (folder / name).unlink(missing_ok=True)


def _at_size_of(photo: Path, label: np.ndarray) -> np.ndarray:
    """Return a label at the size of the photograph, which the data set may have shrunk."""
    size = image_size(photo)
    if size == label.shape[::-1]:
        return label
    return np.asarray(Image.fromarray(label).resize(size, Image.Resampling.NEAREST))


def main() -> None:
    """Write masks and network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('network', type=Path, help='the work folder of the training')
    parser.add_argument('predicted', type=Path, help='the folder of ppl_mm.pipeline.predict')
    parser.add_argument('--data-root', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args()
    results = ResultFolder(args.out)
    deliver_model(args.network, results.model)
    deliver_masks(args.data_root, args.predicted, results)


if __name__ == '__main__':
    run(main)
