"""What dimming by negatives does: paint on new negatives, and mIoU.

Half of a set's negatives choose where a map counts fully, and the other half is painted. Maps of
negatives are of all classes, so exports are made with ``tta_model.classes=all``, and with
``export_negatives=None``, since the study dims them itself.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ppl_mm.apis.exporting.negative_maps import full_scale
from ppl_mm.formats.cam_file import CamFile

from .map_set import MapImage, MapSet
from .measure import Curves
from .report import markdown_table

#: A class is predicted from this probability on.
SCORES = (0.5, 0.2)


def measure(sets: Sequence[MapSet]) -> list[dict]:
    """Return paint in per cent and points of mIoU; sets without maps of negatives are left out."""
    return [_row(one) for one in sets if any(image.absent is not None for image in one.images)]


def _row(maps: MapSet) -> dict:
    negatives = [one for one in maps.images if one.absent is not None]
    choose, painted = negatives[::2], negatives[1::2]
    full, cut = _full_scale(choose, maps.num_classes), maps.auto.value
    nothing = np.zeros(maps.num_classes)
    paint = {
        f'{score:g}': [
            100 * float(np.mean([_painted(one, strength, score, cut) for one in painted]))
            for strength in (nothing, full)
        ]
        for score in SCORES
    }
    dimmed = _dimmed(maps, _full_scale(negatives, maps.num_classes))
    gain = Curves(dimmed).at(dimmed.auto.value) - Curves(maps).at(cut)
    return dict(set=maps.name, negatives=len(negatives), cut=cut, paint=paint, gain=gain)


def _full_scale(negatives: Sequence[MapImage], num_classes: int) -> np.ndarray:
    """Return the maximum from which on a map of each class counts fully, (C,)."""
    files = (
        CamFile(np.arange(num_classes), cam, one.mask.shape, scale=scale)
        for one in negatives
        for cam, scale in [_divided(one.absent)]
    )
    return np.array(full_scale(files, num_classes))


def _divided(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return maps (n, h, w) divided by their maxima, and these, (n,)."""
    scale = maps.max(axis=(1, 2))
    return maps / np.maximum(scale, 1e-6)[:, None, None], scale


def _strength(scale: np.ndarray, full: np.ndarray) -> np.ndarray:
    """Return what maps are dimmed by, (n, 1, 1), as :class:`ppl_mm.CAMTTAModel` dims them."""
    return np.where(full > 0, np.minimum(1, scale / np.maximum(full, 1e-9)), 1)[:, None, None]


def _painted(image: MapImage, full: np.ndarray, score: float, cut: float) -> float:
    """Return the share of a negative that its predicted classes paint."""
    predicted = image.score >= score
    if not predicted.any():
        return 0.0
    cam, scale = _divided(image.absent[predicted])
    return float(((cam * _strength(scale, full[predicted])).max(axis=0) > cut).mean())


def _dimmed(maps: MapSet, full: np.ndarray) -> MapSet:
    images = [
        replace(one, cam=one.cam * _strength(one.scale, full[one.class_ids]))
        if len(one.class_ids)
        else one
        for one in maps.images
    ]
    return replace(maps, images=images)


def table(found: Sequence[dict]) -> str:
    """Return a line for each set: paint at both probabilities, without and with dimming."""
    rows = []
    for one in found:
        paint = [' / '.join(f'{pair[k]:.1f}' for pair in one['paint'].values()) for k in (0, 1)]
        rows.append([one['set'], one['negatives'], *paint, one['gain']])
    heads = ['negatives', 'not dimmed, %', 'dimmed, %', 'points of mIoU gained']
    return markdown_table(['maps', *heads], rows)
