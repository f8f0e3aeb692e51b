"""What is wrong with the lists, the labels and the classes of a data set."""

from collections import Counter
from collections.abc import Iterator

from ...formats.class_list import BACKGROUND, MOST_CLASSES, likely_typos
from ...utils.text import counted
from .finding import Check, Finding, error, note, some, warning
from .scan import DatasetScan

#: Below this many images a class is called tiny; a rule of thumb.
TINY_CLASS = 20
#: The most frequent class over the rarest from which it is worth a word.
IMBALANCE = 10


def _unread_parts(scan: DatasetScan) -> Iterator[Finding]:
    for line in scan.problems:
        what, _, advice = line.rpartition('; ')
        yield Finding('error', what or line, advice if what else 'docs/data.md shows the form')
    if not scan.classes:
        yield Finding(
            'error', 'no class is known', 'write classes.txt, background first, or --classes'
        )


def _unknown_classes(scan: DatasetScan) -> Iterator[Finding]:
    known = set(scan.classes)
    yield from error(
        (
            f'{image}: {name}'
            for image, names in scan.labels.items()
            for name in names
            if name not in known
        ),
        ('label is', 'labels are'),
        'of an unknown class',
        'correct the names, or add them to classes.txt',
    )


def _lists(scan: DatasetScan) -> Iterator[Finding]:
    if not scan.lists:
        yield Finding(
            'warning',
            'there are no lists in ImageSets/Segmentation, so there is nothing to validate on',
            'write train.txt and val.txt, or make the data set with own_data.py',
        )
    elif scan.options.val == 'val' and 'val' not in scan.lists:  # another one was asked for
        yield Finding(
            'warning',
            'there is no list val.txt in ImageSets/Segmentation: nothing to validate on',
            'write it, or name another list with --val',
        )
    used = {scan.train: 'error', scan.options.val: 'error'}
    for name, ids in scan.lists.items():
        yield from some(
            used.get(name, 'warning'),
            (image for image in ids if image not in scan.names),
            (f'image of {name}.txt is', f'images of {name}.txt are'),
            'not there',
            'add the files, or take the names out of the list',
        )
        if name in used:
            yield from error(
                (image for image in ids if image not in scan.labels),
                (f'image of {name}.txt has', f'images of {name}.txt have'),
                'no label',
                'label them, with an empty label where they show none of the classes, or take them '
                'out of the list',
            )


def _labels_without_images(scan: DatasetScan) -> Iterator[Finding]:
    used = set(scan.used())
    yield from warning(
        (image for image in scan.labels if image not in scan.names and image not in used),
        ('label is', 'labels are'),
        'of images that are not there',
        'add the images, or take the lines out',
    )
    if scan.lists:
        listed = {image for ids in scan.lists.values() for image in ids}
        yield from note(
            (image for image in scan.labels if image not in listed),
            ('labelled image is', 'labelled images are'),
            'in no list, so they are not used',
            'add them to train.txt',
        )


def _class_counts(scan: DatasetScan) -> Iterator[Finding]:
    train, val = scan.counts('train'), scan.counts('val')
    yield from warning(
        (name for name, count in train.items() if not count),
        ('class has', 'classes have'),
        'no training image',
        'add images, or take the classes out: they are never learned',
    )
    tiny = {name: count for name, count in train.items() if 0 < count < TINY_CLASS}
    yield from warning(
        (f'{name}: {count}' for name, count in tiny.items()),
        ('class has', 'classes have'),
        f'fewer than {TINY_CLASS} training images',
        'add images; few of them give maps of what they share by chance',
    )
    present = [count for count in train.values() if count]
    if present and max(present) >= IMBALANCE * min(present):
        yield Finding(
            'warning',
            f'the most frequent class has {max(present)} training '
            f'images, the rarest {min(present)}',
            'add images of the rare ones, or repeat them: '
            'ClassBalancedDataset, see docs/own_data.md',
        )
    if scan.split('val'):
        yield from warning(
            (name for name, count in val.items() if train[name] and not count),
            ('class is', 'classes are'),
            'not in val',
            'move an image or two of each there, or do not read val for them',
        )


def _typos(scan: DatasetScan) -> Iterator[Finding]:
    counts = Counter(
        name for names in scan.labels.values() for name in names if name in scan.classes
    )
    if len(counts) > MOST_CLASSES:  # every pair is compared
        return
    yield from warning(
        (
            f"'{name}' has {counted(counts[name], 'image')}, '{near}' {counts[near]}"
            for name, near in likely_typos(counts, counts).items()
        ),
        ('class may be another one', 'classes may be other ones'),
        'misspelt',
        'correct the labels, or leave them if they are right',
    )


def _negatives(scan: DatasetScan) -> Iterator[Finding]:
    shown = {
        name: [image for image in scan.split(name) if scan.labels.get(image) == ()]
        for name in ('train', 'val')
    }
    if not any(shown.values()):
        return
    if not scan.background:
        yield from error(
            (image for images in shown.values() for image in images),
            ('image shows', 'images show'),
            'none of the classes, and the data have no background',
            f"label them; or write '{BACKGROUND}' into the first line of classes.txt",
        )
        return
    bare = sum(image not in scan.masks for image in shown['val'])
    yield Finding(
        'note',
        f'{counted(len(shown["train"]), "image")} of train and {len(shown["val"])} of val show '
        'none of the classes',
        f'they are trained on as such; {bare} of val have no mask and are measured as all '
        'background',
    )


def _guessed_classes(scan: DatasetScan) -> Iterator[Finding]:
    if scan.guessed and scan.classes:
        yield Finding(
            'note',
            'there is no classes.txt, so the order of the '
            'classes is a guess: ' + ', '.join(scan.classes),
            'write classes.txt, or give --classes',
        )


#: Each yields findings about lists, labels and classes.
LABEL_CHECKS: tuple[Check, ...] = (
    _unread_parts,
    _unknown_classes,
    _lists,
    _labels_without_images,
    _class_counts,
    _typos,
    _negatives,
    _guessed_classes,
)
