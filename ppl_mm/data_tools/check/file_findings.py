"""What is wrong with the images and masks of a data set."""

from collections import Counter
from collections.abc import Iterator

from ...formats.found_files import HIDDEN
from ...formats.images.checks import MAX_RATIO, MIN_SIDE, fits
from ...formats.images.photo import NO_VALUES
from ...formats.images.stored_values import VALUES_FILE
from ...formats.mask_file import IGNORE
from ...utils.text import counted
from .finding import Check, Finding, error, note, some, warning
from .scan import DatasetScan, other_files

#: Sides in pixels between which images are usual.
SMALL, LARGE = 64, 2500


def _unread_files(scan: DatasetScan) -> Iterator[Finding]:
    for what, facts in (('image', scan.images), ('mask', scan.masks)):
        yield from error(
            (fact.problem for fact in facts.values() if fact.problem),
            (what, f'{what}s'),
            'cannot be read',
            'put back whole files, or take them out of the lists',
        )


def _mask_values(scan: DatasetScan) -> Iterator[Finding]:
    known = {*range(0 if scan.background else 1, len(scan.classes) + 1), IGNORE}
    unknown = {image: sorted(set(mask.pixels) - known) for image, mask in scan.masks.items()}
    yield from error(
        (f'{image}: {", ".join(map(str, values))}' for image, values in unknown.items() if values),
        ('mask holds', 'masks hold'),
        'values that are not class ids',
        f'masks are {"0 background, " if scan.background else ""}1 the first class, 255 void: '
        'translate them with own_data.py --mask-values',
    )


def _mask_sizes(scan: DatasetScan) -> Iterator[Finding]:
    bad = []
    for image, mask in scan.masks.items():
        own = scan.images.get(image)
        if own and not own.problem and not mask.problem and (mask.size != own.size):
            bad.append('{}: mask {} x {}, image {} x {}'.format(image, *mask.size, *own.size))
    yield from error(
        bad,
        ('mask has', 'masks have'),
        'another size than the image',
        'make both equal; photos count as upright, as EXIF turns them',
    )


def _masks_and_labels(scan: DatasetScan) -> Iterator[Finding]:
    without, beyond = [], []
    for image, mask in scan.masks.items():
        if mask.problem or image not in scan.labels:
            continue
        drawn = {scan.classes[value - 1] for value in mask.pixels if 0 < value <= len(scan.classes)}
        labelled = set(scan.labels[image])
        without += [f'{image}: {name}' for name in sorted(map(str, labelled - drawn))]
        beyond += [f'{image}: {name}' for name in sorted(drawn - labelled)]
    yield from warning(
        beyond,
        ('class of masks is', 'classes of masks are'),
        'not among the labels',
        'the image has the object and training says that it has not: add the '
        'labels, or correct the masks',
    )
    yield from warning(
        without,
        ('label has', 'labels have'),
        'no pixel in the mask',
        'look at some: a wrong label, an object drawn as void, or a mask '
        'whose values are of other classes',
    )


def _leaks(scan: DatasetScan) -> Iterator[Finding]:
    train, val = scan.split('train'), set(scan.split('val'))
    advice = 'take them out of one list: what is measured on val would be too good'
    yield from warning(
        (image for image in train if image in val),
        ('image is', 'images are'),
        'both in train and in val',
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
    yield from warning(
        leaked, ('image of val is a copy', 'images of val are copies'), 'of training images', advice
    )
    yield from note(
        twice,
        ('image is a copy', 'images are copies'),
        'of another',
        'harmless unless their labels differ',
    )


def _sizes(scan: DatasetScan) -> Iterator[Finding]:
    sizes = scan.sizes()
    yield from error(
        ('{}: {} x {}'.format(image, *size) for image, size in sizes.items() if not fits(size)),
        ('image is', 'images are'),
        'too small or too thin',
        f'each side must have at least {MIN_SIDE} pixels, and the long one at most {MAX_RATIO} '
        'times the short one: take them out of the lists',
    )
    sizes = {image: size for image, size in sizes.items() if fits(size)}
    yield from warning(
        ('{}: {} x {}'.format(image, *size) for image, size in sizes.items() if min(size) < SMALL),
        ('image has', 'images have'),
        f'a side below {SMALL} pixels',
        'a map has one cell for 8 to 16 pixels: give larger images',
    )
    yield from warning(
        ('{}: {} x {}'.format(image, *size) for image, size in sizes.items() if max(size) > LARGE),
        ('image has', 'images have'),
        f'a side above {LARGE} pixels',
        'export and refinement of them are slow and need memory: shrink them with own_data.py',
    )


def _unusual_images(scan: DatasetScan) -> Iterator[Finding]:
    kinds = Counter(change for facts in scan.images.values() for change in facts.changes)
    turned = kinds.pop('turned upright', 0)
    if turned:
        yield Finding(
            'note',
            f'{counted(turned, "image is", "images are")} turned by EXIF',
            'training turns them; masks must be upright',
        )
    yield from _deep_images(scan, kinds.pop('16 bits to 8', 0))
    yield from _bands(scan, kinds.pop(NO_VALUES, 0))
    for kind, count in kinds.items():
        yield Finding(
            'warning',
            counted(
                count, 'image is not a plain 8-bit picture', 'images are not plain 8-bit pictures'
            )
            + f' ({kind})',
            'training may see them otherwise than you do: convert them with own_data.py',
        )


def _deep_images(scan: DatasetScan, count: int) -> Iterator[Finding]:
    whites = [facts.used_white for facts in scan.images.values() if facts.used_white]
    if not count or not whites:
        return
    text = counted(count, 'image has', 'images have')
    text += f' 16 bits, of which 0 to {scan.white_level} become 0 to 255'
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


def _bands(scan: DatasetScan, incomplete: int) -> Iterator[Finding]:
    bands = scan.bands
    if bands is None:
        return
    yield Finding(
        'note',
        f'images have {bands.count} bands, of which {bands.low:g} to {bands.high:g} become 0 to '
        f'255; bands {", ".join(map(str, bands.rgb_bands))} are shown as red, green, blue',
        f'{VALUES_FILE} in the folder of the data set says so',
    )
    if incomplete:
        yield Finding(
            'note',
            f'{counted(incomplete, "image has", "images have")} pixels without a value (NaN)',
            'they count as the mean of their band; no mask is expected there',
        )


def _unused_files(scan: DatasetScan) -> Iterator[Finding]:
    for kind in Counter(scan.skipped.values()):
        yield from some(
            'note' if kind == HIDDEN else 'warning',
            (name for name, own in scan.skipped.items() if own == kind),
            ('entry', 'entries'),
            f'of {scan.options.image_dir} not used: {kind}',
            'move them away, or convert them with own_data.py',
        )
    yield from warning(
        other_files(scan.names),
        ('picture is', 'pictures are'),
        'neither .jpg, .png nor .tif, so training does not find them',
        'convert them with own_data.py',
    )
    yield from warning(
        (image for image, names in scan.names.items() if len(names) > 1),
        ('name belongs', 'names belong'),
        'to two files, of which one is used',
        'rename one: a.jpg and a.png are the same image here',
    )


def _missing_masks(scan: DatasetScan) -> Iterator[Finding]:
    used = scan.used()
    masked = sum(image in scan.masks for image in used)
    val = scan.split('val')
    unmasked = [image for image in val if image not in scan.masks and scan.labels.get(image)]
    if not masked:
        yield Finding(
            'note',
            'there are no masks',
            'training needs none: the maps choose the threshold; without masks there is no mIoU',
        )
    elif unmasked:
        yield from warning(
            unmasked,
            ('image of val has', 'images of val have'),
            'no mask',
            'add masks, or measure on a list of images that have one',
        )


#: Each yields findings about images and masks.
FILE_CHECKS: tuple[Check, ...] = (
    _unread_files,
    _mask_values,
    _mask_sizes,
    _masks_and_labels,
    _leaks,
    _sizes,
    _unusual_images,
    _unused_files,
    _missing_masks,
)
