"""What the records of all images say together."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..evaluation.summary import summarize
from ..formats.class_list import label_names
from ..formats.mask_file import IGNORE
from ..formats.pseudo_label_summary import LabelSummary, summarize_counts
from .source import GallerySource


def label_summary(source: GallerySource, records: Sequence[Mapping]) -> LabelSummary:
    """Return the counts over the pseudo-labels of a gallery."""
    found = {
        record['image']: record['pixels'][source.pseudo_label]
        for record in records
        if source.pseudo_label in record['pixels']
    }
    counts = np.zeros((len(found), IGNORE + 1), np.int64)  # (labels, values)
    for row, pixels in zip(counts, found.values(), strict=True):
        for value, number in pixels:
            row[value] = number
    classes, background = len(source.classes), source.background
    return summarize_counts(list(found), counts, classes, source.negatives, background)


def all_scores(source: GallerySource, records: Sequence[Mapping]) -> list[dict[str, Any]]:
    """Return the scores of each layer of labels on each set of images with ground truth.

    Returns:
        ``layer``, ``title``, ``split``, ``num_images`` and ``scores``, see :func:`.summarize`;
        nothing where there is no ground truth.
    """
    by_image = {record['image']: record for record in records}
    names, found = label_names(source.classes, source.background), []
    for split, ids in (source.measured or source.splits).items():
        own = [by_image[image] for image in ids if image in by_image]
        for layer in source.label_layers():
            total, number = _confusion(own, layer.key, len(source.classes))
            if number and total.any():
                entry = dict(layer=layer.key, title=layer.title, split=split, num_images=number)
                found.append(dict(entry, scores=summarize(total, names)))
    return found


def _confusion(records: Sequence[Mapping], layer: str, num_classes: int) -> tuple[np.ndarray, int]:
    """Return the confusion matrix of a layer, and over how many images it is."""
    total = np.zeros((num_classes + 1, num_classes + 2), np.int64)
    number = 0
    for record in records:
        cells = record['confusion'].get(layer)
        if cells is None:
            continue
        number += 1
        for truth, label, pixels in cells:
            total[truth, label] += pixels
    return total, number
