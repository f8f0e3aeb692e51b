"""From a user's photographs to a data set in the project's layout."""

import csv
import io
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError
from ...formats.data_record import RECORD
from ...formats.image_folder import ImageFolder
from ...formats.images.stored_values import StoredValues, write_values
from ...formats.images.white_level import find_white_level
from ...formats.photo_names import SOURCES, images_of, read_sources
from ...formats.voc_layout import VOCLayout, write_lines, write_lists
from ...utils.files import atomic_write, naming_file
from ...utils.processes.thread_pool import map_files
from ...utils.text import counted, escaped, noun, printable
from ..made_folder import MadeFolder
from .bands import find_bands
from .converter import OwnImage, PhotoConverter, read_journal
from .image_size import size_facts
from .images import OwnImages, collect_images
from .labels import OwnLabels
from .mask_values import mask_values
from .settings import OwnDataSettings
from .split import LABELLED, named_val, split_images

# Where the images and their masks go.
_PARTS = (VOCLayout.IMAGES, VOCLayout.MASKS)


@dataclass(frozen=True)
class OwnDataSummary:
    """What was made.

    Attributes:
        labels: The labels of all photos.
        counts: Images of each class by split; the images of '' show none.
        sizes: Images of each split.
        notes: How many photos needed what.
        left_out: A line for each photo that cannot be used.
        skipped: Files that were passed over, by what they are.
        values: White of photos of 16 bits, if there are some, or bands.
    """

    labels: OwnLabels
    counts: dict[str, dict[str, int]]
    sizes: dict[str, int]
    notes: dict[str, int]
    left_out: tuple[str, ...]
    skipped: dict[str, int]
    values: StoredValues

    def total(self, name: str) -> int:
        """Return how many images of all splits show a class; '' counts the negatives."""
        return sum(self.counts[split][name] for split in LABELLED if split in self.counts)


class OwnData:
    """Makes a data set by some settings; an interrupted run is continued by the next one.

    Raises:
        UserError: Photos, labels or masks are missing or do not fit each other, or the folder
            holds something else.
    """

    def __init__(self, settings: OwnDataSettings, workers: int | None = None) -> None:
        self.settings, self.out, self.workers = settings, settings.out, workers
        settings.check()
        self.folder = MadeFolder(self.out, RECORD, settings.record(), 'a data set', _PARTS)
        # A line of JSON for each image that is converted already.
        self.journal = self.out / 'own_data.jsonl'

    def make(self, skip_bad: bool = False) -> OwnDataSummary | None:
        """Write the data set, and return what was made; None if it was there already.

        With ``skip_bad``, what cannot be used is left out instead of refusing all.

        Raises:
            UserError: A photo or mask cannot be used, photos or the list of those to validate on
                have changed since the data set was made, or there are too few.
        """
        found = collect_images(self.settings, skip_bad, self.workers)
        images, labels = found.images, found.labels
        self.values = mask_values(self.settings, labels.classes, found.masks, self.workers)
        if self.folder.was_finished and (self.out / SOURCES).is_file():
            self._check_unchanged(images, labels.val)
            if self._is_whole():
                return None
        with self.folder:
            self.stored = self._find_values(images)
            entries = self._convert_all(images)
            bad, bad_masks = (
                {name: entry[key] for name, entry in entries.items() if key in entry}
                for key in ('problem', 'mask_problem')
            )
            either = bad_masks | bad
            problems = [either[image.image_id] for image in images if image.image_id in either]
            _check_bad(self.out, problems, skip_bad)
            # A photo is as good without its mask.
            good = [
                image.without_masks() if image.image_id in bad_masks else image
                for image in images
                if image.image_id not in bad
            ]
            splits = split_images(good, labels.classes, self.settings, entries, labels.val)
            self._write_lists(found, good, splits, bad)
            area, shown = self.settings.expected_area, {one.image_id: one.labels for one in good}
            self.folder.facts = size_facts(entries, splits['train'], found.boxes(), shown, area)
            _remove_others(self.out, entries)
        self.journal.unlink(missing_ok=True)
        return self._summary(good, found, splits, entries, problems)

    def _is_whole(self) -> bool:
        """Return whether a finished data set still has its lists and its images."""
        layout = VOCLayout(self.out)
        lists = [layout.class_file, layout.label_file, *map(layout.split_path, ('train', 'val'))]
        if not layout.image_dir.is_dir() or not all(path.is_file() for path in lists):
            return False
        return all(map(ImageFolder(layout.image_dir).find_id, images_of(self.out).values()))

    def _find_values(self, images: Sequence[OwnImage]) -> StoredValues:
        """See which values the images have: bands, or a white of 16 bits."""
        if bands := find_bands(images, self.settings, self.workers):
            return StoredValues(bands=bands)
        paths = [image.sources[0].path for image in images]
        return StoredValues(self.settings.white_level or find_white_level(paths, self.workers))

    def _check_unchanged(self, images: Sequence[OwnImage], val: Collection[str] | None) -> None:
        """Refuse to call a data set complete that photos were added to."""
        rows = read_sources(self.out)
        before = {row.photo: row.digest for row in rows if row.digest}
        now = {escaped(source.name): image.digest for image in images for source in image.sources}
        if before != now:
            both = before.keys() & now.keys()
            changed = sum(before[name] != now[name] for name in both)
            raise UserError(
                f'{self.out}: was made from other photos, labels or masks: '
                f'{len(now.keys() - before.keys())} are new, {len(before.keys() - now.keys())} '
                f'gone, {changed} changed; delete the folder or choose another --out'
            )
        bad = {row.image for row in rows if row.problem}
        if self.settings.val_list or val is not None:
            self._check_val([image for image in images if image.image_id not in bad], val)

    def _check_val(self, good: Sequence[OwnImage], val: Collection[str] | None) -> None:
        """Refuse to call a data set complete whose --val-list or --val-labels has changed."""
        layout = VOCLayout(self.out)
        if not layout.split_path('val').is_file():
            return  # it is made again
        before, now = set(layout.read_split('val')), named_val(good, self.settings, val)
        if before != now:
            raise UserError(
                f'{self.out}: has another val than '
                f'{self.settings.val_list or self.settings.val_labels} names: {len(now - before)} '
                f'are new, {len(before - now)} gone; delete the folder or choose another --out'
            )

    def _convert_all(self, images: Sequence[OwnImage]) -> dict[str, dict]:
        """Return the entry of each image, see :class:`.PhotoConverter`, by its id."""
        known = read_journal(self.journal)
        entries = {
            image.image_id: known[image.image_id]
            for image in images
            if self._is_done(image, known.get(image.image_id))
        }
        todo = [image for image in images if image.image_id not in entries]
        convert = PhotoConverter(self.settings, self.values, self.stored)
        converted = map_files(convert, todo, 'converting', self.workers)
        with naming_file(self.journal), open(self.journal, 'a', encoding='utf-8') as file:
            file.write('\n')  # a line that was cut short ends
            for image, entry in converted:
                entries[image.image_id] = entry
                if not {'problem', 'mask_problem'} & set(entry):  # may be corrected
                    file.write(json.dumps(entry) + '\n')
                    file.flush()
        return entries

    def _is_done(self, image: OwnImage, entry: dict | None) -> bool:
        return (
            entry is not None
            and entry['digest'] == image.digest
            and entry.get('white_level') == self.stored.white_level
            and entry.get('bands') == (self.stored.bands and self.stored.bands.count)
            and 'look' in entry
            and all((self.out / name).is_file() for name in entry['files'])
        )

    def _write_lists(
        self,
        found: OwnImages,
        good: Sequence[OwnImage],
        splits: Mapping[str, list[str]],
        bad: Mapping[str, str],
    ) -> None:
        write_values(self.out, self.stored)
        known = {image.image_id: image.labels for image in good if image.labels is not None}
        write_lists(self.out, found.labels.classes, splits, known, self.settings.background)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator='\n')
        writer.writerow(['photo', 'image', 'problem', 'digest'])
        writer.writerows(
            (source.name, image.image_id, bad.get(image.image_id, ''), image.digest)
            for image in found.images
            for source in image.sources
        )
        unused = {**found.labels.left_out, **found.skipped}
        writer.writerows((name, '', why, '') for name, why in unused.items())
        with atomic_write(self.out / SOURCES) as file:
            file.write(escaped(text.getvalue()).encode())

    def _summary(
        self,
        good: Sequence[OwnImage],
        found: OwnImages,
        splits: Mapping[str, list[str]],
        entries: Mapping[str, dict],
        bad: Sequence[str],
    ) -> OwnDataSummary:
        shown = {image.image_id: image.labels or ('',) for image in good}
        counts: dict[str, dict[str, int]] = {
            split: Counter(name for stem in stems for name in shown[stem])
            for split, stems in splits.items()
        }
        notes = Counter(note for image in good for note in entries[image.image_id]['notes'])
        copies = sum(len(image.sources) - 1 for image in good)
        notes[noun(copies, 'copy', 'copies') + ' of another photo'] = copies
        if found.unused_masks:
            count = len(found.unused_masks)
            note = noun(count, 'file of --masks belongs', 'files of --masks belong')
            notes[f'{note} to no photo, e.g. {found.unused_masks[0]}'] = count
        return OwnDataSummary(
            found.labels,
            counts,
            {split: len(stems) for split, stems in splits.items()},
            {note: count for note, count in notes.items() if count},
            tuple(bad),
            dict(Counter(found.skipped.values())),
            self.stored if notes['16 bits to 8'] else self.stored._replace(white_level=None),
        )


def _check_bad(out: Path, bad: Sequence[str], skip_bad: bool) -> None:
    path = out / 'problems.txt'
    path.unlink(missing_ok=True)
    if bad:
        write_lines(path, list(map(printable, bad)))
    if bad and not skip_bad:
        raise UserError(
            f'{counted(len(bad), "photo or mask", "photos or masks")} cannot be used, listed in '
            f'{path}; correct them, or leave them out with --skip-bad; the first: {bad[0]}'
        )


def _remove_others(out: Path, entries: Mapping[str, dict]) -> None:
    """What an earlier run made of photos that have gone since."""
    wanted = {out / name for entry in entries.values() for name in entry.get('files', ())}
    for folder in _PARTS:
        for path in (out / folder).glob('*'):
            if path not in wanted:
                path.unlink()
