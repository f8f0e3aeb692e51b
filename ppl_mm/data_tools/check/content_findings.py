"""What images and labels show that makes a data set hard to learn, or to measure on."""

import shlex
from collections.abc import Iterator, Mapping

import numpy as np

from ...utils.troubleshooting import with_help
from .finding import Check, Finding, note, warning
from .object_share import class_shares
from .scan import DatasetScan

#: The part of training images from which a class has nothing to differ from.
EVERYWHERE = 0.95
#: Shares of an image below which a mask has the right place, but is too large, or is a blob.
SMALL_OBJECT, TINY_OBJECT = 0.05, 0.005
# Classes of which so much comes together cannot be told apart.
_TOGETHER = 0.95
# Fewer images of a class than this may come together with another by chance.
_FEW = 5
# So unlikely, if classes were independent, that it is not by chance.
_CHANCE = 1e-3


def _leaked(scan: DatasetScan) -> Iterator[Finding]:
    val = set(scan.split('val'))
    leaked: dict[str, list[str]] = {}
    for pair in scan.near_copies:
        if len(val.intersection(pair)) == 1:
            image, other = sorted(pair, key=val.__contains__, reverse=True)
            leaked.setdefault(image, []).append(other)
    yield from warning(
        (f'{image} ~ {", ".join(others)}' for image, others in leaked.items()),
        ('image of val is', 'images of val are'),
        'nearly the same as training images',
        'what is measured on val would be too good: take them out of val.txt, or keep copies, '
        'crops and photos of one scene in one list (own_data.py --val-list)',
    )


def _near_copies(scan: DatasetScan) -> Iterator[Finding]:
    val = set(scan.split('val'))
    same: list[str] = []
    pairs: list[str] = []
    wrong: list[str] = []
    for pair in scan.near_copies:
        one, other = (set(scan.labels.get(image, ())) for image in pair)
        if one == other and len(val.intersection(pair)) != 1:  # else leaked
            same.append(' ~ '.join(pair))
        elif one != other:
            found = pairs if not (one and other) else wrong
            found.append(' ~ '.join(f'{image} ({_shown(scan, image)})' for image in pair))
    yield from note(
        same,
        ('pair of images is', 'pairs of images are'),
        'nearly the same',
        'they count as one image: keep one of each, or do not count on their number',
    )
    alike = (
        'pair of images that are nearly the same has',
        'pairs of images that are nearly the same have',
    )
    yield from note(
        pairs,
        alike,
        'a class on one image only',
        'keep both if the labels are right, for example a part and its template, or before and '
        'after: such pairs teach best what the class looks like. If not, correct the label',
    )
    yield from warning(
        wrong, alike, 'different labels', 'look at them: one label is probably wrong, or incomplete'
    )


def _shown(scan: DatasetScan, image: str) -> str:
    return ', '.join(map(str, scan.labels.get(image, ()))) or 'none'


def _never_apart(scan: DatasetScan) -> Iterator[Finding]:
    """Find classes that come together so often that their labels say the same."""
    both, total = _together(scan), len(scan.split('train'))  # both (C, C)
    pairs, parts = [], []
    for one, other in np.argwhere(np.triu(both, 1)):
        few, many = sorted((one, other), key=lambda number: both[number, number])
        names = scan.classes[few], scan.classes[many]
        if _is_everywhere(both[few, few], total):
            continue  # so are both, which another finding says
        if both[few, many] >= _TOGETHER * both[many, many] and both[few, few] >= _FEW:
            pairs.append('{} and {}: {} images'.format(*names, both[few, many]))
        elif _depends(both, few, many, total):
            often = both[few, many], both[few, few]
            parts.append('{} of {} images of {} have {}, too'.format(*often, *names))
    yield from warning(
        pairs,
        ('pair of classes always comes', 'pairs of classes always come'),
        'together',
        'image-level labels cannot tell them apart, and both get the same map: make one class of '
        'them, or add images that show one without the other',
    )
    yield from warning(
        parts,
        ('class hardly ever comes', 'classes hardly ever come'),
        'without a certain other one',
        'their maps may cover both: add images that show the one without the other',
    )


def _depends(both: np.ndarray, few: int, many: int, total: int) -> bool:
    """Return whether a class comes with another one only, and not by chance."""
    count = both[few, few]
    if count < _FEW or both[few, many] < _TOGETHER * count:
        return False
    share = both[many, many] / total
    return share <= EVERYWHERE and share**count < _CHANCE


def _together(scan: DatasetScan) -> np.ndarray:
    """Return in how many training images two classes come together, int ``(C, C)``."""
    numbers = {name: number for number, name in enumerate(scan.classes)}
    train = scan.split('train')
    shown = np.zeros((len(train), len(numbers)), np.float32)
    for row, image in zip(shown, train, strict=True):
        row[[numbers[name] for name in scan.labels.get(image, ()) if name in numbers]] = 1
    return np.rint(shown.T @ shown).astype(int)


def _small_objects(scan: DatasetScan) -> Iterator[Finding]:
    shares = class_shares(scan)
    yield from warning(
        (f'{name}: {share}' for name, share in shares.items() if share.median < TINY_OBJECT),
        ('class covers', 'classes cover'),
        f'less than {TINY_OBJECT:.1%} of an image in the median',
        'masks will be blobs around the place, not outlines (docs/expectations.md): cut the '
        'images into parts (cut_images.py), or take them from nearer, so that objects are larger '
        'in them',
    )
    small = {
        name: share for name, share in shares.items() if TINY_OBJECT <= share.median < SMALL_OBJECT
    }
    yield from note(
        (f'{name}: {share}' for name, share in small.items()),
        ('class covers', 'classes cover'),
        f'{TINY_OBJECT:.1%} to {SMALL_OBJECT:.0%} of an image in the median',
        'expect masks at the right place, but too large (docs/expectations.md)',
    )


def _classes_everywhere(scan: DatasetScan) -> Iterator[Finding]:
    total = len(scan.split('train'))
    counts = {name: count for name, count in scan.counts('train').items() if count}
    everywhere = {name: count for name, count in counts.items() if _is_everywhere(count, total)}
    others = [name for name in counts if name not in everywhere]
    if everywhere and not others and total - min(everywhere.values()) < _FEW:
        yield Finding('error', _all_alike(everywhere, total), _help_alike(scan.background))
        return
    away = 'show none of them, with an empty label' if scan.background else 'do not show them'
    if others and scan.background:
        away += f'; or leave them out (--classes {shlex.join(others)} --keep-others)'
    yield from warning(
        (f'{name}: {count} of {total}' for name, count in everywhere.items()),
        ('class is', 'classes are'),
        'in nearly every training image',
        with_help(
            'a classifier has nothing to tell them from, and their maps are arbitrary: add images '
            f'that {away}',
            'wrong thing',
        ),
    )


def _is_everywhere(count: int, total: int) -> bool:
    return count > EVERYWHERE * total


def _all_alike(counts: Mapping[str, int], total: int) -> str:
    """Say that the training images show the same classes, but for a few."""
    if {*counts.values()} != {total}:
        often = ', '.join(f'{name} in {count}' for name, count in counts.items())
        return f'nearly all of {total} training images show the same: {often}'
    names = ', '.join(counts)
    if len(counts) == 1:
        return f'the only class, {names}, is in all {total} training images'
    return f'all {total} training images show the same classes: {names}'


def _help_alike(background: bool) -> str:
    """Return what to do about images that show the same classes."""
    others = 'in a folder _negative or with --negatives DIR' if background else 'of other classes'
    return with_help(
        'a classifier learns nothing from such labels: add images without these classes, '
        f'{others}; or cut the images into parts (cut_images.py), if some parts do not show them',
        'negatives',
    )


#: Each yields findings about what images show.
CONTENT_CHECKS: tuple[Check, ...] = (
    _leaked,
    _near_copies,
    _never_apart,
    _small_objects,
    _classes_everywhere,
)
