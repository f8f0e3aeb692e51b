"""How strong maps are where the class is not: what negatives know about thresholds."""

from collections.abc import Iterable

import numpy as np

from ...errors import UserError
from ...formats.cam_file import CamFile

#: Share of the cells of negatives that a threshold may leave as a class.
FALSE_PAINT = 0.01
#: A map counts fully if :data:`FALSE_PAINT` of the negatives' cells are above this part of its
#: maximum.
_LEVEL = 0.3
_CELLS = 4096  # of one map, evenly spaced; all of them would not fit into memory


def full_scale(
    cams: Iterable[CamFile], num_classes: int, probabilities: bool = False
) -> list[float]:
    """Return for each class the maximum from which on a map counts fully.

    A map divided by its maximum looks the same whether the class is there or not. Where negatives
    show how strong maps of absent classes are, a map of the same strength is dimmed, so that a
    threshold paints about :data:`FALSE_PAINT` of a negative.

    Args:
        cams: The maps of negatives, of all classes.
        num_classes: How many classes there are.
        probabilities: Whether the maps are probabilities, which cannot exceed 1: then a map counts
            fully at 1 at the latest. Defaults to False.
    """
    values: list[list[np.ndarray]] = [[] for _ in range(num_classes)]
    for cam_file in cams:
        if cam_file.scale is None:
            raise UserError(
                'the maps of the negatives have no scale (an older version wrote them); delete '
                'the folder .negatives of the export, and run the command again'
            )
        maps = zip(cam_file.class_ids, cam_file.cam, cam_file.scale, strict=True)
        for class_id, cam, scale in maps:
            cells = cam.ravel()[:: max(1, cam.size // _CELLS)]
            values[class_id].append(cells.astype(np.float32) * scale)
    cut = [np.quantile(np.concatenate(one), 1 - FALSE_PAINT) for one in values]
    highest = 1 if probabilities else np.inf
    return [min(round(float(one) / _LEVEL, 6), highest) for one in cut]
