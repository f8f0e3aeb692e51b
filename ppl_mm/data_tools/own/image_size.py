"""How large the presets see the images of a data set of one's own."""

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...cams.expected_area import parse_areas
from ...formats.data_record import BOX_SHARE, BOX_SHARE_OF_CLASS, read_data_record
from .presets import has_gpu
from .settings import AUTO_SIZE

#: The long side at which 200 steps of training take two CPU cores seven minutes.
USUAL = 384
#: The largest that was measured: better than 320 on each of five data sets.
BETTER = 448
#: For smaller objects than that shows; our choice, not measured.
LARGEST = 640
# Steps of training that the budget allows at the usual side.
_STEPS = 200
# Sides are multiples of it: the output stride of networks divides it.
_ALIGN = 32
# An object should fill two cells of stride 16 in each direction.
_OBJECT = 32


def size_facts(
    entries: Mapping[str, Mapping],
    train: Sequence[str],
    boxes: Mapping[str, float | None],
    labels: Mapping[str, Sequence[str] | None],
    expected_area: str = '',
) -> dict:
    """Return what the record of a data set says of the sizes of its images and objects.

    Args:
        entries: The journal, by image: ``size``, (width, height), and with a mask ``share``, the
            share of the pixels that are of a class.
        train: The images to train on.
        boxes: The share of each image with a class that boxes cover, None if not known. They are
            used if at least half of them are.
        labels: The classes of each image.
        expected_area: See :func:`.parse_areas`. Defaults to '': the masks say it, or the boxes.
    """
    seen = [entries[name] for name in train]
    sides = [max(entry['size']) for entry in seen if 'size' in entry]
    boxed = [boxes[name] for name in train if name in boxes]
    known = [share for share in boxed if share]
    known = known if 2 * len(known) >= len(boxed) else []
    shares: Sequence[float] = [entry['share'] for entry in seen if entry.get('share')] or known
    if expected_area:
        area, area_of = parse_areas(expected_area)
        shares = [share for one in (area, *area_of.values()) if one for share in one]
    return dict(
        median_long_side=round(statistics.median(sides)) if sides else None,
        object_share=statistics.median(shares) if shares else None,
        **({BOX_SHARE: statistics.mean(known)} if known else {}),
        **({BOX_SHARE_OF_CLASS: _of_classes(train, boxes, labels)} if known else {}),
    )


def _of_classes(
    train: Sequence[str],
    boxes: Mapping[str, float | None],
    labels: Mapping[str, Sequence[str] | None],
) -> dict[str, float]:
    """Return what boxes cover of images that show one class only, for classes that mostly do."""
    images: dict[str, list[float | None]] = {}
    for name in train:
        classes = labels[name] or ()
        for shown in classes:
            alone = boxes.get(name) if len(classes) == 1 else None
            images.setdefault(shown, []).append(alone)
    shares = {shown: [one for one in found if one] for shown, found in images.items()}
    return {
        shown: statistics.mean(known)
        for shown, known in shares.items()
        if known and 2 * len(known) >= len(images[shown])
    }


def read_side(root: str | Path, images: int) -> int:
    """Return the long side at which a data set's images are seen, for configs.

    It is what ``--image-size`` of ``own_data.py`` says; else see :func:`choose_side`.
    """
    record = read_data_record(root)
    given = record.get('image_size') or AUTO_SIZE
    if given != AUTO_SIZE:
        return int(given)
    median, share = record.get('median_long_side'), record.get('object_share')
    return choose_side(images, median, share, has_gpu())


def read_scale(root: str | Path) -> float:
    """Return how much larger than usual the presets standard and best see images, for configs.

    It is what ``--image-size`` of ``own_data.py`` says, beside the usual side; 1 for 'auto'.
    """
    given = read_data_record(root).get('image_size') or AUTO_SIZE
    return 1.0 if given == AUTO_SIZE else int(given) / USUAL


def choose_side(
    images: int, median: int | None, share: float | None = None, gpu: bool = False
) -> int:
    """Return the long side at which images are seen, a multiple of 32.

    Wanted are 448 pixels; more, up to 640, where objects would fill less than two cells of stride
    16. But not more than twice the images' own side, and on a CPU not more than a training of so
    many images can take in its time. At least 384.

    Args:
        images: How many are trained on.
        median: The median of their long sides; None if it is not known, so that 384 is returned.
        share: The part of an image that its objects cover; None if it is not known.
        gpu: Whether there is one.
    """
    if median is None:
        return USUAL
    wanted = max(BETTER, min(LARGEST, _OBJECT / math.sqrt(share))) if share else BETTER
    wanted = min(wanted, 2 * median)
    if not gpu:
        wanted = min(wanted, USUAL * math.sqrt(_STEPS / steps_of(images)))
    return max(USUAL, int(wanted) // _ALIGN * _ALIGN)


def steps_of(images: int) -> int:
    """Return the steps of 8 images that the classifier of the preset quick is trained."""
    return epochs_of(images) * math.ceil(images / 8)


def epochs_of(images: int) -> int:
    """Return its epochs: about 200 steps, between 3 and 20 epochs."""
    return min(20, max(3, round(8 * _STEPS / max(images, 1))))
