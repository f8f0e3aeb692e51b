"""Which of a user's masks belongs to which photo, and whether they agree."""

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from ...errors import UserError
from ...formats.found_files import is_hidden
from ...formats.image_list import normal_name
from ...formats.mask_file import open_mask
from ...utils.processes.thread_pool import map_files
from ...utils.text import counted

#: Formats that keep each value, the usual one first. JPEG does not.
MASK_SUFFIXES = ('.png', '.tif', '.tiff', '.bmp', '.gif', '.pgm', '.webp')
_LOSSY = ('.jpg', '.jpeg', '.jfif', '.jpe')


class MaskFinder:
    """Finds the mask of a photo below a folder of masks.

    Masks may lie as the photos do, or all in one folder if no two photos have one name; their
    names may all have one more part, as in ``1_mask.png``; any lossless format is read.

    Args:
        root: The folder of masks.
        photos: Names of all photos, paths below their folder with slashes.
        others: Files below ``root`` that are not masks, such paths below it.

    Raises:
        UserError: There are files, and none is the mask of a photo; two are that of one; or some
            are JPEGs.
    """

    def __init__(
        self, root: str | os.PathLike, photos: Sequence[str], others: Collection[str] = ()
    ) -> None:
        self.root = Path(root)
        files = _files_below(self.root, set(others))
        masks = [name for name in files if name.lower().endswith(MASK_SUFFIXES)]
        if files and not masks:
            raise UserError(
                f'{self.root}: {counted(len(files), "file")} found, none is a mask, e.g. '
                f'{files[0]}; known endings are {" ".join(MASK_SUFFIXES)}'
            )
        stems = [_stem(photo) for photo in photos]
        by_stem: dict[str, list[str]] = defaultdict(list)
        for mask in masks:
            by_stem[_stem(mask)].append(mask)
        ways = (_as_they_are, _in_one_folder, _with_a_part_more)
        found: list[dict[str, str]] = [way(by_stem.keys(), stems) for way in ways]
        chosen = max(found, key=len)  # of equal ones the first, the simplest
        if chosen is found[-1]:
            self._refuse_second(chosen, by_stem)
        self._of = {photo: self._only_mask(by_stem[mask]) for photo, mask in chosen.items()}
        #: Files that are the mask of no photo.
        self.unused = sorted(set(files) - set(self._of.values()))
        if masks and not self._of:
            raise UserError(
                f'{self.root}: {counted(len(masks), "mask")} found, none belongs to a photo, e.g. '
                f'{masks[0]}; name each as its photo, e.g. {stems[0] if stems else "1"}.png'
            )

    def __call__(self, photo: str) -> Path | None:
        """Return the mask of a photo, None if it has none."""
        name = self._of.get(_stem(photo))
        return None if name is None else self.root / name

    def _refuse_second(self, chosen: Mapping[str, str], by_stem: Mapping[str, list[str]]) -> None:
        """Refuse masks of one photo with different parts more, as 1_cat.png and 1_dog.png."""
        usual = {
            part for stem, mask in chosen.items() for one, part in _shorter(mask) if one == stem
        }
        for mask in sorted(by_stem.keys() - set(chosen.values())):
            parts = dict(_shorter(mask))
            # With the usual part it is the mask of a photo that is not there.
            for stem in chosen.keys() & parts.keys() if usual.isdisjoint(parts.values()) else ():
                self._only_mask([*by_stem[chosen[stem]], *by_stem[mask]])

    def _only_mask(self, masks: Sequence[str]) -> str:
        """Return the one mask of a name."""
        if len(masks) > 1:
            raise UserError(
                f'{self.root}: {" and ".join(masks[:2])} would both be the mask of one image; '
                'keep one for each, with all that it shows'
            )
        return masks[0]


def _stem(name: str) -> str:
    return normal_name(os.path.splitext(name)[0])


def _files_below(root: Path, others: Collection[str]) -> list[str]:
    """Return paths below the folder, sorted, but for hidden ones."""
    files = (path.relative_to(root) for path in root.rglob('*') if not path.is_dir())
    names = {path.as_posix() for path in files if not any(map(is_hidden, path.parts))}
    names -= set(others)
    lossy = sorted(name for name in names if name.lower().endswith(_LOSSY))
    if lossy:
        raise UserError(
            f'{root}: {counted(len(lossy), "mask is a JPEG", "masks are JPEGs")}, which changes '
            f'the values of pixels, e.g. {lossy[0]}; save masks as PNG'
        )
    return sorted(names)


def _as_they_are(masks: Collection[str], stems: Sequence[str]) -> dict[str, str]:
    return {stem: stem for stem in stems if stem in masks}


def _in_one_folder(masks: Collection[str], stems: Sequence[str]) -> dict[str, str]:
    """Match names without folders, where those of the photos are unique."""
    photos = Counter(PurePosixPath(stem).name for stem in stems)
    names = {stem: PurePosixPath(stem).name for stem in stems}
    return {stem: name for stem, name in names.items() if photos[name] == 1 and name in masks}


def _with_a_part_more(masks: Collection[str], stems: Sequence[str]) -> dict[str, str]:
    """Match names that all have the same text after, or before, those of photos."""
    known = set(stems)
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for mask in masks:
        for stem, part in _shorter(mask):
            if stem in known:
                found[part][stem] = mask
    return max(found.values(), key=len, default={})


def _shorter(name: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield a path without a last or a first part, told apart by ``_ - .``, and these parts."""
    folder, slash, base = name.rpartition('/')
    for i, letter in enumerate(base):
        if letter in '_-.':
            yield folder + slash + base[:i], ('', base[i:])
            yield folder + slash + base[i + 1 :], (base[: i + 1], '')


def check_palettes(masks: Sequence[Path], workers: int | None = None) -> None:
    """Refuse masks of which some were saved with their palette in another order.

    A program that saves an indexed picture may sort its colours; the same thing then has another
    value in some of the masks.

    Raises:
        UserError: A value has one colour in most masks and another in some.
    """
    colours = dict(map_files(_colours, list(masks), 'comparing palettes', workers))
    votes: dict[int, Counter] = defaultdict(Counter)
    for used in colours.values():
        for value, colour in used.items():
            votes[value][colour] += 1
    usual = {value: count.most_common(1)[0][0] for value, count in votes.items()}
    odd = [
        (path, value)
        for path, used in sorted(colours.items())
        for value, colour in used.items()
        if colour != usual[value]
    ]
    if odd:
        path, value = odd[0]
        raise UserError(
            f'{path}: the value {value} has the colour {colours[path][value]}, in most masks '
            f'{usual[value]} ({counted(len({path for path, _ in odd}), "mask")} of another '
            'palette); save all masks with one palette'
        )


def _colours(path: Path) -> dict[int, tuple[int, int, int]]:
    """Return the colours of the values that an indexed mask uses; none of another mask."""
    try:
        with open_mask(path) as image:
            if image.mode != 'P':
                return {}
            palette = np.array(image.getpalette('RGB')).reshape(-1, 3)
            values = np.unique(np.array(image))
    except UserError:
        return {}  # named when it is converted
    used = [int(value) for value in values if value < len(palette)]
    return {value: (int(r), int(g), int(b)) for value in used for r, g, b in [palette[value]]}


def check_size(
    mask: str | os.PathLike,
    size: tuple[int, ...],
    photo: str | os.PathLike,
    wanted: tuple[int, int],
    advice: str = 'make both equal',
) -> None:
    """Refuse a mask that has another width and height than its photo, with what to do.

    Raises:
        UserError: They differ.
    """
    if size != wanted:
        raise UserError(
            f'{mask}: has {size[0]} x {size[1]} pixels, but its photo {photo} has {wanted[0]} x '
            f'{wanted[1]}; {advice}'
        )


def merge_masks(masks: Sequence[np.ndarray], void: int | None = None) -> tuple[np.ndarray, int]:
    """Put masks of one photo, uint8 (H, W) with 0 for background, together; count the clashes.

    A pixel that two masks claim for different classes is a clash. It becomes ``void``; without
    that, it has the class of the later mask.
    """
    merged, clashes = masks[0].copy(), np.zeros(masks[0].shape, bool)
    for mask in masks[1:]:
        clashes |= (merged != 0) & (mask != 0) & (merged != mask)
        merged = np.where(mask != 0, mask, merged)
    if void is not None:
        merged[clashes] = void
    return merged, int(clashes.sum())
