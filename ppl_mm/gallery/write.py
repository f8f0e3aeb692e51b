"""Writes a gallery: a folder that a browser opens from the disk."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from ..utils.claims import claim_folder
from ..utils.files import write_json
from ..utils.thread_pool import map_files
from ..version import __version__
from .from_pipeline import read_pipeline
from .image_record import ImageMaker, ImagePaths
from .site import write_site
from .source import GallerySource

_RECORD = 'gallery.json'
_PARTS = ('records', 'photos', 'thumbs', 'layers')


def write_gallery(
    work_dir: str | Path,
    out: str | Path,
    predictions: str | Path | None = None,
    workers: int | None = None,
) -> Path:
    """Write the gallery of a finished pipeline.

    Only what is new or has changed since the last call is drawn.

    Args:
        work_dir: The pipeline's folder; nothing needs to be measured.
        out: The folder to write.
        predictions: Labels that the segmentation network predicts, as ``<image id>.png``. Defaults
            to None: those that the pipeline tested.
        workers: Threads. Defaults to None: one for each CPU.

    Returns:
        The page to open.

    Raises:
        UserError: If the pipeline is not finished, or ``out`` holds something else.
    """
    source = read_pipeline(Path(work_dir), Path(predictions) if predictions else None)
    return make_gallery(source, out, workers)


def make_gallery(source: GallerySource, out: str | Path, workers: int | None = None) -> Path:
    """Write a gallery of images and what was made of them.

    Args:
        source: What to show.
        out: See :func:`write_gallery`.
        workers: See :func:`write_gallery`.

    Returns:
        The page to open.

    Raises:
        UserError: If ``out`` holds something else.
    """
    out = Path(out)
    with claim_folder(out, {}, 'a gallery', _RECORD, parts=_PARTS):
        write_json(out / _RECORD, dict(ppl_mm=__version__, title=source.title))
        records = _all_records(source, out, workers)
        _remove_others(source, records, out)
        return write_site(source, records, out)


def _all_records(source: GallerySource, out: Path, workers: int | None) -> list[dict]:
    """Make the files of images that lack them; return the records of all, in order."""
    maker, images = ImageMaker(source, out), list(source.split_of())
    found = {image: record for image in images if (record := maker.done(image))}
    todo = [image for image in images if image not in found]
    if todo:
        # Threads, not processes: a script that calls this needs no main guard.
        found |= dict(map_files(maker, todo, 'drawing the gallery', workers))
    return [found[image] for image in images]


def _remove_others(source: GallerySource, records: Sequence[dict], out: Path) -> None:
    """Remove the files of images and layers that are gone."""
    paths, keys = ImagePaths(out), {record['key'] for record in records}
    layers = {paths.layer(layer.key, '').parent for layer in source.layers}
    for folder in (out / 'layers').glob('*'):
        if folder not in layers:
            shutil.rmtree(folder)
    folders = [*layers, *(one('').parent for one in (paths.record, paths.photo, paths.thumb))]
    for folder in folders:
        for path in folder.glob('*.*'):
            if path.stem not in keys:
                path.unlink()
