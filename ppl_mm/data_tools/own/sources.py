"""What a user's folder of photographs holds."""

import itertools
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ...errors import UserError
from ...formats.image_labels.tool_files import without_upload_mark
from ...formats.image_list import normal_name
from ...formats.images.checks import FOREIGN_SUFFIXES
from ...formats.images.image_file import PHOTO_SUFFIXES
from ...formats.text_file import read_lines

T = TypeVar('T')
_LONGEST_ID = 60  # characters; a file name has 255 bytes at most


@dataclass(frozen=True)
class Source:
    """A photograph of the user's.

    Attributes:
        name: Its path below the folder, with slashes.
        path: The file.
        labels: Its classes, none for a negative; None if they are not known.
        mask: The file of its mask.
    """

    name: str
    path: Path
    labels: tuple[str, ...] | None
    mask: Path | None


class PhotoFinder:
    """Finds photos by the name that a list gives them.

    Args:
        root: The folder of photos.
        names: The photos, see :func:`.find_files`.
        below: A folder below it where paths may begin as well. Defaults to '.': only there.
    """

    def __init__(self, root: str | os.PathLike, names: Sequence[str], below: str = '.') -> None:
        self.root, self._below = Path(root), below
        self._names = {normal_name(name): name for name in names}
        # Of photos that differ in their ending only, the first ending is found.
        order = {suffix: place for place, suffix in enumerate(PHOTO_SUFFIXES + FOREIGN_SUFFIXES)}
        ranked: dict[str, tuple[int, str]] = {}
        for name in names:
            stem, suffix = os.path.splitext(name)
            one = (order.get(suffix.lower(), len(order)), name)
            ranked[normal_name(stem)] = min(one, ranked.get(normal_name(stem), one))
        self._stems = {stem: name for stem, (_, name) in ranked.items()}
        self._last_names = _grouped(self._names, _last_part)
        self._last_stems = _grouped(self._stems, _last_part)
        self._web_names = _grouped(self._names.values(), _web_name)
        self._above = normal_name(os.path.abspath(self.root).replace(os.sep, '/'))

    def __call__(self, name: str) -> str | None:
        """Return the name of a photo, None if there is none.

        Args:
            name: Its path below the folder, with or without its ending, or with the folder itself
                before it.
        """
        plain = _plain(name)
        below = _plain(f'{self._below}/{plain}')
        for form in (plain, plain.removeprefix(f'{self.root.name}/'), below):
            found = self._names.get(form) or self._stems.get(form)
            if found is not None:
                return found
        return None

    def by_tail(self, name: str) -> list[str]:
        """Return the photos whose path ends in a name, the folders above them included.

        The name may have the ending of the file or not.
        """
        end = f'/{_plain(name)}'
        for table, last in ((self._names, self._last_names), (self._stems, self._last_stems)):
            keys = last.get(_last_part(end), ())
            found = [table[key] for key in keys if f'{self._above}/{key}'.endswith(end)]
            if found:
                return found
        return []

    def by_name(self, name: str) -> list[str]:
        """Return the photos that share as much of the end of a path as any do, at least the file.

        The path may have the ending of the file or not. The file may also have the name that Label
        Studio gives to an uploaded one: with eight digits before it, ``_`` for a space, and without
        signs.
        """
        parts = _plain(name).split('/')
        uploaded = without_upload_mark(parts[-1])
        ends = ['/'.join(parts[start:]) for start in range(len(parts))]
        found = (self.by_tail(end) for end in dict.fromkeys([*ends, uploaded]))
        web_names = (self._web_names.get(one, []) for one in (parts[-1], uploaded))
        return next(filter(None, itertools.chain(found, web_names)), [])


def _plain(name: str) -> str:
    return normal_name(name).replace('\\', '/').removeprefix('./')


def _last_part(path: str) -> str:
    return path.rpartition('/')[2]


def _web_name(path: str) -> str:
    return re.sub(r'[^-\w.]', '', _last_part(path).replace(' ', '_'))


def _grouped(items: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def read_names(path: str | os.PathLike, find: PhotoFinder) -> set[str]:
    """Return the photos that a list names, one per line.

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
    """Return ids of photos, by path, that every file system and list of this project can hold.

    Folders become part of the id. What is not a letter, digit, dash or underscore becomes an
    underscore. Ids that would be equal, or differ in capitals only, get a number.
    """
    ids: dict[str, str] = {}
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for name in names:
        plain = normal_name(os.path.splitext(name)[0])
        plain = re.sub(r'[^\w-]+', '_', plain).strip('_')[-_LONGEST_ID:]
        base = plain = plain or 'image'
        while plain.casefold() in taken:
            numbers[base.casefold()] += 1
            plain = f'{base}_{numbers[base.casefold()] + 1}'
        taken.add(plain.casefold())
        ids[name] = plain
    return ids


def by_content(sources: Sequence[Source], digests: Mapping[str, str]) -> list[list[Source]]:
    """Return photos of the same bytes, by their digests, together, in the order of the first."""
    return list(_grouped(sources, lambda source: digests[source.name]).values())
