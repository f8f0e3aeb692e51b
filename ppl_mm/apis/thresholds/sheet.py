"""The same images at several thresholds, so that a person can overrule the one that was chosen."""

import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from ...cams import label_from_cam
from ...cams.auto_threshold import CUTS, MapStatistics
from ...formats.cam_file import CamFile
from ...visualization import Cell, draw_panel, overlay_label, save_figure
from ..exporting.cam_folder import CamFolder

#: Rows of the sheet.
MAX_IMAGES = 8
# What other labels cover, as a part of what those at the chosen threshold do. Maps of small things
# are far too wide, so that a good cut may cover an eighth.
_PARTS = (2, 1 / 2, 1 / 4, 1 / 8)
_SIDE = 240  # long side of a picture, pixels
_POOL = 200  # images among which the rows are chosen; reading them takes a second


def write_threshold_sheet(
    path: str | os.PathLike, folder: CamFolder, image_ids: Sequence[str], chosen: float
) -> None:
    """Write a contact sheet of pseudo-labels at up to five thresholds.

    Args:
        path: The JPEG.
        folder: Maps and images.
        image_ids: Images of which a few are shown, each class if possible.
        chosen: The threshold in use.

    Raises:
        UserError: If an image or its maps are missing or damaged.
    """
    shown = choose_images(folder, image_ids)
    if shown:
        save_figure(draw_thresholds(folder, shown, chosen), path)


def other_thresholds(chosen: float, seen: MapStatistics) -> list[float]:
    """Return thresholds at which labels cover more and less, ascending, with the chosen one.

    Args:
        chosen: The one in use, 0..1.
        seen: The maps that it cuts.
    """
    covered = seen.coverage()
    now = np.interp(chosen, CUTS, covered)
    others = {CUTS[int(np.abs(covered - part * now).argmin())] for part in _PARTS}
    return sorted({*others, chosen})


def draw_thresholds(folder: CamFolder, image_ids: Sequence[str], chosen: float) -> Figure:
    """Draw pseudo-labels: a row for each image, a column for each threshold.

    Args:
        folder: Maps and images.
        image_ids: The rows.
        chosen: The threshold that the title names.

    Raises:
        UserError: If an image or its maps are missing or damaged.
    """
    seen = MapStatistics()
    for image_id in image_ids:
        seen.update(folder.read_cam(image_id))
    cuts = other_thresholds(chosen, seen)
    titles = ['image', *(f'{cut:g}' + (' (chosen)' if cut == chosen else '') for cut in cuts)]
    rows = [_cells(*folder.read(image_id), cuts) for image_id in image_ids]
    title = (
        f'Thresholds: {chosen:g} was chosen. For another one add, e.g., --threshold {cuts[-1]:g}'
    )
    return draw_panel(titles, rows, image_ids, ['background', *folder.classes], title)


def _cells(image: np.ndarray, cam_file: CamFile, cuts: Iterable[float]) -> list[Cell]:
    """Return the image and its labels, small."""
    factor = min(1.0, _SIDE / max(cam_file.size))
    height, width = (max(1, math.ceil(side * factor)) for side in cam_file.size)
    small = np.asarray(Image.fromarray(image).resize((width, height)))
    cam_file = replace(cam_file, size=(height, width))
    labels = [label_from_cam(cam_file, cut) for cut in cuts]
    share = [f'{100 * (label > 0).mean():.0f} %' for label in labels]
    pictures = [Cell(overlay_label(small, label)) for label in labels]
    return [
        Cell(small),
        *(replace(cell, caption=text) for cell, text in zip(pictures, share, strict=True)),
    ]


def choose_images(folder: CamFolder, image_ids: Sequence[str]) -> list[str]:
    """Return a few images with a class, spread over the list, rare classes first.

    Args:
        folder: Their maps.
        image_ids: Those to choose from.
    """
    step = max(1, len(image_ids) // _POOL)
    classes = {one: folder.read_cam(one).class_ids.tolist() for one in image_ids[::step]}
    left = {image_id: ids for image_id, ids in classes.items() if ids}
    seen: Counter[int] = Counter()
    chosen: list[str] = []
    while left and len(chosen) < MAX_IMAGES:
        image_id = min(left, key=lambda one: min(seen[class_id] for class_id in left[one]))
        seen.update(left.pop(image_id))
        chosen.append(image_id)
    return chosen
