"""A later stage in seconds: a linear classifier of cells that learns from confident regions."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ppl_mm.apis.refining.image_refiner import refine_image
from ppl_mm.cams import normalize_cam
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.formats.mask_file import IGNORE
from ppl_mm.models.segmentation.balanced_loss import balanced_cross_entropy
from ppl_mm.refine import RefinerChain
from ppl_mm.refine.config import build_chain, chain_settings
from ppl_mm.utils.config.reading import read_config
from studies.own.frozen import FrozenStart, Image

from .stage import REFINERS, Scene, Stage

CONFIDENT = 'configs/own/confident_own.py'
#: Where configs/own/cls_self_trained_own.py cuts probabilities.
CUT = 0.5
_STEPS, _RATE = 150, 0.01


def self_trained(before: Stage, images: list[Image], scenes: list[Scene], classes: int) -> Stage:
    """Return a stage that learns from labels of the confident regions of the one before.

    As :class:`ppl_mm.SelfTrainedCAMHead` with its loss, on features that are frozen and without
    patches.

    Args:
        before: The stage before.
        images: Features of the images, see :class:`FrozenStart`.
        scenes: The images, small.
        classes: Foreground classes.
    """
    chain = confident_chain(before.threshold)
    features, labels = [], []
    for image, scene in zip(images, scenes, strict=True):
        label, _ = refine_image(chain, scene.image, before.cams[scene.image_id])
        features.append(image.features.float().flatten(1).T)  # (n, C)
        labels.append(_of_cells(label, image.features.shape[-2:]))
    known = torch.cat(labels) != IGNORE
    model = _fit(torch.cat(features)[known], torch.cat(labels)[known], classes)
    cams = {
        scene.image_id: _cam(model, image, scene)
        for image, scene in zip(images, scenes, strict=True)
    }
    return Stage(cams, CUT).label(scenes)


def confident_chain(threshold: float) -> RefinerChain:
    """Return what labels confident regions of maps that are cut at a threshold."""
    cfg = read_config(CONFIDENT).to_dict()
    for chain in cfg['label']['chains']:
        chain[0]['threshold'] = threshold
        chain[1:] = REFINERS
    return build_chain(chain_settings(cfg, CONFIDENT))


def _of_cells(label: np.ndarray, size: tuple[int, int]) -> Tensor:
    """Return the label at the middle of each cell, (n,)."""
    return F.interpolate(torch.from_numpy(label)[None, None], size, mode='nearest').flatten().long()


def _fit(features: Tensor, labels: Tensor, classes: int) -> nn.Linear:
    torch.manual_seed(0)
    model = nn.Linear(features.shape[1], classes)
    nn.init.normal_(model.weight, std=0.01)
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=1e-2)
    for _ in range(_STEPS):
        logits = F.pad(model(features), (1, 0)).T[None, :, :, None]  # (1, 1 + classes, n, 1)
        loss = balanced_cross_entropy(logits, labels[None, :, None])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


@torch.no_grad()
def _cam(model: nn.Linear, image: Image, scene: Scene) -> CamFile:
    maps = model(image.features.float().permute(1, 2, 0)).permute(2, 0, 1)  # (classes, h, w)
    ids = image.sample.gt_label.long().unique()
    maps = F.pad(maps[ids], (0, 0, 0, 0, 1, 0)).softmax(dim=0)[1:]
    cam = normalize_cam(maps).numpy()
    return CamFile(class_ids=ids.numpy(), cam=cam, size=scene.mask.shape)


def features_of(start: FrozenStart, split: str, ids: list[str]) -> list[Image]:
    """Return the features of images, in the order of their ids."""
    found = {image.sample.image_id: image for image in start.images(split, ids)}
    return [found[image_id] for image_id in ids]
