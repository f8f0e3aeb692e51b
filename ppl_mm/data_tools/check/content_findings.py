"""What images and labels show that makes a data set hard to learn, or to measure on."""

from collections.abc import Iterator

import numpy as np

from ...utils.troubleshooting import with_help
from .finding import Check, Finding, some
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


def _near_copies(scan: DatasetScan) -> Iterator[Finding]:
    val = set(scan.split('val'))
    leaked: dict[str, list[str]] = {}
    twice = []
    for pair in scan.near_copies:
        in_val = [image for image in pair if image in val]
        if len(in_val) == 1:
            (other,) = set(pair) - set(in_val)
            leaked.setdefault(in_val[0], []).append(other)
        else:
            twice.append(' ~ '.join(pair))
    yield from some(
        'warning',
        (f'{image} ~ {", ".join(others)}' for image, others in leaked.items()),
        '{n} images of val are nearly the same as training images',
        'what is measured on val would be too good: take them out of val.txt, or keep copies, '
        'crops and photos of one scene in one list (own_data.py --val-list)',
    )
    yield from some(
        'note',
        twice,
        '{n} pairs of images are nearly the same',
        'they count as one image: keep one of each, or do not count on their number',
    )
    yield from some(
        'warning',
        (
            f'{one} ({_shown(scan, one)}) ~ {other} ({_shown(scan, other)})'
            for one, other in scan.near_copies
            if set(scan.labels.get(one, ())) != set(scan.labels.get(other, ()))
        ),
        '{n} pairs of images that are nearly the same have different labels',
        'look at them: one label is probably wrong, or incomplete',
    )


def _shown(scan: DatasetScan, image: str) -> str:
    return ', '.join(map(str, scan.labels.get(image, ()))) or 'none'


def _never_apart(scan: DatasetScan) -> Iterator[Finding]:
    """Find classes that come together so often that their labels say the same."""
    both = _together(scan)  # (C, C)
    pairs, parts = [], []
    for one, other in np.argwhere(np.triu(both, 1)):
        few, many = sorted((one, other), key=lambda number: both[number, number])
        names = scan.classes[few], scan.classes[many]
        if both[few, many] >= _TOGETHER * both[many, many] and both[few, few] >= _FEW:
            pairs.append('{} and {}: {} images'.format(*names, both[few, many]))
        elif _depends(both, few, many, len(scan.split('train'))):
            often = both[few, many], both[few, few]
            parts.append('{} of {} images of {} have {}, too'.format(*often, *names))
    yield from some(
        'warning',
        pairs,
        '{n} pairs of classes always come together',
        'image-level labels cannot tell them apart, and both get the same map: make one class of '
        'them, or add images that show one without the other',
    )
    yield from some(
        'warning',
        parts,
        '{n} classes hardly ever come without a certain other one',
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
    yield from some(
        'warning',
        (f'{name}: {share}' for name, share in shares.items() if share.median < TINY_OBJECT),
        f'{{n}} classes cover less than {TINY_OBJECT:.1%} of an image in the median',
        'masks will be blobs around the place, not outlines (docs/expectations.md): cut the '
        'images into parts, or take them from nearer, so that objects are larger in them',
    )
    small = {
        name: share for name, share in shares.items() if TINY_OBJECT <= share.median < SMALL_OBJECT
    }
    yield from some(
        'note',
        (f'{name}: {share}' for name, share in small.items()),
        f'{{n}} classes cover {TINY_OBJECT:.1%} to {SMALL_OBJECT:.0%} of an image in the median',
        'expect masks at the right place, but too large (docs/expectations.md)',
    )


def _classes_everywhere(scan: DatasetScan) -> Iterator[Finding]:
    total, counts = len(scan.split('train')), scan.counts('train')
    if len(counts) == 1 and total and {*counts.values()} == {total}:
        (name,) = counts
        yield Finding(
            'error',
            f'the only class, {name}, is in all {total} training images',
            with_help(
                'a classifier has nothing to tell it from: add images without it, in a folder '
                '_negative or with --negatives DIR, or a second class',
                'negatives',
            ),
        )
        return
    yield from some(
        'warning',
        (
            f'{name}: {count} of {total}'
            for name, count in counts.items()
            if total > 1 and count > EVERYWHERE * total
        ),
        '{n} classes are in nearly every training image',
        with_help(
            'a classifier has nothing to tell them from, and its map is arbitrary: add images that '
            + ('show none of them, with an empty label' if scan.background else 'do not show them'),
            'wrong thing',
        ),
    )


#: Each yields findings about what images show.
CONTENT_CHECKS: tuple[Check, ...] = (
    _near_copies,
    _never_apart,
    _small_objects,
    _classes_everywhere,
)
