"""What a training step costs, counted without a weight or an image."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from ..models.backbones.input_channels import input_channels
from ..utils.flops import count_flops

BATCH = 2  # of the pass: some norms refuse one image


@dataclass(frozen=True)
class Cost:
    """Of one pass, for one image.

    Args:
        forward: Operations of the forward pass, 2 for a multiply-add.
        total: The same, of forward and backward pass.
        kept: Bytes kept for the backward pass.
    """

    forward: float
    total: float
    kept: float


def measure(model: nn.Module, size: tuple[int, int]) -> Cost:
    """Count one training pass of a model on images of a size (H, W), on tensors without values.

    The model is on the device 'meta', in training mode.
    """
    own = {_storage(value) for value in (*model.parameters(), *model.buffers())}
    kept = {}

    def keep(value: Tensor) -> Tensor:
        """Note the bytes of a tensor that is kept for the backward pass."""
        kept[_storage(value)] = value.untyped_storage().nbytes()
        return value

    images = torch.empty(BATCH, input_channels(model), *size, device='meta')
    with count_flops() as counter:
        with saved_tensors_hooks(keep, lambda value: value):
            loss = training_loss(model, images)
        forward = counter.get_total_flops()
        stored = sum(count for key, count in kept.items() if key not in own)
        loss.backward()
    return Cost(forward / BATCH, counter.get_total_flops() / BATCH, stored / BATCH)


def _storage(value: Tensor) -> int:
    """Which memory a tensor would have; of views the same."""
    return value.untyped_storage()._cdata


def training_loss(model: nn.Module, images: Tensor) -> Tensor:
    """Return a scalar that is computed as the loss of a classifier, AffinityNet or segmentor.

    Losses of frameworks look at values, which are not there. ``images`` are (B, 3, H, W).
    """
    if hasattr(model, 'decode_head'):
        return _segmentation_loss(model, images)
    if hasattr(model, 'loss_module'):
        return model(images, mode='predict').add(1e-5).log().sum()
    return F.softplus(model(images)).mean()


def _segmentation_loss(model: Any, images: Tensor) -> Tensor:
    """Cross entropy at the size of the images, of each head."""
    features = model.extract_feat(images)
    heads = [model.decode_head]
    if model.with_auxiliary_head:
        more = model.auxiliary_head
        heads += more if isinstance(more, nn.ModuleList) else [more]
    labels = torch.zeros(len(images), *images.shape[2:], dtype=torch.long, device=images.device)
    losses = [
        F.cross_entropy(
            F.interpolate(
                head(features), images.shape[2:], mode='bilinear', align_corners=head.align_corners
            ),
            labels,
        )
        for head in heads
    ]
    return torch.stack(losses).sum()
