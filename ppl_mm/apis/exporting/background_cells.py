"""What the images of a split look like where none of their classes is."""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.model import BaseModel
from torch import Tensor

from ...models import block_chain
from ...models.cell_features import CellFeatures
from ...models.negative_reference import CELLS, write_reference
from ...utils.progress import track
from ..inference.trained_model import build_model
from .seen_views import see_view

#: A cell is background where all maps of the image's classes are below this part of their maximum.
BACKGROUND_BELOW = 0.05


def write_background(
    path: Path, cfg: Config, checkpoint: str, dataset: BaseDataset, chosen: Sequence[int]
) -> None:
    """Write the reference of a classifier, from cells that show no class of their image, once.

    Cells of every second chosen image are the reference; those of the others say how far background
    is from background. About :data:`CELLS` are drawn of each at random (random seed 0), equally
    many of each view, so memory does not grow with the number of images. All cells of a negative
    count. The data set has image-level labels, and the views of the config's ``tta_pipeline``.
    """
    if path.is_file():
        return
    model = build_model(cfg, checkpoint, None)
    generator = torch.Generator().manual_seed(0)
    drawn: tuple[list[Tensor], list[Tensor]] = ([], [])
    for number, place in enumerate(track(chosen, 'looking at the background')):
        item = dataset[place]
        views = len(item['inputs'])
        each = -(-2 * CELLS // (len(chosen) * views))
        for view in range(views):
            cells = _background_cells(model, item, view)
            order = torch.randperm(len(cells), generator=generator)[:each]
            drawn[number % 2].append(cells[order])
    cells, held_out = map(torch.cat, drawn)
    write_reference(path, cells, held_out, _widths(model))


def _widths(model: BaseModel) -> list[int]:
    return CellFeatures(block_chain(model.backbone)).widths


def _background_cells(model: BaseModel, item: dict, view: int) -> Tensor:
    """Return the features (n, C) of cells of a view that show no class of the image."""
    seen = see_view(model, item, view, dict(features=lambda cells: cells.averaged()))
    features = seen.read['features']
    background = _background(seen.maps, features.shape[-2:])
    return features.flatten(1).T[background.flatten()].cpu()


def _background(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Return where no map (n, h, w), 0.., is strong, bool, at a size."""
    if not len(maps):
        return torch.ones(*size, dtype=torch.bool, device=maps.device)
    highest = maps.amax(dim=(1, 2), keepdim=True).clamp(min=1e-6)
    laid = F.interpolate((maps / highest)[None], size, mode='bilinear', align_corners=False)[0]
    return laid.amax(dim=0) < BACKGROUND_BELOW
