"""Labels that nothing could be learned from, shown to a person."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ...errors import UserError
from ...formats.export_folder import ExportFolder
from ...formats.mask_file import read_mask
from ...formats.pseudo_label_summary import LabelSummary
from ...utils.processes.distributed import on_main_process
from ...visualization import Cell, draw_panel, overlay_label, save_figure
from ..exporting.cam_folder import CamFolder
from ..thresholds.sheet import choose_images

#: Beside the record of a refinement whose labels were refused.
REFUSED_SHEET = 'refused.jpg'
_SIDE = 240  # long side of a picture, pixels


def refuse_useless(
    labels: LabelSummary, source: CamFolder, folder: ExportFolder, image_ids: Sequence[str]
) -> None:
    """Refuse labels that cover implausibly much, or nearly nothing, and show some of them.

    The folder of the labels gets :data:`REFUSED_SHEET`.

    Raises:
        UserError: If the labels are refused.
    """
    reason = labels.refusal()
    sheet = folder.root / REFUSED_SHEET
    if reason is None:
        on_main_process(lambda: sheet.unlink(missing_ok=True))
        return
    shown = [image_id for image_id, _ in choose_images(source, image_ids)]

    def draw() -> None:
        """Write the sheet: each shown image beside its pseudo-label."""
        rows = [_cells(source, folder, image_id) for image_id in shown]
        names = source.record.label_names
        save_figure(draw_panel(['image', 'label'], rows, shown, names), sheet)

    if shown:
        on_main_process(draw)
    raise UserError(f'{folder.root}: nothing is trained on these labels ({sheet}): {reason}')


def _cells(source: CamFolder, folder: ExportFolder, image_id: str) -> list[Cell]:
    """Return the image and its label, small."""
    image, _ = source.read(image_id)
    picture, label = Image.fromarray(image), Image.fromarray(read_mask(folder.label_path(image_id)))
    picture.thumbnail((_SIDE, _SIDE))
    small = np.asarray(label.resize(picture.size, Image.Resampling.NEAREST))
    image = np.asarray(picture)
    return [Cell(image), Cell(overlay_label(image, small))]
