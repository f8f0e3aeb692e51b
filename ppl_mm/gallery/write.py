"""Writes a gallery: a folder that a browser opens from the disk."""

from collections.abc import Sequence
from pathlib import Path

from ..formats.result_folder import FileList
from ..utils.claims import Claim
from ..utils.files import write_json
from ..utils.processes.thread_pool import map_files
from ..utils.text import printable
from ..version import __version__
from .from_pipeline import read_pipeline
from .image_record import ImageMaker, ImagePaths
from .site import write_site
from .source import GallerySource

_RECORD = 'gallery.json'


def drawn_files(out: Path) -> FileList:
    """Return the files of images in the folder of a gallery."""
    return FileList(out, out / _RECORD)


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
    """Write a gallery as :func:`write_gallery` does, of any images and what was made of them.

    Raises:
        UserError: If ``out`` holds something else.
    """
    out = Path(out)
    with Claim(out / _RECORD, {}, 'a gallery', parts=ImagePaths.FOLDERS).hold():
        said = dict(ppl_mm=__version__, title=source.title)
        write_json(out / _RECORD, said)
        records = _all_records(source, out, workers)
        files = _remove_others(records, out)
        write_json(out / _RECORD, dict(said, files=files))
        _warn_of_problems(records)
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


def _remove_others(records: Sequence[dict], out: Path) -> list[str]:
    """Remove the files of images and layers that are gone; links and other files stay.

    Returns:
        The names of the files that belong to the gallery.
    """
    paths = ImagePaths(out)
    kept = {path for record in records for path in paths.files(record)}
    kept |= {paths.record(record['key']) for record in records}
    for path in paths.all_files():
        if path not in kept:
            path.unlink()
    for folder in (out / 'layers').glob('*'):
        if not folder.is_symlink() and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return sorted(path.relative_to(out).as_posix() for path in kept)


def _warn_of_problems(records: Sequence[dict]) -> None:
    """Say how many images have files that cannot be shown."""
    found = [record for record in records if record['problems']]
    if found:
        first = printable(f'{found[0]["image"]}: {found[0]["problems"][0]}')
        print(
            f'warning: files of {len(found)} of {len(records)} images cannot be shown, '
            f'see "file problems" in the page; the first: {first}'
        )
