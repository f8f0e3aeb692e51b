"""What is wrong with a data set, how bad it is, and the way out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...formats.bit_depth import VALUES_FILE
from ...formats.class_list import likely_typos
from ...formats.found_files import HIDDEN
from ...formats.image_checks import MAX_RATIO, MIN_SIDE, fits
from ...formats.mask_file import IGNORE
from .scan import DatasetScan, other_files

#: What findings are, the worst first.
LEVELS = ('error', 'warning', 'note')
#: Below this many images a class is called tiny; a rule of thumb.
TINY_CLASS = 20
#: The most frequent class over the rarest from which it is worth a word.
IMBALANCE = 10
#: Sides in pixels between which images are usual.
SMALL, LARGE = 64, 2500
# The part of training images from which a class has nothing to differ from.
_EVERYWHERE = 0.95


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or worth to know.

    Args:
        level: 'error', which stops training or measuring; 'warning';
            'note'.
        text: What it is, with the number of cases.
        advice: The way out.
        items: The cases. Defaults to ().
    """

    level: str
    text: str
    advice: str
    items: tuple[str, ...] = ()


def find_all(scan: DatasetScan) -> list[Finding]:
    """All findings, the worst first.

    Args:
        scan: The data set.

    Returns:
        list[Finding]: Errors, warnings, notes.
    """
    found = [
        finding
        for check in (
            _unread_parts,
            _unknown_classes,
            _lists,
            _labels_without_images,
            _unread_files,
            _mask_values,
            _mask_sizes,
            _masks_and_labels,
            _class_counts,
            _typos,
            _negatives,
            _classes_everywhere,
            _leaks,
            _sizes,
            _kinds,
            _rest,
        )
        for finding in check(scan)
    ]
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def _some(level: str, items: Iterable[str], text: str, advice: str) -> Iterator[Finding]:
    """One finding if there are cases; ``{n}`` in the text is how many."""
    items = tuple(items)
    if items:
        yield Finding(level, text.format(n=len(items)), advice, items)


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
    yield from _some(
        'error',
        (
            f'{image}: {name}'
            for image, names in scan.labels.items()
            for name in names
            if name not in known
        ),
        '{n} labels are of an unknown class',
        'correct the names, or add them to classes.txt',
    )


def _lists(scan: DatasetScan) -> Iterator[Finding]:
    if not scan.lists:
        yield Finding(
            'warning',
            'there are no lists in ImageSets/Segmentation, so there is nothing to validate on',
            'write train.txt and val.txt, or make the data set with own_data.py',
        )
    used = {scan.train: 'error', scan.options.val: 'error'}
    for name, ids in scan.lists.items():
        yield from _some(
            used.get(name, 'warning'),
            (image for image in ids if image not in scan.names),
            f'{name}.txt names {{n}} images that are not there',
            'add the files, or take the names out of the list',
        )
        if name in used:
            yield from _some(
                'error',
                (image for image in ids if image not in scan.labels),
                f'{name}.txt names {{n}} images without a label',
                'label them, with an empty label where they show none of the classes, or take them '
                'out of the list',
            )


def _labels_without_images(scan: DatasetScan) -> Iterator[Finding]:
    used = set(scan.used())
    yield from _some(
        'warning',
        (image for image in scan.labels if image not in scan.names and image not in used),
        '{n} labels are of images that are not there',
        'add the images, or take the lines out',
    )
    if scan.lists:
        listed = {image for ids in scan.lists.values() for image in ids}
        yield from _some(
            'note',
            (image for image in scan.labels if image not in listed),
            '{n} labelled images are in no list, so they are not used',
            'add them to train.txt',
        )


def _unread_files(scan: DatasetScan) -> Iterator[Finding]:
    for what, facts in (('images', scan.images), ('masks', scan.masks)):
        yield from _some(
            'error',
            (fact.problem for fact in facts.values() if fact.problem),
            f'{{n}} {what} cannot be read',
            'put back whole files, or take them out of the lists',
        )


def _mask_values(scan: DatasetScan) -> Iterator[Finding]:
    known = {*range(len(scan.classes) + 1), IGNORE}
    unknown = {image: sorted(set(mask.values) - known) for image, mask in scan.masks.items()}
    yield from _some(
        'error',
        (f'{image}: {", ".join(map(str, values))}' for image, values in unknown.items() if values),
        '{n} masks hold values that are not class ids',
        'masks are 0 background, 1 the first class, 255 void: translate them '
        'with own_data.py --mask-values',
    )


def _mask_sizes(scan: DatasetScan) -> Iterator[Finding]:
    bad = []
    for image, mask in scan.masks.items():
        own = scan.images.get(image)
        if own and not own.problem and not mask.problem and (mask.size != own.size):
            bad.append('{}: mask {} x {}, image {} x {}'.format(image, *mask.size, *own.size))
    yield from _some(
        'error',
        bad,
        '{n} masks have another size than their image',
        'make both equal; photos count as upright, as EXIF turns them',
    )


def _masks_and_labels(scan: DatasetScan) -> Iterator[Finding]:
    without, beyond = [], []
    for image, mask in scan.masks.items():
        if mask.problem or image not in scan.labels:
            continue
        drawn = {scan.classes[value - 1] for value in mask.values if 0 < value <= len(scan.classes)}
        labelled = set(scan.labels[image])
        without += [f'{image}: {name}' for name in sorted(map(str, labelled - drawn))]
        beyond += [f'{image}: {name}' for name in sorted(drawn - labelled)]
    yield from _some(
        'warning',
        beyond,
        '{n} classes of masks are not among the labels',
        'the image has the object and training says that it has not: add the '
        'labels, or correct the masks',
    )
    yield from _some(
        'warning',
        without,
        '{n} labels have no pixel in the mask',
        'look at some: a wrong label, an object drawn as void, or a mask '
        'whose values are of other classes',
    )


def _class_counts(scan: DatasetScan) -> Iterator[Finding]:
    train, val = scan.counts('train'), scan.counts('val')
    yield from _some(
        'warning',
        (name for name, count in train.items() if not count),
        '{n} classes have no training image',
        'add images, or take the classes out: they are never learned',
    )
    tiny = {name: count for name, count in train.items() if 0 < count < TINY_CLASS}
    yield from _some(
        'warning',
        (f'{name}: {count}' for name, count in tiny.items()),
        f'{{n}} classes have fewer than {TINY_CLASS} training images',
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
        yield from _some(
            'warning',
            (name for name, count in val.items() if train[name] and not count),
            '{n} classes are not in val',
            'move an image or two of each there, or do not read val for them',
        )


def _typos(scan: DatasetScan) -> Iterator[Finding]:
    counts = Counter(
        name for names in scan.labels.values() for name in names if name in scan.classes
    )
    if len(counts) > 254:  # more than masks can hold, and every pair is compared
        return
    yield from _some(
        'warning',
        (
            f"'{name}' has {counts[name]} images, '{near}' {counts[near]}"
            for name, near in likely_typos(counts, counts).items()
        ),
        '{n} classes may be other classes misspelt',
        'correct the labels, or leave them if they are right',
    )


def _negatives(scan: DatasetScan) -> Iterator[Finding]:
    shown = {
        name: [image for image in scan.split(name) if scan.labels.get(image) == ()]
        for name in ('train', 'val')
    }
    if not any(shown.values()):
        return
    bare = sum(image not in scan.masks for image in shown['val'])
    yield Finding(
        'note',
        f'{len(shown["train"])} training images and {len(shown["val"])} of val show none of the '
        'classes',
        f'they are trained on as such; {bare} of val have no mask and are measured as all '
        'background',
    )


def _classes_everywhere(scan: DatasetScan) -> Iterator[Finding]:
    total, counts = len(scan.split('train')), scan.counts('train')
    if len(counts) == 1 and total and {*counts.values()} == {total}:
        (name,) = counts
        yield Finding(
            'error',
            f'the only class, {name}, is in all {total} training images',
            'a classifier has nothing to tell it from: add images without it, in a folder '
            '_negative or with --negatives DIR, or a second class',
        )
        return
    yield from _some(
        'warning',
        (
            f'{name}: {count} of {total}'
            for name, count in counts.items()
            if total > 1 and count > _EVERYWHERE * total
        ),
        '{n} classes are in nearly every training image',
        'a classifier has nothing to tell them from, and its map is '
        'arbitrary: add images that show none of them, with an empty label',
    )


def _leaks(scan: DatasetScan) -> Iterator[Finding]:
    train, val = scan.split('train'), set(scan.split('val'))
    advice = 'take them out of one list: what is measured on val would be too good'
    yield from _some(
        'warning',
        (image for image in train if image in val),
        '{n} images are both in train and in val',
        advice,
    )
    first: dict[str, str] = {}
    twice: list[str] = []
    leaked: list[str] = []
    for image, facts in scan.images.items():
        other = first.setdefault(facts.digest or image, image)
        if other == image:
            continue
        pair = f'{other} = {image}'
        ((leaked if (other in val) != (image in val) else twice).append(pair))
    yield from _some('warning', leaked, '{n} images of val are copies of training images', advice)
    yield from _some(
        'note', twice, '{n} images are copies of another', 'harmless unless their labels differ'
    )


def _sizes(scan: DatasetScan) -> Iterator[Finding]:
    sizes = {image: facts.size for image, facts in scan.images.items() if not facts.problem}
    yield from _some(
        'error',
        ('{}: {} x {}'.format(image, *size) for image, size in sizes.items() if not fits(size)),
        '{n} images are too small or too thin',
        f'each side must have at least {MIN_SIDE} pixels, and the long one at most {MAX_RATIO} '
        'times the short one: take them out of the lists',
    )
    sizes = {image: size for image, size in sizes.items() if fits(size)}
    yield from _some(
        'warning',
        ('{}: {} x {}'.format(image, *size) for image, size in sizes.items() if min(size) < SMALL),
        f'{{n}} images have a side below {SMALL} pixels',
        'a map has one cell for 8 to 16 pixels: give larger images',
    )
    yield from _some(
        'warning',
        ('{}: {} x {}'.format(image, *size) for image, size in sizes.items() if max(size) > LARGE),
        f'{{n}} images have a side above {LARGE} pixels',
        'export and refinement of them are slow and need memory: shrink them with own_data.py',
    )


def _kinds(scan: DatasetScan) -> Iterator[Finding]:
    kinds = Counter(change for facts in scan.images.values() for change in facts.changes)
    turned = kinds.pop('turned upright', 0)
    if turned:
        yield Finding(
            'note',
            f'{turned} images are turned by EXIF',
            'training turns them; masks must be upright',
        )
    yield from _deep_images(scan, kinds.pop('16 bits to 8', 0))
    for kind, count in kinds.items():
        yield Finding(
            'warning',
            f'{count} images are not plain 8-bit pictures ({kind})',
            'training may see them otherwise than you do: convert them with own_data.py',
        )


def _deep_images(scan: DatasetScan, count: int) -> Iterator[Finding]:
    whites = [facts.used_white for facts in scan.images.values() if facts.used_white]
    if not count or not whites:
        return
    text = f'{count} images have 16 bits, of which 0 to {scan.white_level} become 0 to 255'
    if max(whites) == scan.white_level:
        yield Finding('note', text, f'{VALUES_FILE} in the folder of the data set says so')
        return
    yield Finding(
        'warning',
        f'{text}, but their values reach {max(whites)}',
        f'they look {"dark" if max(whites) < scan.white_level else "too bright"}: write '
        f'{{"white_level": {max(whites)}}} into {VALUES_FILE} in the folder of the data set, or '
        'convert them with own_data.py',
    )


def _rest(scan: DatasetScan) -> Iterator[Finding]:
    for kind, number in Counter(scan.skipped.values()).items():
        yield from _some(
            'note' if kind == HIDDEN else 'warning',
            (name for name, own in scan.skipped.items() if own == kind),
            f'{number} entries of {scan.options.image_dir} are not used: {kind}',
            'move them away, or convert them with own_data.py',
        )
    yield from _some(
        'warning',
        other_files(scan.names),
        '{n} pictures are neither .jpg nor .png, so training does not find them',
        'convert them with own_data.py',
    )
    yield from _some(
        'warning',
        (image for image, names in scan.names.items() if len(names) > 1),
        '{n} names belong to two files, of which one is used',
        'rename one: a.jpg and a.png are the same image here',
    )
    if scan.guessed and scan.classes:
        yield Finding(
            'note',
            'there is no classes.txt, so the order of the '
            'classes is a guess: ' + ', '.join(scan.classes),
            'write classes.txt, or give --classes',
        )
    used = scan.used()
    masked = sum(image in scan.masks for image in used)
    val = scan.split('val')
    unmasked = [image for image in val if image not in scan.masks and scan.labels.get(image)]
    if not masked:
        yield Finding(
            'note',
            'there are no masks',
            'training needs none; without them there is no mIoU and no threshold can be chosen',
        )
    elif unmasked:
        yield from _some(
            'warning',
            unmasked,
            '{n} images of val have no mask',
            'add masks, or measure on a list of images that have one',
        )
