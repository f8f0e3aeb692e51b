"""How strong maps are where the class is not: what negatives know about thresholds."""

from collections.abc import Iterable

import numpy as np
from mmengine.dataset import BaseDataset

from ...errors import UserError
from ...formats.cam_file import CamFile
from ...utils.spread import spread

#: Share of the cells of negatives that a threshold may leave as a class.
FALSE_PAINT = 0.01
#: A map counts fully if :data:`FALSE_PAINT` of the negatives' cells are above this part of its
#: maximum.
_LEVEL = 0.3
#: Fewer negatives say nothing.
MIN_NEGATIVES = 10
#: More negatives change nothing, and each costs as much as an image to export.
MAX_NEGATIVES = 200
_CELLS = 4096  # of one map, evenly spaced; all of them would not fit into memory


def pick_negatives(dataset: BaseDataset) -> list[int]:
    """Return the positions of negatives, evenly spaced; none if there are too few.

    Args:
        dataset: With ``gt_label``, empty for a negative.
    """
    infos = map(dataset.get_data_info, range(len(dataset)))
    found = [k for k, info in enumerate(infos) if info.get('gt_label') == []]
    return spread(found, MAX_NEGATIVES) if len(found) >= MIN_NEGATIVES else []


def full_scale(cams: Iterable[CamFile], num_classes: int) -> list[float]:
    """Return for each class the maximum from which on a map counts fully.

    A map divided by its maximum looks the same whether the class is there or not. Where negatives
    show how strong maps of absent classes are, a map of the same strength is dimmed, so that a
    threshold paints about :data:`FALSE_PAINT` of a negative.

    Args:
        cams: Maps of all classes of negatives, with ``scale``.
        num_classes: Foreground classes.
    """
    values: list[list[np.ndarray]] = [[] for _ in range(num_classes)]
    for cam_file in cams:
        for class_id, cam, scale in zip(
            cam_file.class_ids, cam_file.cam, _scales(cam_file), strict=True
        ):
            cells = cam.ravel()[:: max(1, cam.size // _CELLS)]
            values[class_id].append(cells.astype(np.float32) * scale)
    cut = [np.quantile(np.concatenate(one), 1 - FALSE_PAINT) for one in values]
    return [round(float(one) / _LEVEL, 6) for one in cut]


def _scales(cam_file: CamFile) -> np.ndarray:
    if cam_file.scale is None:
        raise UserError(
            'the maps of the negatives have no scale (an older version wrote them); delete the '
            'folder .negatives of the export, and run the command again'
        )
    return cam_file.scale
