"""What is suspicious about an image, and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..formats.mask_file import IGNORE
from ..formats.pseudo_label_summary import NEARLY_ALL
from ..utils.troubleshooting import with_help
from .source import PREDICTION, GallerySource

#: Below this share of agreement, two labels of an image are worth a look.
LITTLE_AGREEMENT = 0.3


@dataclass(frozen=True)
class Finding:
    """A kind of thing that looks wrong.

    Args:
        key: Its name in addresses.
        title: Its name in menus.
        text: What follows "n images" in a sentence.
        one: What follows "1 image".
        advice: What to do.
        threshold: 'raise' or 'lower' where another threshold would change it.
    """

    key: str
    title: str
    text: str
    one: str
    advice: str
    threshold: str = ''


#: In the order in which they are shown.
FINDINGS = (
    Finding(
        'flooded',
        'flooded',
        f'have pseudo-labels that cover more than {100 * NEARLY_ALL:.0f} % of the image',
        f'has a pseudo-label that covers more than {100 * NEARLY_ALL:.0f} % of the image',
        with_help('Raise the threshold, and make the labels again', 'flooded'),
        'raise',
    ),
    Finding(
        'network_flooded',
        'network floods',
        f'are predicted to show classes on more than {100 * NEARLY_ALL:.0f} % of the image',
        f'is predicted to show classes on more than {100 * NEARLY_ALL:.0f} % of the image',
        with_help(
            'If its pseudo-labels are too large, too, raise the threshold; else train longer',
            'flooded',
        ),
    ),
    Finding(
        'empty',
        'all background',
        'show a class by their image-level label, but not in their pseudo-label',
        'shows a class by its image-level label, but not in its pseudo-label',
        with_help('Lower the threshold, or train longer', 'black'),
        'lower',
    ),
    Finding(
        'missing_class',
        'a class is missing',
        'show some of the classes of their image-level label, but not all, in their pseudo-label',
        'shows some of the classes of its image-level label, but not all, in its pseudo-label',
        with_help(
            'Look whether the class is there; if so, lower the threshold or add images of it',
            'nowhere',
        ),
    ),
    Finding(
        'other_class',
        'an unexpected class',
        'are predicted to show a class that their image-level label does not name',
        'is predicted to show a class that its image-level label does not name',
        'Look whether the label lacks the class, or the network is wrong.',
    ),
    Finding(
        'refined_away',
        'changed by refinement',
        f'agree with their unrefined label on less than {100 * LITTLE_AGREEMENT:.0f} % '
        'of the foreground',
        f'agrees with its unrefined label on less than {100 * LITTLE_AGREEMENT:.0f} % '
        'of the foreground',
        'Look at both; refinement with its own threshold may cut too much or too little.',
    ),
    Finding(
        'network_differs',
        'network disagrees',
        f'are predicted with less than {100 * LITTLE_AGREEMENT:.0f} % of the foreground '
        'like their pseudo-label',
        f'is predicted with less than {100 * LITTLE_AGREEMENT:.0f} % of the foreground like its '
        'pseudo-label',
        'Look which of the two is right: good networks correct bad labels.',
    ),
    Finding(
        'void',
        'all void',
        'have pseudo-labels of nothing but void (255), so nothing is learned from them',
        'has a pseudo-label of nothing but void (255), so nothing is learned from it',
        with_help('Let the label rule ignore less', 'black'),
    ),
    Finding(
        'no_label',
        'no pseudo-label',
        'of the training images have no pseudo-label',
        'of the training images has no pseudo-label',
        'Run the export, or the refinement, again: it continues.',
    ),
    Finding(
        'problem',
        'file problems',
        'have files that are missing, damaged or do not fit each other',
        'has files that are missing, damaged or do not fit each other',
        'Open one to read what is wrong.',
    ),
)


def covered(record: Mapping, layer: str) -> dict[int, float] | None:
    """Return the share of an image by class id, None where it lacks the label."""
    pixels = record['pixels'].get(layer)
    if pixels is None:
        return None
    total = sum(number for _, number in pixels)
    return {value - 1: number / total for value, number in pixels if 0 < value < IGNORE}


def find_in(
    record: Mapping, source: GallerySource, labels: Sequence[int] | None, trained: bool
) -> list[str]:
    """Return the keys of what is suspicious about an image."""
    own, predicted = (covered(record, key) for key in (source.pseudo_label, PREDICTION))
    agreement, expected = record['agreement'], set(labels or ())
    found = dict(problem=bool(record['problems']), no_label=trained and own is None)
    if own is not None:
        void = [value for value, _ in record['pixels'][source.pseudo_label]] == [IGNORE]
        found['void'] = void
        found['flooded'] = source.background and sum(own.values()) > NEARLY_ALL
        found['empty'] = bool(expected) and not own and not void
        found['missing_class'] = bool(own) and bool(expected - set(own))
    if predicted is not None and source.pseudo_label != PREDICTION:
        found['network_flooded'] = source.background and sum(predicted.values()) > NEARLY_ALL
        found['other_class'] = labels is not None and bool(set(predicted) - expected)
    for key, name in ((source.raw_label, 'refined_away'), (PREDICTION, 'network_differs')):
        share = agreement.get(key)
        found[name] = share is not None and share < LITTLE_AGREEMENT
    return [one.key for one in FINDINGS if found.get(one.key)]
