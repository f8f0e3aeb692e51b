"""The images of a data set, put together from photos, labels and masks."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError
from ...formats.found_files import find_files
from ...utils.files import file_sha256
from ...utils.processes.thread_pool import map_files
from .converter import OwnImage
from .labels import NEGATIVE_FOLDER, OwnLabels, read_own_labels
from .masks import MaskFinder, check_palettes
from .settings import OwnDataSettings
from .sources import Source, by_content, image_ids


@dataclass(frozen=True)
class OwnImages:
    """What a user's folders hold.

    Attributes:
        images: The images, photos of the same bytes being one.
        labels: The labels of all photos.
        unused_masks: Files that are the mask of no photo, paths below their folder.
        skipped: Files that were passed over, see :class:`.FoundFiles`.
    """

    images: list[OwnImage]
    labels: OwnLabels
    unused_masks: tuple[str, ...]
    skipped: dict[str, str]

    @property
    def masks(self) -> list[Path]:
        """The masks that belong to a photo."""
        sources = (source for image in self.images for source in image.sources)
        return [source.mask for source in sources if source.mask]

    def boxes(self) -> dict[str, float | None]:
        """Return the share of each image with a class that boxes cover, None if not known."""
        known = self.labels.boxes
        return {
            image.image_id: next(filter(None, (known.get(one.name) for one in image.sources)), None)
            for image in self.images
            if image.labels
        }


def collect_images(
    settings: OwnDataSettings, skip_bad: bool = False, workers: int | None = None
) -> OwnImages:
    """Return the images of a user with their labels and masks; photos of the same bytes are one.

    Raises:
        UserError: Photos or labels are missing, or do not fit each other.
    """
    paths, negatives, skipped = find_photos(settings)
    labels = read_own_labels(settings, list(paths), negatives, skip_bad)
    names = [name for name in paths if name not in labels.left_out]
    find = _mask_finder(settings, names, list(paths))
    sources = [
        Source(name, paths[name], labels.labels.get(name), find(name) if find else None)
        for name in names
    ]
    check_palettes([source.mask for source in sources if source.mask], workers)
    unused = tuple(find.unused) if find else ()
    return OwnImages(_images(sources, labels.classes, workers), labels, unused, skipped)


def _mask_finder(
    settings: OwnDataSettings, photos: Sequence[str], files: Sequence[str]
) -> MaskFinder | None:
    """Return the finder of masks, if there are any; they may lie among the photos.

    Raises:
        UserError: There are none in their folder.
    """
    if settings.masks is None:
        return None
    among = os.path.realpath(settings.masks) == os.path.realpath(settings.photos)
    finder = MaskFinder(settings.masks, photos, files if among else ())
    if not any(map(finder, photos)):
        raise UserError(f'{settings.masks}: holds no mask; leave out --masks, or give their folder')
    return finder


def find_photos(settings: OwnDataSettings) -> tuple[dict[str, Path], set[str], dict[str, str]]:
    """Return the path of every photo by its name, the names of ``--negatives``, and the rest.

    Raises:
        UserError: A folder is missing or holds no photo, or two photos have one name.
    """
    others = [path for path in (settings.out, settings.masks, settings.negatives) if path]
    found = find_files(settings.photos, others)
    paths, skipped = {name: settings.photos / name for name in found.photos}, found.skipped
    if not settings.negatives:
        return paths, set(), skipped
    prefix = _negative_prefix(settings.photos, settings.negatives)
    others = [path for path in (settings.out, settings.masks) if path]
    found = find_files(settings.negatives, others)
    skipped |= {f'{prefix}/{name}': why for name, why in found.skipped.items()}
    negatives = {f'{prefix}/{name}': settings.negatives / name for name in found.photos}
    twice = min(paths.keys() & negatives.keys(), default=None)
    if twice is not None:
        raise UserError(f'{settings.photos}/{twice}: is also in {settings.negatives}; rename one')
    return paths | negatives, set(negatives), skipped


def _negative_prefix(photos: Path, negatives: Path) -> str:
    """Return what the names of negatives begin with, as if they were below the photos."""
    above, folder = os.path.realpath(photos), os.path.realpath(negatives)
    if above == folder:
        raise UserError(
            f'--negatives {negatives}: is the folder of all photos; give one of its own'
        )
    if os.path.commonpath([above, folder]) == above:
        return Path(os.path.relpath(folder, above)).as_posix()
    return f'{NEGATIVE_FOLDER}/{Path(folder).name}'


def _images(
    sources: Sequence[Source], classes: Sequence[str], workers: int | None
) -> list[OwnImage]:
    """Return the images; photos of the same bytes become one."""
    paths = {source.path for source in sources}
    paths |= {source.mask for source in sources if source.mask}
    hashes = dict(map_files(_sha256, sorted(paths), 'looking through the files', workers))
    digests = {source.name: hashes[source.path] for source in sources}
    groups = by_content(sources, digests)
    ids = image_ids(group[0].name for group in groups)
    images = []
    for group in groups:
        labels, problem = _common_labels(group, classes)
        masks = [hashes[one.mask] for one in group if one.mask]
        digest = json.dumps([digests[group[0].name], masks, labels])
        images.append(OwnImage(ids[group[0].name], tuple(group), labels, digest, problem))
    return images


def _common_labels(
    group: Sequence[Source], classes: Sequence[str]
) -> tuple[tuple[str, ...] | None, str]:
    """Return the labels of equal photos, and what is wrong with them."""
    known = [source for source in group if source.labels is not None]
    if not known:
        return None, ''
    names = {name for source in known for name in source.labels or ()}
    problem = ''
    empty = next((source for source in known if names and not source.labels), None)
    if empty is not None:
        other, label = next((source, source.labels[0]) for source in known if source.labels)
        problem = (
            f'{empty.path}: shows none of the classes, but the same photo {other.path} shows '
            f'{label}; remove one'
        )
    return tuple(sorted(names, key=classes.index)), problem


def _sha256(path: Path) -> str:
    """Return the SHA-256 of a file; an unreadable one has none, and is named later."""
    try:
        return file_sha256(path)
    except (OSError, UserError):
        return f'unreadable {path}'
