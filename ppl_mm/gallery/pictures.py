"""The pictures of a pipeline's report."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..cams import foreground_score, label_from_cam
from ..errors import UserError
from ..evaluation import confusion_matrix, mean_scores
from ..formats.cam_file import CamFile, read_cam
from ..formats.export_folder import ExportFolder
from ..formats.export_record import Threshold
from ..formats.ground_truth import GroundTruth
from ..formats.image_folder import ImageFolder
from ..formats.images.image_file import read_image
from ..formats.mask_file import read_mask
from ..formats.voc_layout import VOCLayout
from ..visualization import (
    Cell,
    Curve,
    draw_curves,
    draw_panel,
    overlay_label,
    overlay_score,
    save_figure,
)
from .tables import ROLES, SEGMENTATION, columns, find, has_curves

_EACH = 2  # images of each kind
_RULE = (
    'Images of {split} by the IoU of their pseudo-label, the mean over the classes in the mask: '
    'the {n} best, the {n} in the middle, the {n} worst. Below each picture is its IoU; white '
    'lines are where the maps are cut.'
)
_RULE_WITHOUT_MASKS = (
    'Images of {split} at equal distances in its list. White lines are where the maps are cut.'
)


def draw_pictures(work_dir: Path, report: dict) -> dict:
    """Draw ``panel.png``, and ``curve.png`` where maps are cut and measured.

    Returns:
        ``rule``, how the images were chosen, and ``images``.
    """
    chosen = draw_images(work_dir, report, work_dir / 'panel.png')
    if not report['measurements']:
        rule = _RULE_WITHOUT_MASKS.format(split=report['splits']['train'])
        return dict(rule=rule, images=chosen)
    if has_curves(report):
        save_figure(_curves(report), work_dir / 'curve.png')
    split = find(report, SEGMENTATION, 'masked')['split']
    return dict(rule=_RULE.format(split=split, n=_EACH), images=chosen)


def draw_images(work_dir: Path, report: dict, path: Path, photos: bool = True) -> list[str]:
    """Draw the images whose pseudo-labels are best, in the middle and worst.

    Without masks they are images at equal distances in the list.

    Args:
        work_dir: The folder of a pipeline whose steps are done.
        report: Its results.
        path: The picture to write.
        photos: Whether the photographs are shown; without them masks, maps and labels are drawn on
            black. Defaults to True.

    Returns:
        Names of the images.
    """
    panel = _Panel(work_dir, report, photos)
    chosen = panel.choose()
    rows = [panel.row(image_id) for _, image_id in chosen]
    names = [f'{kind}\n{image_id}'.strip() for kind, image_id in chosen]
    titles = panel.titles()
    save_figure(draw_panel(titles, rows, names, report['classes']), path)
    return [image_id for _, image_id in chosen]


class _Panel:
    """Reads and draws what the panel shows of an image."""

    def __init__(self, work_dir: Path, report: dict, photos: bool) -> None:
        self.dir, self.layout = work_dir, VOCLayout(report['data_root'])
        self.photos = photos
        self.images = ImageFolder(self.layout.image_dir)
        self.truth = GroundTruth(self.layout.mask_dir)
        self.paths = report['paths']
        self.methods = {method['key']: method['short'] for method in report['methods']}
        self.foreground = len(report['classes']) - 1
        self.records = {
            key: ExportFolder(work_dir / path).read() for key, path in self.paths['maps'].items()
        }
        self.measured = bool(report['measurements'])
        self.image_ids = self.layout.read_split(
            report['splits']['masked' if self.measured else 'train']
        )

    def titles(self) -> list[str]:
        """Return what the columns are."""
        first = ['image'] if self.photos else []
        if not self.measured:
            return [*first, *self.methods.values(), 'pseudo-label']
        return [*first, 'ground truth', *self.methods.values(), 'pseudo-label', 'prediction']

    def choose(self) -> list[tuple[str, str]]:
        """Return the best, middle and worst images by their pseudo-label, with what they are."""
        if not self.measured:
            step = max(len(self.image_ids) // (3 * _EACH), 1)
            return [('', image_id) for image_id in self.image_ids[::step][: 3 * _EACH]]
        labels = ((image_id, self._pseudo_label(image_id)) for image_id in self.image_ids)
        ious = (
            (self._iou(label, self.truth.read(image_id, label.shape)), image_id)
            for image_id, label in labels
        )
        ranked = sorted((-iou, image_id) for iou, image_id in ious if iou is not None)
        return pick([image_id for _, image_id in ranked], _EACH)

    def row(self, image_id: str) -> list[Cell]:
        """Return what is shown of an image."""
        label = self._pseudo_label(image_id)
        image = self._photo(image_id) if self.photos else np.zeros((*label.shape, 3), np.uint8)
        mask = self.truth.read(image_id, label.shape) if self.measured else None
        labels = [label] if mask is None else [label, self._prediction(image_id)]
        maps = [self._map_cell(image, key, image_id, mask) for key in self.methods]
        first = [Cell(image)] if self.photos else []
        if mask is not None:
            first.append(Cell(overlay_label(image, mask, self._opacity())))
        return [*first, *maps, *(self._label_cell(image, one, mask) for one in labels)]

    def _photo(self, image_id: str) -> np.ndarray:
        path = self.images.find_id(image_id)
        if path is None:
            raise UserError(f'{self.images.root}: the image {image_id} is missing')
        return read_image(path)

    def _opacity(self) -> float:
        return 0.6 if self.photos else 1.0

    def _map_cell(
        self, image: np.ndarray, key: str, image_id: str, mask: np.ndarray | None
    ) -> Cell:
        cam = read_cam(ExportFolder(self.dir / self.paths['maps'][key]).cam_path(image_id))
        record = self.records[key]
        label = label_from_cam(cam, record.map_threshold, record.background)
        score = overlay_score(image, _strongest(cam, record.map_threshold), self._opacity())
        return Cell(score, self._caption(label, mask), label > 0)

    def _label_cell(self, image: np.ndarray, label: np.ndarray, mask: np.ndarray | None) -> Cell:
        return Cell(overlay_label(image, label, self._opacity()), self._caption(label, mask))

    def _caption(self, label: np.ndarray, mask: np.ndarray | None) -> str:
        iou = None if mask is None else self._iou(label, mask)
        return '' if iou is None else f'{100 * iou:.0f} %'

    def _prediction(self, image_id: str) -> np.ndarray:
        predictions = self.dir / self.paths['tests']['masked'] / 'predictions'
        return read_mask(predictions / f'{Path(image_id).name}.png')

    def _pseudo_label(self, image_id: str) -> np.ndarray:
        return read_mask(ExportFolder(self.dir / self.paths['labels']).label_path(image_id))

    def _iou(self, label: np.ndarray, mask: np.ndarray) -> float | None:
        """Return the mean IoU of one image, None if its mask is all void."""
        iou = mean_scores(confusion_matrix(label, mask, self.foreground))['mIoU']
        return None if np.isnan(iou) else float(iou)


def pick(ranked: Sequence[str], each: int) -> list[tuple[str, str]]:
    """Return the best, middle and worst of a ranking, best first, after what each is, and once."""
    count = len(ranked)
    middle = max((count - each) // 2, 0)
    kinds = {}
    for kind, start in (('median', middle), ('worst', max(count - each, 0)), ('best', 0)):
        kinds.update(dict.fromkeys(range(start, min(start + each, count)), kind))
    return [(kinds[place], ranked[place]) for place in sorted(kinds)]


def _strongest(cam: CamFile, threshold: Threshold | None) -> np.ndarray:
    """Return the score of the strongest class, zero for an image without classes."""
    if not len(cam.class_ids):
        return np.zeros(cam.size, np.float32)
    return foreground_score(cam, threshold=threshold)[0]


def _curves(report: dict):
    curves = {}
    for method, by_role in report['curves'].items():
        for role in ROLES:
            found = find(report, method, role)
            curves[f'{columns(report)[method]}, {found["split"]}'] = Curve(
                by_role[role]['threshold'],
                by_role[role]['mIoU'],
                found['threshold'],
                method,
                dashed=role == 'val',
            )
    return draw_curves(curves, 'Maps cut at each threshold')
