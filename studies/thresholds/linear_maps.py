"""Maps of a linear classifier on frozen ImageNet features: CAMs of a set in a minute.

Each view of an image is pooled. Logistic regression on the mean of the views gives the weights,
and the weights give a map of each view (Zhou et al., CVPR 2016). Few ``steps`` of gradient descent
(12) make flat maps, many (150) sharp ones, as trainings of other lengths do.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS

import ppl_mm.models  # noqa: F401
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.utils.progress import track
from studies.engine.data_set import read_picture

from .map_set import MapImage, MapSet
from .pack import class_ids_of

#: Long sides of the views.
SIDES = (256, 384)


def build_backbone(weights: str) -> torch.nn.Module:
    """Return MobileNetV2 at output stride 16, as in configs/voc6."""
    init_default_scope('mmpretrain')
    backbone = MODELS.build(
        dict(
            type='ppl_mm.DilatedMobileNetV2',
            strides=(1, 2, 2, 2, 1, 1, 1),
            dilations=(1, 1, 1, 1, 1, 2, 2),
            norm_eval=True,
            init_cfg=dict(type='Pretrained', checkpoint=weights, prefix='backbone.'),
        )
    )
    backbone.init_weights()
    backbone.eval()
    return backbone


def linear_maps(
    name: str,
    data_root: str,
    split: str,
    weights: str,
    steps: Sequence[int],
    limit: int | None = None,
) -> Iterator[MapSet]:
    """Return the maps of a set, once for each length of the training.

    Args:
        name: The data set; the sets are called ``name.linear12`` after the steps.
        data_root: The data set.
        split: The images, which are trained on too.
        weights: MobileNetV2's, for inputs (x - 128) / 128.
        steps: Lengths of the training.
        limit: The first so many images. Defaults to None: all.
    """
    layout = VOCLayout(data_root)
    classes = layout.read_classes()
    ids, own = layout.read_split(split)[:limit], class_ids_of(data_root, classes)
    backbone = build_backbone(weights)
    features = [_features(backbone, layout, one) for one in track(ids, 'features')]
    pooled = torch.stack(
        [torch.stack([view.float().mean((1, 2)) for view in views]).mean(0) for views in features]
    )
    targets = torch.zeros(len(ids), len(classes))
    for row, one in zip(targets, ids, strict=True):
        row[list(own[one])] = 1
    truth = GroundTruth(layout.mask_dir)
    for number in steps:
        weight, scores = _train(pooled, targets, number)
        images = [
            _image(views, weight, sorted(own[one]), layout, one, truth, score)
            for one, views, score in zip(ids, features, scores, strict=True)
        ]
        yield MapSet(f'{name}.linear{number}', len(classes), images)


@torch.no_grad()
def _features(backbone: torch.nn.Module, layout: VOCLayout, image_id: str) -> list[torch.Tensor]:
    image, views = read_picture(layout, image_id), []
    for side in SIDES:
        factor = side / max(image.size)
        size = [max(32, round(length * factor)) for length in image.size]
        pixels = torch.from_numpy(np.asarray(image.resize(size), np.float32))
        batch = ((pixels - 128) / 128).permute(2, 0, 1)[None]  # (1, 3, H, W)
        views.append(backbone(batch)[-1][0].half())
    return views


def _train(
    pooled: torch.Tensor, targets: torch.Tensor, steps: int
) -> tuple[torch.Tensor, np.ndarray]:
    """Return the weights of the classes, (C, channels), and the images' probabilities, (N, C)."""
    scale = pooled.std(0) + 1e-3
    inputs = (pooled - pooled.mean(0)) / scale
    head = torch.nn.Linear(inputs.shape[1], targets.shape[1])
    torch.nn.init.zeros_(head.weight)
    optimizer = torch.optim.AdamW(head.parameters(), 3e-3 if steps > 50 else 1e-3, weight_decay=1)
    for _ in range(steps):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(head(inputs), targets).backward()
        optimizer.step()
    return head.weight.detach() / scale, head(inputs).detach().sigmoid().numpy()


def _image(
    views: Sequence[torch.Tensor],
    weight: torch.Tensor,
    class_ids: Sequence[int],
    layout: VOCLayout,
    image_id: str,
    truth: GroundTruth,
    score: np.ndarray,
) -> MapImage:
    size = [2 * side for side in views[-1].shape[1:]]
    maps = torch.stack([_view(one, weight, size) for one in views])  # (views, C, h, w)
    image = read_picture(layout, image_id)
    fields: dict = dict(
        class_ids=np.array(class_ids, np.int16),
        mask=truth.read(image_id, image.size[::-1]),
        picture=np.asarray(image.resize(size[::-1])),
    )
    if not class_ids:
        return MapImage(
            cam=np.zeros((0, *size)), absent=maps.mean(0).numpy(), score=score, **fields
        )
    maps = maps[:, class_ids]
    merged = maps.mean(0)  # (n, h, w)
    peak = merged.flatten(1).amax(1).clamp(min=1e-6)
    cam = (merged / peak[:, None, None]).numpy()
    return MapImage(cam=cam, views=maps.numpy(), scale=peak.numpy(), **fields)


def _view(features: torch.Tensor, weight: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """Return the maps of a view, (C, *size)."""
    raw = torch.einsum('kc,chw->khw', weight, features.float()).relu()
    return F.interpolate(raw[None], size=tuple(size), mode='bilinear')[0]
