"""Where labels of photographs come from: folders, names of files, or label files."""

import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ...errors import UserError
from ...formats.image_labels.label_file import label_format, read_labels
from ...formats.image_labels.label_names import SPLIT_NAMES, LabelNames
from ...formats.image_labels.label_row import LabelRow, LabelRows, saying_where
from .settings import OwnDataSettings
from .sources import PhotoFinder

# What stands between two names in one: cat/dog, cat & dog, cat and dog. A space does not: it is in
# coffee table, too.
_JOINT = re.compile(r"[^\w\s.'-]+|\b(?:and|or)\b")


class PhotoRows(NamedTuple):
    """What is said of photos.

    Attributes:
        rows: By the name of the photo; one without a row is unlabelled.
        form: What they are read from: 'one-hot CSV', 'names of files'.
        classes: The classes that label files list; None if they list none.
        val: The photos to validate on; None if nothing says them.
    """

    rows: dict[str, LabelRow]
    form: str
    classes: Sequence[str] | None = None
    val: frozenset[str] | None = None


def rows_from_folders(settings: OwnDataSettings, names: Sequence[str]) -> PhotoRows:
    """Take the class of each photo from its folder; a photo in no folder has none.

    Raises:
        UserError: There are no folders, they look like splits, or it is not clear which of two
            folders is the class.
    """
    rules = LabelNames(settings.classes, settings.negative_names)
    rows = {}
    for name in names:
        first, *more = name.split('/')[:-1] or ['']
        path = settings.photos / name
        if not first:
            continue
        if more and not settings.class_folder:
            raise UserError(
                f"{path}: is the class '{first}' or '{more[-1]}'? Give --class-folder first or "
                '--class-folder last'
            )
        folder = more[-1] if more and settings.class_folder == 'last' else first
        with saying_where(path):
            rows[name] = LabelRow(name, rules.from_labels([folder]), path)
    found = {label for row in rows.values() for label in row.names}
    if not found:
        raise UserError(
            f'{settings.photos}: no photo lies in a folder of its class; make a folder for each '
            'class, or give --labels FILE'
        )
    if {label.lower() for label in found} <= SPLIT_NAMES:
        raise UserError(
            f'the folders {", ".join(sorted(found))} look like splits, not classes; put photos of '
            'all splits into one folder per class, and name those to validate on by --val-list'
        )
    return PhotoRows(rows, 'a folder for each class')


def rows_from_pattern(settings: OwnDataSettings, names: Sequence[str]) -> PhotoRows:
    """Take the class of each photo from its name; one that does not match has none.

    Raises:
        UserError: The pattern is not valid, or matches no photo.
    """
    option = f'--label-pattern {settings.label_pattern!r}'
    try:
        pattern = re.compile(settings.label_pattern)
    except re.error as error:
        raise UserError(f'{option}: is not a valid regular expression ({error})') from None
    if not pattern.groups:
        raise UserError(f"{option}: has no group around the class, as in '([a-z]+)_[0-9]+'")
    rules = LabelNames(settings.classes, settings.negative_names)
    rows = {}
    for name in names:
        path = settings.photos / name
        if match := pattern.search(os.path.splitext(name)[0]):
            with saying_where(path):
                rows[name] = LabelRow(name, rules.from_text(match[1] or ''), path)
    if not rows:
        raise UserError(f"{option}: matches no photo, e.g. not '{names[0]}'; correct it")
    return PhotoRows(rows, 'names of files')


def rows_from_files(
    settings: OwnDataSettings, names: Sequence[str], missing_is_fine: bool
) -> PhotoRows:
    """Take the classes of each photo from one file, or from one for each split.

    A photo on several lines has the classes of all of them. Its path begins at the folder of photos
    or at that of the label file.

    Raises:
        UserError: A file is malformed, names a photo that is missing, or says that a photo shows a
            class and none; or both files name a photo.
    """
    found, parts = [], []
    for path in filter(None, (settings.labels, settings.val_labels)):
        find = PhotoFinder(settings.photos, names, _folder_of(path, settings.photos))
        found.append(_read(path, settings, find))
        parts.append(_by_photo(found[-1], find, missing_is_fine))
    val = None
    if settings.val_labels:
        val = frozenset(parts[1])
        if both := val & parts[0].keys():
            first, second = (part[min(both)].where for part in parts)
            raise UserError(
                f"{second}: photo '{min(both)}' is also at {first}; a photo is for training or for "
                'validation, take one out'
            )
    form = ' and '.join(dict.fromkeys(one.form for one in found))
    rows = {name: row for part in parts for name, row in part.items()}
    return PhotoRows(rows, form, _listed_classes(found, settings), val)


def _folder_of(path: Path, photos: Path) -> str:
    """Return the folder of a label file below the photos, '.' if it is elsewhere."""
    folder, above = map(os.path.realpath, (path if path.is_dir() else path.parent, photos))
    inside = os.path.commonpath([folder, above]) == above
    return Path(os.path.relpath(folder, above)).as_posix() if inside else '.'


def _listed_classes(found: Sequence[LabelRows], settings: OwnDataSettings) -> Sequence[str] | None:
    """Return the classes that the label files list."""
    lists = [one.classes for one in found if one.classes is not None]
    if any(one != lists[0] for one in lists):
        raise UserError(
            f'{settings.val_labels}: lists other classes than {settings.labels}; make both equal, '
            'order included'
        )
    return lists[0] if lists else None


def _read(path: Path, settings: OwnDataSettings, find: PhotoFinder) -> LabelRows:
    """Read a label file; a CSV twice where it holds names with a space."""
    known, negative = settings.classes, settings.negative_names
    read = partial(
        read_labels, path, negative_names=negative, is_photo=lambda name: find(name) is not None
    )
    found = read(known)
    spaced = sorted({name for row in found.rows for name in row.names if ' ' in name})
    if not known and spaced and label_format(path) == 'csv':
        # What one line sets apart by semicolons is one name in another line, too.
        found = read(spaced)
    if not (known or found.classes or found.by_tail):
        _check_joined(found.rows)
    return found


def _check_joined(rows: Sequence[LabelRow]) -> None:
    """Refuse a name that is made of others, as ``cat/dog`` beside ``cat`` and ``dog``."""
    names = {name for row in rows for name in row.names}
    plain = set(map(str.casefold, names))
    parts = {name: set(map(str.strip, _JOINT.split(name.casefold()))) - {''} for name in names}
    joined = {name for name, found in parts.items() if len(found) != 1 and found <= plain}
    for row in rows if joined else ():
        for name in joined.intersection(row.names):
            # "and" alone is a class: a duck, where Danish is spoken.
            if parts[name] or len(row.names) > 2:
                raise UserError(
                    f"{row.where}: label '{name}' reads as if it held other classes together; "
                    'write cat;dog for two classes, or name all with --classes if it is one'
                )


def _by_photo(labels: LabelRows, find: PhotoFinder, missing_is_fine: bool) -> dict[str, LabelRow]:
    """Return one row for each photo that a label file names, by its path or, of tools, its end."""
    found: dict[str, LabelRow] = {}
    unknown: list[LabelRow] = []
    for row in labels.rows:
        name = find(row.image)
        if name is None and labels.by_tail:
            name = _only_photo(row, find.by_tail(row.image), find)
        if name is None:
            unknown.append(row)
        else:
            found[name] = merged(found[name], row) if name in found else row
    missing = _add_by_name(found, unknown, find) if labels.by_tail else unknown
    if missing and not missing_is_fine:
        more = f' (and {len(missing) - 1} more)' if len(missing) > 1 else ''
        raise UserError(
            f"{missing[0].where}: photo '{missing[0].image}'{more} is missing in {find.root}; add "
            'it, or pass such lines over with --skip-bad'
        )
    return found


def _add_by_name(
    found: dict[str, LabelRow], rows: Sequence[LabelRow], find: PhotoFinder
) -> list[LabelRow]:
    """Add the rows whose photo has the same name, in whatever folder; return the other rows.

    A photo that another row names by its path is not meant.
    """
    missing = []
    by_name: dict[str, LabelRow] = {}
    for row in rows:
        name = _only_photo(row, find.by_name(row.image), find)
        if name is None or name in found:
            missing.append(row)
            continue
        other = by_name.setdefault(name, row)
        if other.image != row.image:
            raise UserError(
                f"{row.where}: '{row.image}' and '{other.image}' may both be the photo {name} in "
                f'{find.root}; keep photos in folders of these names'
            )
        by_name[name] = merged(other, row)
    found |= by_name
    return missing


def _only_photo(row: LabelRow, photos: Sequence[str], find: PhotoFinder) -> str | None:
    """Return the photo that a row means, if there is one."""
    if len(photos) > 1:
        raise UserError(
            f"{row.where}: photo '{row.image}' may be {photos[0]} or {photos[1]} in {find.root}; "
            'write its path below that folder'
        )
    return photos[0] if photos else None


def merged(first: LabelRow, row: LabelRow) -> LabelRow:
    """Return a row with the classes of two."""
    if bool(first.names) != bool(row.names):
        has, none = (first, row) if first.names else (row, first)
        raise UserError(
            f"{none.where}: '{row.image}' shows none of the classes, but {has.names[0]} by "
            f'{has.where}; keep one'
        )
    boxes = None
    if first.boxes is not None and row.boxes is not None:
        boxes = min(1.0, first.boxes + row.boxes)
    return first._replace(names=tuple(dict.fromkeys((*first.names, *row.names))), boxes=boxes)
