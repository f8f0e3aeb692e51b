"""A validation split that takes of every class and leaves of every class."""

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ...errors import UserError
from .converter import OwnImage
from .settings import OwnDataSettings
from .sources import PhotoFinder, read_names

# Negatives are chosen like the images of a class; no class has this name.
_NO_CLASS = ''


def split_images(
    images: Sequence[OwnImage],
    classes: Sequence[str],
    settings: OwnDataSettings,
    val_photos: Collection[str] | None = None,
) -> dict[str, list[str]]:
    """Return the lists of a data set.

    Where there are masks, val is chosen among the images that have one and the negatives, which
    need none; where only some have, half of the masks stay in train, to choose a threshold on.

    Returns:
        Image ids of ``train`` and ``val``, of ``train_masks`` (train, with masks) and
        ``unlabelled``, if any.

    Raises:
        UserError: A class has no image, or none to train on.
    """
    labels = {image.image_id: image.labels for image in images if image.labels is not None}
    counts = Counter(name for names in labels.values() for name in names)
    for name in classes:
        if not counts[name]:
            raise UserError(
                f'{settings.photos}: class {name} has no photo of use; add some, or take it out of '
                'the labels or --classes'
            )
    masked = sorted(image.image_id for image in images if image.masked and image.labels is not None)
    if settings.val_list or val_photos is not None:
        val = named_val(images, settings, val_photos)
    else:
        candidates = _candidates(labels, masked, settings.seed)
        val = choose_val(labels, settings.val_share, settings.seed, candidates)
    splits = dict(
        train=[name for name in labels if name not in val],
        val=[name for name in labels if name in val],
        train_masks=[name for name in masked if name not in val],
        unlabelled=[image.image_id for image in images if image.labels is None],
    )
    _check_split(splits, labels, classes, settings)
    return {name: stems for name, stems in splits.items() if stems}


def _check_split(
    splits: Mapping[str, list[str]],
    labels: Mapping[str, Sequence[str]],
    classes: Sequence[str],
    settings: OwnDataSettings,
) -> None:
    left = {name for stem in splits['train'] for name in labels[stem]}
    gone = [name for name in classes if name not in left]
    if gone:
        raise UserError(
            f'{settings.photos}: class {gone[0]} is left without '
            'a photo to train on; add some, or change --val-list'
        )
    if not splits['val']:
        raise UserError(
            f'{settings.photos}: no photo is left to validate on, each class needs two; add some'
        )


def named_val(
    images: Sequence[OwnImage], settings: OwnDataSettings, val_photos: Collection[str] | None = None
) -> set[str]:
    """Return the ids of the labelled images that the user has named to validate on.

    Raises:
        UserError: The list is missing or empty, or a photo is missing.
    """
    if val_photos is None:
        if settings.val_list is None:
            return set()
        names = [source.name for image in images for source in image.sources]
        val_photos = read_names(settings.val_list, PhotoFinder(settings.photos, names))
    return {
        image.image_id
        for image in images
        if image.labels is not None and any(source.name in val_photos for source in image.sources)
    }


def _candidates(labels: Mapping[str, Sequence[str]], masked: list[str], seed: int) -> list[str]:
    """Return the images that may be validated on."""
    drawn = [name for name in masked if labels[name]]
    negatives = [name for name, names in labels.items() if not names]
    if not drawn or len(drawn) + len(negatives) == len(labels):
        return list(labels)
    random.Random(seed).shuffle(drawn)
    return drawn[: (len(drawn) + 1) // 2] + negatives


def choose_val(
    labels: Mapping[str, Collection[str]],
    share: float,
    seed: int,
    candidates: Collection[str] | None = None,
) -> set[str]:
    """Choose images to validate on, class by class, the rarest first.

    About ``share * n`` of a class's n images, at least one, are chosen where enough are
    candidates, and at least one is always left. The same holds for the images without a class.

    Args:
        labels: The classes of every image.
        share: In 0..1.
        seed: Random seed; the order of ``labels`` does not matter.
        candidates: The images that may be chosen. Defaults to None: all.

    Returns:
        Chosen images.
    """
    groups = {image: set(names) or {_NO_CLASS} for image, names in labels.items()}
    counts = Counter(name for names in groups.values() for name in names)
    quota = {name: min(max(round(share * count), 1), count - 1) for name, count in counts.items()}
    order = sorted(labels if candidates is None else candidates)
    random.Random(seed).shuffle(order)
    chosen: set[str] = set()
    taken: Counter[str] = Counter()
    for name in sorted(counts, key=lambda name: (counts[name], name)):
        for image in order:
            if taken[name] >= quota[name]:
                break
            names = groups[image]
            if (
                image in chosen
                or name not in names
                or any(taken[other] + 1 >= counts[other] for other in names)
            ):
                continue
            chosen.add(image)
            taken.update(names)
    return chosen
