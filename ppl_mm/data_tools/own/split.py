"""A validation split that takes of every class and leaves of every class."""

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ...errors import UserError
from ..near_copies import near_copy_groups, unpacked_look
from .converter import OwnImage
from .settings import OwnDataSettings
from .sources import PhotoFinder, read_names

# What is said of near-copies.
_KEPT = 'near-copies of others, kept in one list'
_SPLIT = 'near-copies of others, shared out one by one: else none would be left for val'

#: Lists that share the labelled images out.
LABELLED = ('train', 'val', 'near_val')
#: Image ids that are in one list.
Group = tuple[str, ...]
# Negatives are chosen like the images of a class; no class has this name.
_NO_CLASS = ''


def split_images(
    images: Sequence[OwnImage],
    classes: Sequence[str],
    settings: OwnDataSettings,
    entries: Mapping[str, dict],
    val_photos: Collection[str] | None = None,
) -> dict[str, list[str]]:
    """Return the image ids of each list: train, val, train_masks, near_val and unlabelled, if any.

    Where there are masks, val is chosen among the images that have one and the negatives, which
    need none; where only some have, half of the masks stay in train, to choose a threshold on.
    Near-copies are chosen together; those of images of val that have no mask are in no list but
    ``near_val``. ``train_masks`` has those of train with a mask.

    Args:
        images: All.
        classes: Foreground classes.
        settings: ``val_list``, or ``val_share``, ``seed`` and ``split_near_copies``.
        entries: The journal, by image: ``look``, see :func:`.packed_look`.
        val_photos: Photos that the labels say to validate on. Defaults to None: they do not.

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
    val, bare = named_val(images, settings, val_photos), set[str]()
    if settings.val_list is None and val_photos is None:
        val = _drawn_val(labels, masked, settings, entries)
        if any(labels[name] for name in masked):
            bare = {name for name in val if labels[name]} - set(masked)
    splits = dict(
        train=[name for name in labels if name not in val],
        val=[name for name in labels if name in val - bare],
        train_masks=[name for name in masked if name not in val],
        near_val=[name for name in labels if name in bare],
        unlabelled=[image.image_id for image in images if image.labels is None],
    )
    _check_split(splits, labels, classes, settings)
    return {name: stems for name, stems in splits.items() if stems}


def _drawn_val(
    labels: Mapping[str, Sequence[str]],
    masked: list[str],
    settings: OwnDataSettings,
    entries: Mapping[str, dict],
) -> set[str]:
    """Return images to validate on: near-copies together, unless that leaves none."""

    def drawn(groups: Sequence[Group]) -> set[str]:
        """Return images drawn in groups, each in one split as a whole."""
        candidates = _candidates(labels, masked, settings.seed, groups)
        return choose_val(labels, settings.val_share, settings.seed, candidates)

    singles: list[Group] = [(name,) for name in labels]
    if settings.split_near_copies:
        return drawn(singles)
    near = near_copy_groups({name: unpacked_look(entries[name]['look']) for name in labels})
    val = drawn(near)
    copies = [name for group in near if len(group) > 1 for name in group]
    for name in copies:
        entries[name]['notes'].append(_KEPT if val else _SPLIT)
    return val or drawn(singles)


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


def _candidates(
    labels: Mapping[str, Sequence[str]], masked: list[str], seed: int, groups: Sequence[Group]
) -> list[Group]:
    """Return the groups of images that may be validated on."""
    groups = sorted(groups)
    shown = {name for name in masked if labels[name]}
    drawn = [group for group in groups if not shown.isdisjoint(group)]
    negatives = [group for group in groups if not any(labels[name] for name in group)]
    if not drawn or len(drawn) + len(negatives) == len(groups):
        return groups
    random.Random(seed).shuffle(drawn)
    return drawn[: (len(drawn) + 1) // 2] + negatives


def choose_val(
    labels: Mapping[str, Collection[str]], share: float, seed: int, groups: Collection[Group] = ()
) -> set[str]:
    """Return images to validate on, chosen class by class, the rarest first.

    About ``share * n`` of a class's n images, at least one, are chosen where enough are
    candidates, and at least one is always left. The same holds for the images without a class. A
    group is taken whole unless that leads further from that number; if none is, the smallest is.

    Args:
        labels: The classes of every image.
        share: In 0..1.
        seed: Random seed; the order of ``labels`` does not matter.
        groups: The images that may be chosen, those that stay together in one. Defaults to (): all,
            one by one.
    """
    classes = {image: set(names) or {_NO_CLASS} for image, names in labels.items()}
    counts = Counter(name for names in classes.values() for name in names)
    quota = {name: min(max(round(share * count), 1), count - 1) for name, count in counts.items()}
    order = sorted(groups or ((image,) for image in labels))
    random.Random(seed).shuffle(order)
    shown = {group: Counter(name for image in group for name in classes[image]) for group in order}
    chosen: set[str] = set()
    taken: Counter[str] = Counter()

    def take(group: Group, name: str, most: int) -> bool:
        """Choose a group if it shows the class in 1 to ``most`` images and leaves some of each."""
        found = shown[group]
        leaves_some = all(taken[other] + found[other] < counts[other] for other in found)
        fits = 0 < found[name] <= most and leaves_some and chosen.isdisjoint(group)
        if fits:
            chosen.update(group)
            taken.update(found)
        return fits

    for name in sorted(counts, key=lambda name: (counts[name], name)):
        for group in order:
            take(group, name, 2 * (quota[name] - taken[name]))
        if quota[name] and not taken[name]:
            for group in sorted(order, key=len):
                if take(group, name, counts[name]):
                    break
    return chosen
