"""A validation split that takes of every class and leaves of every class."""

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ...errors import UserError
from .converter import OwnImage
from .settings import OwnDataSettings
from .sources import PhotoFinder, read_names


def split_images(
    images: Sequence[OwnImage], classes: Sequence[str], settings: OwnDataSettings
) -> dict[str, list[str]]:
    """The lists of a data set.

    Where there are masks, val is chosen among the images that have one; where
    only some have, half of these stay in train, to choose a threshold on.

    Args:
        images (Sequence[OwnImage]): All.
        classes (Sequence[str]): Foreground classes.
        settings (OwnDataSettings): ``val_list``, or ``val_share`` and
            ``seed``.

    Returns:
        dict[str, list[str]]: Image ids of ``train`` and ``val``, of
        ``train_masks`` (train, with masks) and ``unlabelled``, if any.

    Raises:
        UserError: A class has no image, or none to train on.
    """
    labels = {image.image_id: image.labels for image in images if image.labels}
    counts = Counter(name for names in labels.values() for name in names)
    for name in classes:
        if not counts[name]:
            raise UserError(
                f'{settings.photos}: class {name} has no photo of '
                'use; add some, or take it out of the labels or '
                '--classes'
            )
    masked = sorted(image.image_id for image in images if image.mask and image.labels)
    if settings.val_list:
        val = named_val(images, settings)
    else:
        candidates = _candidates(labels, masked, settings.seed)
        val = choose_val(labels, settings.val_share, settings.seed, candidates)
    splits = dict(
        train=[name for name in labels if name not in val],
        val=[name for name in labels if name in val],
        train_masks=[name for name in masked if name not in val],
        unlabelled=[image.image_id for image in images if not image.labels],
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


def named_val(images: Sequence[OwnImage], settings: OwnDataSettings) -> set[str]:
    """The labelled images that the list of those to validate on names.

    Args:
        images (Sequence[OwnImage]): All of use.
        settings (OwnDataSettings): ``photos`` and ``val_list``.

    Returns:
        set[str]: Image ids.

    Raises:
        UserError: The list is missing or empty, or a photo is not there.
    """
    names = [source.name for image in images for source in image.sources]
    wanted = read_names(settings.val_list, PhotoFinder(settings.photos, names))
    return {
        image.image_id
        for image in images
        if image.labels and any(source.name in wanted for source in image.sources)
    }


def _candidates(labels: Mapping[str, Sequence[str]], masked: list[str], seed: int) -> list[str]:
    """The images that may be validated on."""
    if not masked or len(masked) == len(labels):
        return list(labels)
    masked = list(masked)
    random.Random(seed).shuffle(masked)
    return masked[: (len(masked) + 1) // 2]


def choose_val(
    labels: Mapping[str, Collection[str]],
    share: float,
    seed: int,
    candidates: Collection[str] | None = None,
) -> set[str]:
    """Choose images to validate on, class by class, the rarest first.

    Of a class with n images about ``share * n``, one at least, are chosen
    where enough are candidates, and one at least is always left.

    Args:
        labels (Mapping): The classes of every image, at least one each.
        share (float): In 0..1.
        seed (int): Of the choice; the order of ``labels`` does not matter.
        candidates (Collection, optional): The images that may be chosen.
            Defaults to None: all.

    Returns:
        set[str]: Chosen images.
    """
    counts = Counter(name for names in labels.values() for name in set(names))
    quota = {name: min(max(round(share * count), 1), count - 1) for name, count in counts.items()}
    order = sorted(labels if candidates is None else candidates)
    random.Random(seed).shuffle(order)
    chosen, taken = set(), Counter()
    for name in sorted(counts, key=lambda name: (counts[name], name)):
        for image in order:
            if taken[name] >= quota[name]:
                break
            names = set(labels[image])
            if (
                image in chosen
                or name not in names
                or any(taken[other] + 1 >= counts[other] for other in names)
            ):
                continue
            chosen.add(image)
            taken.update(names)
    return chosen
