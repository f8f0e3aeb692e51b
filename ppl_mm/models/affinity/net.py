"""The network that knows which neighbouring pixels belong together."""

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from torch import Tensor, nn

from ...cams import lay_over
from ...errors import UserError
from ...registry import MODELS
from ..block_chain import BlockChain, block_chain
from .neighbourhood import pair_affinities


@MODELS.register_module()
class AffinityNet(BaseModel):
    """AffinityNet of PSA on any backbone that has a block chain.

    Ahn and Kwak, CVPR 2018, arXiv 1803.10464. Features of several depths are brought to one size
    and mixed; the affinity of two pixels closer than ``radius`` is ``exp(-mean |difference|)`` of
    their features. Trained on labels of sure regions, it drives the random walk
    (:class:`~ppl_mm.refine.RandomWalk`).

    Blocks after the last tap are not run; no parameter of theirs is trained.

    Args:
        backbone: A backbone that has a block chain.
        taps: Positions in the chain whose features are used, 0 .. N-1, or -N .. -1 from the end.
            ``python -m ppl_mm.models.block_chain CONFIG`` lists them. PSA, on ResNet38d: 12, 15,
            17, after b4, b5 and b7, each through norm and ReLU.
        channels: Channels that each tap is reduced to. PSA, on ResNet38d: 64, 128, 256.
        stride: Pixels of the image per pixel of the affinity map. Defaults to 8, as PSA; IRN: 4.
        radius: Pairs closer than this, in pixels of the map, have an affinity. Defaults to 5.
        norm_groups: Groups of a GroupNorm after each reduction, 4 in IRN. Needed where features
            are not about 1 in size: distances would start too large to learn from. Defaults to
            None, without, as PSA.
        loss: Defaults to ``ppl_mm.AffinityLoss``.
        data_preprocessor: Defaults to mmseg's ``SegDataPreProcessor``.
        init_cfg: See mmengine's ``BaseModel``.

    Raises:
        UserError: If a tap is outside the chain, taps and channels are not as many, or radius or
            stride are too small.

    Examples:
        >>> net = AffinityNet(
        ...     backbone=dict(type='mmpretrain.ResNet', depth=18),
        ...     taps=(2, 4, 8), channels=(16, 32, 64))
        >>> net(torch.rand(1, 3, 64, 80)).shape  # features
        torch.Size([1, 112, 8, 10])
    """

    def __init__(
        self,
        backbone: dict,
        taps: Sequence[int],
        channels: Sequence[int],
        stride: int = 8,
        radius: float = 5,
        norm_groups: int | None = None,
        loss: dict | None = None,
        data_preprocessor: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        if not isinstance(data_preprocessor, nn.Module):
            # The type with its scope, to be found from any other.
            data_preprocessor = dict(
                dict(type='mmseg.SegDataPreProcessor'), **(data_preprocessor or {})
            )
        super().__init__(data_preprocessor, init_cfg)
        self.backbone = MODELS.build(backbone) if isinstance(backbone, dict) else backbone
        chain = block_chain(self.backbone)
        self.taps = _check_taps(taps, channels, len(chain))
        if radius <= 1 or stride < 1:
            raise UserError(
                f'ppl_mm.AffinityNet: radius={radius} must be above 1, stride={stride} 1 or more'
            )
        self.stride, self.radius = stride, radius
        self.head = AffinityHead([chain[tap].channels for tap in self.taps], channels, norm_groups)
        self.loss_module = MODELS.build(loss or dict(type='ppl_mm.AffinityLoss'))
        self._freeze_unused(chain)

    def _freeze_unused(self, chain: BlockChain) -> None:
        """Train no parameter that does nothing: DDP would wait for it."""
        used = set()
        for block in chain[: max(self.taps) + 1]:
            used |= _parameters(block.layers)
        for tap in self.taps:
            used |= _parameters(chain[tap].readout)
        for parameter in self.backbone.parameters():
            if parameter not in used:
                parameter.requires_grad_(False)

    @torch.compiler.disable  # as block_chain
    def extract_feat(self, inputs: Tensor) -> Tensor:
        """Return features whose differences are distances, of images (B, 3, H, W).

        They are (B, C, H / stride, W / stride), sizes rounded up.
        """
        chain = block_chain(self.backbone)[: max(self.taps) + 1]
        _, outputs = chain.run(inputs, self.taps)
        maps = [chain[tap].features(outputs[tap]) for tap in self.taps]
        sides = tuple(inputs.shape[-2:])
        extents = [
            chain[: tap + 1].extent(sides, tuple(features.shape[-2:]))
            for tap, features in zip(self.taps, maps, strict=True)
        ]
        size = [math.ceil(side / self.stride) for side in sides]
        # In float32 also where convolutions are not.
        return self.head(maps, size, extents).float()

    def forward(
        self, inputs: Tensor, data_samples: list | None = None, mode: str = 'tensor'
    ) -> Tensor | dict[str, Tensor]:
        """Run the network.

        Args:
            inputs: Images (B, 3, H, W).
            data_samples: With ``gt_sem_seg`` (1, H, W), for 'loss'.
            mode: 'tensor', 'predict' or 'loss'.

        Returns:
            Features (B, C, h, w); affinities (B, P, h, w) of the pairs of
            :func:`~.neighbourhood.half_disc`; or the losses.
        """
        if mode not in ('tensor', 'predict', 'loss'):
            raise ValueError(f"mode is '{mode}', not 'tensor', 'predict' or 'loss'")
        features = self.extract_feat(inputs)
        if mode == 'tensor':
            return features
        affinities = pair_affinities(features, self.radius)
        if mode == 'predict':
            return affinities
        labels = torch.stack([sample.gt_sem_seg.data for sample in data_samples or ()])
        # Take the centre pixel of each cell.
        labels = F.interpolate(labels.float(), size=features.shape[-2:], mode='nearest-exact')
        return self.loss_module(affinities, labels.squeeze(1).long(), self.radius)


class AffinityHead(nn.Module):
    """Mixes features of several depths, see :class:`AffinityNet`.

    Convolutions without bias, and their initial weights, as in PSA (network/resnet38_aff.py).
    Normalized features need no gain. The output has the sum of ``channels``.
    """

    def __init__(
        self, in_channels: Sequence[int], channels: Sequence[int], norm_groups: int | None = None
    ) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(
            nn.Conv2d(before, after, 1, bias=False)
            for before, after in zip(in_channels, channels, strict=True)
        )
        self.norms = nn.ModuleList(
            nn.GroupNorm(norm_groups, count) if norm_groups else nn.Identity() for count in channels
        )
        self.mix = nn.Conv2d(sum(channels), sum(channels), 1, bias=False)
        for conv in self.reduce:
            nn.init.kaiming_normal_(conv.get_parameter('weight'))
        nn.init.xavier_uniform_(self.mix.weight, gain=1 if norm_groups else 4)

    def forward(
        self, maps: Sequence[Tensor], size: Sequence[int], extents: Sequence[Sequence[float]]
    ) -> Tensor:
        """Return one feature map (B, C, *size) of several (B, C_i, H_i, W_i).

        Args:
            maps: Features of each depth.
            size: Height and width that stand for the whole image.
            extents: What each map covers, see :func:`ppl_mm.cams.lay_over`.
        """
        reduced = [
            lay_over(F.elu(norm(conv(features))), size, extent)
            for conv, norm, features, extent in zip(
                self.reduce, self.norms, maps, extents, strict=True
            )
        ]
        return F.elu(self.mix(torch.cat(reduced, dim=1)))


def _check_taps(taps: Sequence[int], channels: Sequence[int], count: int) -> tuple[int, ...]:
    """Return the taps as indices from the start."""
    if len(taps) != len(channels) or not taps:
        raise UserError(
            f'ppl_mm.AffinityNet: taps={tuple(taps)} and channels='
            f'{tuple(channels)} must be as many, one or more'
        )
    for tap in taps:
        if not -count <= tap < count:
            raise UserError(
                f'ppl_mm.AffinityNet: taps has {tap}, outside the chain of '
                f'{count} blocks: use 0..{count - 1} or {-count}..-1 (`python '
                '-m ppl_mm.models.block_chain CONFIG` lists them)'
            )
    return tuple(tap % count for tap in taps)


def _parameters(layers: Sequence[Callable]) -> set[nn.Parameter]:
    """Yield the parameters of a block; layers that are functions have none."""
    return {parameter for layer in layers for parameter in getattr(layer, 'parameters', tuple)()}
