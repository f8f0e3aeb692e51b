"""From a user's photographs to a data set in the project's layout."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import UserError
from ...formats.image_folder import ImageFolder
from ...formats.image_list import read_ids
from ...formats.voc_layout import write_lines, write_lists
from ...utils.files import atomic_write, file_sha256
from ...utils.text import printable
from ...utils.thread_pool import map_files
from ..made_folder import MadeFolder
from .converter import Journal, OwnImage, PhotoConverter
from .mask_values import MaskValues
from .settings import OwnDataSettings
from .sources import (
    Source,
    by_content,
    check_own_classes,
    find_photos,
    image_ids,
    labels_from_file,
    labels_from_folders,
)
from .split import named_val, split_images


@dataclass(frozen=True)
class OwnDataSummary:
    """What was made.

    Attributes:
        written (bool): False if it was there already.
        classes (tuple[str, ...]): Foreground classes.
        counts (dict[str, dict[str, int]]): Images of each class by split.
        sizes (dict[str, int]): Images of each split.
        notes (dict[str, int]): How many photos needed what.
        left_out (tuple[str, ...]): A line for each photo that is no use.
    """

    written: bool
    classes: tuple[str, ...] = ()
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


class OwnData:
    """Makes a data set; an interrupted run is continued by the next one.

    Args:
        settings (OwnDataSettings): From what and how.
        workers (int, optional): Threads. Defaults to None: one for each CPU.

    Raises:
        UserError: Photos, labels or masks are missing or do not fit each
            other, or the folder holds something else.
    """

    def __init__(self, settings: OwnDataSettings, workers: int | None = None) -> None:
        self.settings, self.out, self.workers = settings, settings.out, workers
        settings.check()
        self.folder = MadeFolder(self.out, 'own_data.json', settings.record(), 'a data set')
        self.journal = Journal(self.out / 'own_data.jsonl')

    def make(self, skip_bad: bool = False) -> OwnDataSummary:
        """Write the data set.

        Args:
            skip_bad (bool): Leave out what is no use instead of refusing all.

        Returns:
            OwnDataSummary: What was made.

        Raises:
            UserError: A photo or mask is no use, photos or the list of those
                to validate on have changed since the data set was made, or
                there are too few.
        """
        sources, classes = self._sources(skip_bad)
        self.values = MaskValues(classes, self.settings.mask_values)
        images = self._images(sources)
        if self.folder.was_finished:
            self._check_unchanged(images)
            return OwnDataSummary(False)
        self.folder.start()
        entries = self._convert_all(images)
        bad = {
            image.image_id: entries[image.image_id]['problem']
            for image in images
            if 'problem' in entries[image.image_id]
        }
        self._check_bad(bad, skip_bad)
        good = [image for image in images if image.image_id not in bad]
        splits = split_images(good, classes, self.settings)
        self._write_lists(images, good, classes, splits, bad)
        self._remove_others(entries)
        self.folder.finish()
        self.journal.remove()
        return self._summary(good, classes, splits, entries, bad)

    def _sources(self, skip_bad: bool) -> tuple[list[Source], tuple[str, ...]]:
        own = self.settings
        names = find_photos(own.photos, [path for path in (own.out, own.masks) if path])
        if own.labels:
            labels, classes = labels_from_file(own.labels, own.photos, names, own.classes, skip_bad)
        else:
            labels = labels_from_folders(names)
            classes = own.classes or sorted({name for known in labels.values() for name in known})
        where = '--classes' if own.classes else str(own.labels or own.photos)
        classes = check_own_classes(classes, where)
        unknown = {name for known in labels.values() for name in known} - set(classes)
        if unknown:
            raise UserError(
                f'{own.photos}: has the class {min(unknown)}, '
                'which --classes does not name; add it there, or '
                'move its photos away'
            )
        masks = ImageFolder(own.masks, ('.png',)) if own.masks else None
        return [
            Source(name, own.photos / name, labels[name], _mask_of(masks, name)) for name in names
        ], classes

    def _images(self, sources: Sequence[Source]) -> list[OwnImage]:
        """Photos of the same bytes become one image."""
        paths = {source.path for source in sources} | {
            source.mask for source in sources if source.mask
        }
        hashes = dict(map_files(_sha256, sorted(paths), 'looking through the files', self.workers))
        digests = {source.name: hashes[source.path] for source in sources}
        groups = by_content(sources, digests)
        ids = image_ids(group[0].name for group in groups)
        images = []
        for group in groups:
            labels = {name for source in group for name in source.labels}
            order = sorted(labels, key=self.values.classes.index)
            masks = [hashes[one.mask] for one in group if one.mask][:1]
            images.append(
                OwnImage(
                    ids[group[0].name],
                    tuple(group),
                    tuple(order),
                    json.dumps([digests[group[0].name], masks, order]),
                )
            )
        return images

    def _check_unchanged(self, images: Sequence[OwnImage]) -> None:
        """Refuse to call a data set complete that photos were added to."""
        path, bad = self.out / 'sources.csv', set()
        try:
            with open(path, encoding='utf-8', newline='') as file:
                rows = list(csv.DictReader(file))
            before = {row['photo']: row['digest'] for row in rows}
            bad = {row['image'] for row in rows if row.get('problem')}
        except (OSError, KeyError, ValueError):
            before = {}
        now = {_escaped(source.name): image.digest for image in images for source in image.sources}
        if before != now:
            both = before.keys() & now.keys()
            changed = sum(before[name] != now[name] for name in both)
            raise UserError(
                f'{self.out}: was made from other photos, labels or masks: '
                f'{len(now.keys() - before.keys())} are new, '
                f'{len(before.keys() - now.keys())} gone, {changed} changed; '
                'delete the folder or choose another --out'
            )
        if self.settings.val_list:
            self._check_val_list([image for image in images if image.image_id not in bad])

    def _check_val_list(self, good: Sequence[OwnImage]) -> None:
        """Refuse to call a data set complete whose --val-list has changed."""
        before = set(read_ids(self.out / 'ImageSets/Segmentation/val.txt'))
        now = named_val(good, self.settings)
        if before != now:
            raise UserError(
                f'{self.out}: has another val than '
                f'{self.settings.val_list} names: {len(now - before)} are '
                f'new, {len(before - now)} gone; delete the folder or choose '
                'another --out'
            )

    def _convert_all(self, images: Sequence[OwnImage]) -> dict[str, dict]:
        """Entries of the journal, by image."""
        entries = self.journal.read()
        entries = {
            image.image_id: entries[image.image_id]
            for image in images
            if self._is_done(image, entries.get(image.image_id))
        }
        todo = [image for image in images if image.image_id not in entries]
        converted = map_files(
            PhotoConverter(self.settings, self.values), todo, 'converting', self.workers
        )
        with self.journal.open() as file:
            for image, entry in converted:
                entries[image.image_id] = entry
                if 'problem' not in entry:  # may be mended
                    file.write(json.dumps(entry) + '\n')
                    file.flush()
        return entries

    def _is_done(self, image: OwnImage, entry: dict | None) -> bool:
        return (
            entry is not None
            and entry['digest'] == image.digest
            and all((self.out / name).is_file() for name in entry['files'])
        )

    def _check_bad(self, bad: Mapping[str, str], skip_bad: bool) -> None:
        path = self.out / 'problems.txt'
        path.unlink(missing_ok=True)
        if bad:
            write_lines(path, list(map(printable, bad.values())))
        if bad and not skip_bad:
            first = next(iter(bad.values()))
            raise UserError(
                f'{len(bad)} photos or masks are no use, all are listed in '
                f'{path}; mend them, or leave them out '
                f'with --skip-bad; the first: {first}'
            )

    def _write_lists(
        self,
        images: Sequence[OwnImage],
        good: Sequence[OwnImage],
        classes: Sequence[str],
        splits: Mapping[str, list[str]],
        bad: Mapping[str, str],
    ) -> None:
        labels = {image.image_id: image.labels for image in good if image.labels}
        write_lists(self.out, classes, splits, labels)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator='\n')
        writer.writerow(['photo', 'image', 'problem', 'digest'])
        writer.writerows(
            (source.name, image.image_id, bad.get(image.image_id, ''), image.digest)
            for image in images
            for source in image.sources
        )
        with atomic_write(self.out / 'sources.csv') as file:
            file.write(_escaped(text.getvalue()).encode())

    def _remove_others(self, entries: Mapping[str, dict]) -> None:
        """What an earlier run made of photos that have gone since."""
        wanted = {self.out / name for entry in entries.values() for name in entry.get('files', ())}
        for folder in ('JPEGImages', 'SegmentationClass'):
            for path in (self.out / folder).glob('*'):
                if path not in wanted:
                    path.unlink()

    def _summary(
        self,
        good: Sequence[OwnImage],
        classes: tuple[str, ...],
        splits: Mapping[str, list[str]],
        entries: Mapping[str, dict],
        bad: Mapping[str, str],
    ) -> OwnDataSummary:
        labels = {image.image_id: image.labels for image in good}
        counts = {
            split: Counter(name for stem in stems for name in labels[stem])
            for split, stems in splits.items()
        }
        notes = Counter(note for image in good for note in entries[image.image_id]['notes'])
        notes['copies of another photo'] = sum(len(image.sources) - 1 for image in good)
        return OwnDataSummary(
            True,
            classes,
            counts,
            {split: len(stems) for split, stems in splits.items()},
            {note: count for note, count in notes.items() if count},
            tuple(bad.values()),
        )


def _mask_of(masks: ImageFolder | None, name: str) -> Path | None:
    # Of a.png.jpg it is a.png.png; a.png may be another photo's.
    path = masks and masks.find_stem(os.path.splitext(name)[0])
    return Path(path) if path else None


def _escaped(text: str) -> str:
    """Text for a UTF-8 file: bytes that are none become ``\\xe9``."""
    return text.encode('utf-8', 'surrogateescape').decode('utf-8', 'backslashreplace')


def _sha256(path: Path) -> str:
    """SHA-256 of a file; an unreadable one is no file's, and named later."""
    try:
        return file_sha256(path)
    except OSError:
        return f'unreadable {path}'
