"""What a user's folder of photographs holds, and what is said about it."""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError
from ...formats.class_list import check_classes, class_ids
from ...formats.image_checks import FOREIGN_SUFFIXES
from ...formats.image_file import PHOTO_SUFFIXES
from ...formats.image_folder import ImageFolder
from ...formats.image_labels import LabelRow, read_csv, read_json, read_lines

# Names that folders have where somebody has split a data set already.
_SPLIT_NAMES = {'train', 'training', 'val', 'valid', 'validation', 'test'}
_LONGEST_ID = 60  # characters; a file name has 255 bytes at most


@dataclass(frozen=True)
class Source:
    """A photograph of the user's.

    Attributes:
        name (str): Its path below the folder, with slashes.
        path (Path): The file.
        labels (tuple[str, ...]): Its classes; none if nobody knows.
        mask (Path | None): The file of its mask.
    """

    name: str
    path: Path
    labels: tuple[str, ...]
    mask: Path | None


def find_photos(root: str | os.PathLike, leave_out: Iterable[str | os.PathLike] = ()) -> list[str]:
    """Photographs anywhere below a folder, those that cannot be read as well.

    Hidden files and folders are passed over.

    Args:
        root (str | PathLike): The folder.
        leave_out (Iterable): Folders below it that hold something else.

    Returns:
        list[str]: Sorted paths below the folder, with slashes.

    Raises:
        UserError: The folder is missing or holds none.
    """
    if not os.path.isdir(root):
        raise UserError(f'{root}: the folder of photos is missing; check the path')
    seen = {os.path.realpath(path) for path in leave_out}
    found = []
    for folder, below, files in os.walk(root, followlinks=True):
        seen.add(os.path.realpath(folder))
        # A link to a folder above would never end.
        below[:] = [
            name
            for name in below
            if not name.startswith('.') and os.path.realpath(os.path.join(folder, name)) not in seen
        ]
        found += [
            os.path.join(folder, name)
            for name in files
            if not name.startswith('.') and name.lower().endswith(PHOTO_SUFFIXES + FOREIGN_SUFFIXES)
        ]
    if not found:
        raise UserError(f'{root}: holds no photo; known endings are {" ".join(PHOTO_SUFFIXES)}')
    return sorted(Path(path).relative_to(root).as_posix() for path in found)


def labels_from_folders(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The class of each photo is the first folder of its path.

    Args:
        names (Sequence[str]): As of :func:`find_photos`.

    Returns:
        dict: From name to its classes; a photo in no folder has none.

    Raises:
        UserError: There are no folders, or they look like splits.
    """
    labels = {}
    for name in names:
        folder, slash, _ = name.partition('/')
        labels[name] = (_tidy(folder),) if slash else ()
    found = {label for known in labels.values() for label in known}
    if not found:
        raise UserError(
            'no photo lies in a folder of its class; make a '
            'folder for each class, or give --labels FILE'
        )
    if {label.lower() for label in found} <= _SPLIT_NAMES:
        raise UserError(
            f'the folders {", ".join(sorted(found))} look like splits, not '
            'classes; put photos of all splits into one folder a class, and '
            'name those to validate on by --val-list'
        )
    return labels


def labels_from_file(
    path: str | os.PathLike,
    root: str | os.PathLike,
    names: Sequence[str],
    classes: Sequence[str],
    missing_is_fine: bool = False,
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The classes of each photo as a CSV or JSON says.

    A photo on several lines has the classes of all of them.

    Args:
        path (str | PathLike): The file, see docs/data.md.
        root (str | PathLike): The folder of photos.
        names (Sequence[str]): As of :func:`find_photos`.
        classes (Sequence[str]): Foreground classes; empty to take those of
            the file, in its order if it lists them, else sorted.
        missing_is_fine (bool): Whether to pass over lines without a photo.

    Returns:
        tuple: From name to its classes, and the foreground classes.

    Raises:
        UserError: The file is malformed, or names a photo that is not there
            or an unknown class.
    """
    rows, listed = _read_rows(path, classes)
    classes = list(classes) or list(
        check_classes(listed, f'{path} metainfo.classes')
        if listed
        else sorted({name for row in rows for name in row.names if isinstance(name, str)})
    )
    find = PhotoFinder(root, names)
    labels = {name: () for name in names}
    missing = []
    for row in rows:
        found = find(row.image)
        if found is None:
            missing.append(row)
            continue
        own = [classes[i] for i in class_ids(row, classes)] if row.names else []
        labels[found] = tuple(dict.fromkeys((*labels[found], *own)))
    if missing and not missing_is_fine:
        more = f' (and {len(missing) - 1} more)' if len(missing) > 1 else ''
        raise UserError(
            f"{missing[0].where}: photo '{missing[0].image}'{more}"
            f' is missing in {root}; add it, or pass such lines '
            'over with --skip-bad'
        )
    return labels, classes


class PhotoFinder:
    """Finds photos by the name that a list gives them.

    Args:
        root (str | PathLike): The folder of photos.
        names (Sequence[str]): As of :func:`find_photos`.
    """

    def __init__(self, root: str | os.PathLike, names: Sequence[str]) -> None:
        self.root = root
        self.names = set(names)
        self.folder = ImageFolder(root, PHOTO_SUFFIXES + FOREIGN_SUFFIXES)

    def __call__(self, name: str) -> str | None:
        """Name of a photo, given its path with or without its ending."""
        for form in (name, unicodedata.normalize('NFC', name), unicodedata.normalize('NFD', name)):
            path = self.folder.find(form.replace('\\', '/'))
            if path is not None:
                found = Path(os.path.relpath(path, self.root)).as_posix()
                return found if found in self.names else None
        return None


def read_names(path: str | os.PathLike, find: PhotoFinder) -> set[str]:
    """The photos that a list names, one a line.

    Args:
        path (str | PathLike): The list.
        find (PhotoFinder): Of the photos.

    Returns:
        set[str]: Names as of :func:`find_photos`.

    Raises:
        UserError: The list is missing or empty, or a photo is not there.
    """
    found = set()
    for number, line in read_lines(path, 'list of photos'):
        name = find(line)
        if name is None:
            raise UserError(
                f"{path} line {number}: photo '{line}' is missing "
                f'in {find.root}; add it or take it out'
            )
        found.add(name)
    return found


def image_ids(names: Iterable[str]) -> dict[str, str]:
    """Names that every file system and list of this project can hold.

    Folders become part of the name; what is no letter, digit, dash or
    underscore becomes an underscore; names that differ in capitals only, or
    in nothing any more, get a number.

    Args:
        names (Iterable[str]): Paths below the folder of photos.

    Returns:
        dict[str, str]: From a path to its id.
    """
    ids, taken = {}, set()
    for name in names:
        plain = unicodedata.normalize('NFC', os.path.splitext(name)[0])
        plain = re.sub(r'[^\w-]+', '_', plain).strip('_')[-_LONGEST_ID:]
        base = plain = plain or 'image'
        number = 1
        while plain.casefold() in taken:
            number += 1
            plain = f'{base}_{number}'
        taken.add(plain.casefold())
        ids[name] = plain
    return ids


def check_own_classes(classes: Sequence[str], where: str) -> tuple[str, ...]:
    """Refuse classes that the data set's files cannot hold.

    Args:
        classes (Sequence[str]): Foreground classes.
        where (str): Where they come from, for messages.

    Returns:
        tuple[str, ...]: The classes.

    Raises:
        UserError: As of ``check_classes``; a semicolon or a control character
            in a name; or more classes than a mask has values for.
    """
    classes = check_classes(list(classes), where)
    for name in classes:
        if ';' in name or not name.isprintable() or name != name.strip():
            raise UserError(
                f'{where}: class {name!r} has a semicolon, a control '
                'character, or spaces at its ends; rename it'
            )
    if len(classes) > 254:
        raise UserError(f'{where}: {len(classes)} classes, but a mask of 8 bits has room for 254')
    return classes


def _tidy(name: str) -> str:
    return unicodedata.normalize('NFC', name).strip()


def _read_rows(
    path: str | os.PathLike, classes: Sequence[str]
) -> tuple[list[LabelRow], list[str] | None]:
    ending = os.path.splitext(path)[1].lower()
    if ending == '.json':
        return read_json(path)
    if ending != '.csv':
        raise UserError(
            f'{path}: labels are read from a .csv or a .json; see docs/data.md for their form'
        )
    rows = read_csv(path, classes)
    if classes:
        return rows, None
    # A name with a space is known by a line where semicolons surround it.
    spaced = {name for row in rows for name in row.names if ' ' in name}
    return (read_csv(path, sorted(spaced)) if spaced else rows), None


def by_content(sources: Sequence[Source], digests: Mapping[str, str]) -> list[list[Source]]:
    """Photos of the same bytes together, in the order of the first.

    Args:
        sources (Sequence[Source]): All photos.
        digests (Mapping[str, str]): From name to hash of the bytes.

    Returns:
        list[list[Source]]: Groups, mostly of one.
    """
    groups = {}
    for source in sources:
        groups.setdefault(digests[source.name], []).append(source)
    return list(groups.values())
