"""The same images at several thresholds, so that a person can overrule the one that was chosen."""

import math
import os
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from ...cams import label_from_cam
from ...cams.auto_threshold import CUTS, MapStatistics
from ...formats.cam_file import CamFile
from ...utils.class_values import join_classes
from ...utils.text import per_cent
from ...visualization import Cell, draw_panel, overlay_label, save_figure
from ..exporting.cam_folder import CamFolder

#: Rows of the sheet, if each class has one.
MAX_IMAGES = 8
_MOST_CLASSES = 24
#: What labels in the columns cover, as a part of what those at the chosen threshold do. Maps of
#: small things are far too wide, so that a good cut may cover an eighth.
PARTS = {'covers twice': 2, 'chosen': 1, 'a half': 1 / 2, 'a quarter': 1 / 4, 'an eighth': 1 / 8}
_SIDE = 240  # long side of a picture, pixels
_POOL = 200  # images among which the rows are chosen; reading them takes a second


def write_threshold_sheet(
    path: str | os.PathLike, folder: CamFolder, image_ids: Sequence[str]
) -> None:
    """Write a contact sheet, a JPEG, of pseudo-labels of a few images at five thresholds.

    Raises:
        UserError: If an image or its maps are missing or damaged.
    """
    shown = choose_images(folder, image_ids)
    if shown:
        save_figure(draw_thresholds(folder, shown), path)


def draw_thresholds(folder: CamFolder, rows: Sequence[tuple[str, int]]) -> Figure:
    """Draw pseudo-labels: a row for each image, a column for each threshold of its class.

    A row is an image id and the id of the class whose map is shown.

    Raises:
        UserError: If an image or its maps are missing or damaged.
    """
    seen = MapStatistics()
    for image_id, _ in rows:
        seen.update(folder.read_cam(image_id))
    chosen = folder.record.map_threshold
    own = chosen if isinstance(chosen, Sequence) else [chosen or 0.0] * len(folder.classes)
    cells = [_cells(*folder.read(name), k, _cuts(own[k], seen.of_class(k))) for name, k in rows]
    names = [f'{image_id}\n{folder.classes[class_id]}' for image_id, class_id in rows]
    classes = list(dict.fromkeys(folder.classes[class_id] for _, class_id in rows))[:2]
    title = (
        'Below a picture: where the map of the class is cut, and how much of the image that covers.'
        '\nFor another threshold add, e.g., --threshold 0.6, or for some classes --threshold '
        + shlex.quote(join_classes(dict.fromkeys(classes, 0.6)))
    )
    return draw_panel(['image', *PARTS], cells, names, ['background', *folder.classes], title)


def _cuts(chosen: float, seen: MapStatistics) -> list[float]:
    """Return the thresholds of the columns: the chosen one, and where labels cover more or less."""
    covered = seen.coverage()
    now = np.interp(chosen, CUTS, covered)
    return [
        chosen if part == 1 else CUTS[int(np.abs(covered - part * now).argmin())]
        for part in PARTS.values()
    ]


def _cells(
    image: np.ndarray, cam_file: CamFile, class_id: int, cuts: Sequence[float]
) -> list[Cell]:
    """Return the image and the labels of a class, small."""
    factor = min(1.0, _SIDE / max(cam_file.size))
    height, width = (max(1, math.ceil(side * factor)) for side in cam_file.size)
    small = np.asarray(Image.fromarray(image).resize((width, height)))
    cam_file = replace(cam_file, size=(height, width))
    cells = [Cell(small)]
    for cut in cuts:
        label = label_from_cam(cam_file, cut)
        label = np.where(label == class_id + 1, label, 0).astype(np.uint8)
        caption = f'{cut:g}: {per_cent((label > 0).mean())} %'
        cells.append(Cell(overlay_label(small, label), caption))
    return cells


def choose_images(folder: CamFolder, image_ids: Sequence[str]) -> list[tuple[str, int]]:
    """Return a few images with a class, spread over the list, rare classes first.

    Each comes with the id of its class that was shown least before.
    """
    step = max(1, len(image_ids) // _POOL)
    classes = {one: folder.read_cam(one).class_ids.tolist() for one in image_ids[::step]}
    left = {image_id: ids for image_id, ids in classes.items() if ids}
    seen: Counter[int] = Counter()
    chosen: list[tuple[str, int]] = []
    rows = max(MAX_IMAGES, min(len(folder.classes), _MOST_CLASSES))
    while left and len(chosen) < rows:
        rarest = {name: min(ids, key=lambda one: seen[one]) for name, ids in left.items()}
        image_id = min(left, key=lambda one: seen[rarest[one]])
        del left[image_id]
        seen[rarest[image_id]] += 1
        chosen.append((image_id, rarest[image_id]))
    return sorted(chosen, key=lambda row: row[1])
