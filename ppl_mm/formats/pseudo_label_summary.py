"""What a set of pseudo-labels shows as a whole, and what is suspicious about it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..utils.text import first_few
from ..utils.troubleshooting import with_help
from .mask_file import IGNORE, read_mask

#: Share of the labels from which on it is suspicious that they show no class.
MOST_LABELS = 0.95
#: Mean share of an image, over the labels that show a class, from which on
#: they cover too much; the objects of VOC cover a quarter.
MOST_OF_AN_IMAGE = 0.5
#: Share of one image that counts as nearly everything.
NEARLY_ALL = 0.9


@dataclass(frozen=True)
class LabelSummary:
    """Counts over pseudo-labels, one per image.

    Pixels with the value "ignore" count neither as a class nor as background.

    Args:
        num_labels: How many labels, without those of ``negatives``.
        background: Labels without a pixel of any class, those of ``negatives`` apart.
        void: Labels with nothing but "ignore".
        covered: Mean share of an image that has a class, 0..1, over the labels that show one; 0
            where there is none, None where every pixel belongs to a class.
        nearly_all: Labels in which classes cover more than :data:`NEARLY_ALL` of the image.
        images_per_class: Labels that show a class, by class id.
        negatives: Labels of images that show none of the classes, which are rightly background.
            Only looked for where most labels are.
        unread: Labels that were left out to save time.
    """

    num_labels: int
    background: int
    void: int
    covered: float | None
    nearly_all: int
    images_per_class: list[int] = field(default_factory=list)
    negatives: int = 0
    unread: int = 0

    def warnings(self, classes: Sequence[str]) -> list[str]:
        """Return a line for each thing that is suspicious, with the page that helps.

        Args:
            classes: Foreground classes.
        """
        total, lines = self.num_labels, list(self._useless())
        if self.void:
            lines.append(
                with_help(
                    f'{self.void} of {total} pseudo-labels are all void (255), so nothing is '
                    'learned from them; let the label rule ignore less',
                    'black',
                )
            )
        missing = [
            name for name, count in zip(classes, self.images_per_class, strict=True) if not count
        ]
        if missing and not self.unread and self.background + self.void < total:
            lines.append(
                with_help(
                    f'no pseudo-label shows {first_few(missing)} ({len(missing)} of '
                    f'{len(classes)} classes), which cannot be learned; lower the threshold, or '
                    'check the image-level labels',
                    'nowhere',
                )
            )
        return lines

    def refusal(self) -> str | None:
        """Return why nothing should be trained on the labels, with the page that helps.

        They cover implausibly much, or nearly nothing.
        """
        return next(self._useless(), None)

    def _useless(self) -> Iterator[str]:
        total = self.num_labels
        if total and self.background >= MOST_LABELS * total:
            yield with_help(
                f'{self.background} of {total} pseudo-labels are all background; '
                'lower the threshold, choose it by masks (--threshold-split), or train longer',
                'black',
            )
        if self.covered is not None and self.covered > MOST_OF_AN_IMAGE:
            yield with_help(
                f'pseudo-labels cover {100 * self.covered:.0f} % of an image on average, and more '
                f'than {100 * NEARLY_ALL:.0f} % of {self.nearly_all} of {total} images; raise '
                'the threshold, e.g. to 0.5, or choose it by masks (--threshold-split)',
                'flooded',
            )


def summarize_labels(
    labels: Mapping[str, Path],
    num_classes: int,
    negatives: Callable[[], Collection[str]] = frozenset,
    most: int | None = None,
    background: bool = True,
) -> LabelSummary:
    """Return the counts over pseudo-labels, read with several threads.

    Args:
        labels: The label of each image by image id, see :func:`.mask_file.read_mask`.
        num_classes: Foreground classes.
        negatives: Returns the ids of the images that show none of the classes, such as
            :func:`.ground_truth.read_negatives`. Called only where most labels are background.
            Defaults to: there are none.
        most: Of more labels than this, read this many, evenly spread. Defaults to None: read all.
        background: False where every pixel belongs to a class. Defaults to True.
    """
    ids = list(labels)
    if most and len(ids) > most:
        ids = [ids[k * len(ids) // most] for k in range(most)]
    with ThreadPoolExecutor() as pool:
        # Pixels by value, (labels, 256): background, classes, .., "ignore".
        counts = np.array(list(pool.map(_count, [labels[name] for name in ids])), np.int64)
    pixels = counts.reshape(-1, IGNORE + 1)
    found = summarize_counts(ids, pixels, num_classes, negatives, background)
    return replace(found, unread=len(labels) - len(ids))


def summarize_counts(
    ids: Sequence[str],
    counts: np.ndarray,
    num_classes: int,
    negatives: Callable[[], Collection[str]] = frozenset,
    background: bool = True,
) -> LabelSummary:
    """Return the counts over pseudo-labels whose pixels have been counted.

    Args:
        ids: Their image ids.
        counts: Pixels of each value, int64 (labels, 256).
        num_classes: Foreground classes.
        negatives: See :func:`summarize_labels`.
        background: Likewise.
    """
    blank = counts[:, 0] == counts.sum(axis=1)
    rightly = np.zeros(len(ids), bool)
    if blank.sum() >= MOST_LABELS * len(ids) > 0:
        known = negatives()
        rightly = blank & np.array([name in known for name in ids])
    found = replace(_summarize(counts[~rightly], num_classes), negatives=int(rightly.sum()))
    return found if background else replace(found, covered=None)


def _summarize(counts: np.ndarray, num_classes: int) -> LabelSummary:
    """Return the summary of labels by their pixels of each value, shape (labels, 256)."""
    classes = counts[:, 1 : num_classes + 1]
    share = classes.sum(axis=1) / np.maximum(counts.sum(axis=1), 1)  # (labels,)
    void = counts[:, IGNORE] == counts.sum(axis=1)
    return LabelSummary(
        num_labels=len(counts),
        background=int(((share == 0) & ~void).sum()),
        void=int(void.sum()),
        covered=float(share[share > 0].mean()) if share.any() else 0.0,
        nearly_all=int((share > NEARLY_ALL).sum()),
        images_per_class=(classes > 0).sum(axis=0).tolist(),
    )


def _count(path: Path) -> np.ndarray:
    """Return how many pixels a label has of each value, shape (256,)."""
    return np.bincount(read_mask(path).reshape(-1), minlength=IGNORE + 1)
