"""Fits what the maps of a split have in common."""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.registry import MODELS
from torch import Tensor

from ...cams import normalize_cam
from ...models.linear_probe import ProbeFit
from ...utils.progress import track
from ..inference.trained_model import build_model
from .seen_views import SeenView, see_view


def write_probe(
    path: Path, cfg: Config, checkpoint: str, dataset: BaseDataset, chosen: Sequence[int]
) -> None:
    """Write the probe of a classifier, fitted to the maps of chosen images, once.

    The maps are those that are exported, weighed by the ``tta_model``'s reference if it has one;
    that of a class that an image does not show is 0. Each image is seen in one of its views, all
    views equally often. The data set has image-level labels, and the views of the config's
    ``tta_pipeline``.
    """
    if path.is_file():
        return
    model = build_model(cfg, checkpoint, None)
    if (reference := cfg.tta_model.get('reference')) is not None:
        model.reference = MODELS.build(reference).to(next(model.parameters()).device)
    readers = dict(model.readers(), features=lambda cells: cells.merged())
    fit = ProbeFit()
    for number, place in enumerate(track(chosen, 'comparing the maps of all images')):
        item = dataset[place]
        seen = see_view(model, item, number % len(item['inputs']), readers)
        fit.add(seen.read['features'], _wanted(seen, model.head.num_classes))
    fit.write(path)


def _wanted(seen: SeenView, num_classes: int) -> Tensor:
    """Return the maps of all classes, (num_classes, h, w), 0..1, as fine as the features."""
    features = seen.read['features']
    size = features.shape[-2:]
    wanted = features.new_zeros(num_classes, *size)
    if len(seen.class_ids):
        maps = F.interpolate(seen.maps[None], size, mode='bilinear', align_corners=False)[0]
        unlike = seen.read.get('unlike', torch.ones_like(maps[0]))
        wanted[seen.class_ids] = normalize_cam(maps * unlike)
    return wanted
