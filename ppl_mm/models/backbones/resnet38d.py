"""ResNet38d, the wide residual network of PSA and SEAM."""

from collections.abc import Sequence
from pathlib import Path

import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm
from mmpretrain.models.utils import make_divisible
from torch import Tensor, nn

from ...errors import UserError
from ...registry import MODELS

# Units, middle and output channels, stride of the first unit, dilation of its
# first convolution and of all others (psa network/resnet38d.py).
_PLAIN_STAGES = dict(
    b2=(3, 128, 128, 2, 1, 1),
    b3=(3, 256, 256, 2, 1, 1),
    b4=(6, 512, 512, 2, 1, 1),
    b5=(3, 512, 1024, 1, 1, 2),
)
_BOTTLENECKS = dict(b6=2048, b7=4096)
_BOTTLENECK_DILATION = 4


@MODELS.register_module()
class ResNet38d(BaseModule):
    """A wide residual network with norms before convolutions, stride 8.

    The ImageNet network "A1" of Wu et al., "Wider or Deeper", arXiv 1611.10080, in the form that
    PSA (Ahn and Kwak, CVPR 2018) gave it for class activation maps. Keys of the state dict are
    those of PSA's files; docs/weights.md tells how to convert the published weights.

    ======  =====  ========  ======  ========  =======
    stage   units  channels  stride  dilation  dropout
    ======  =====  ========  ======  ========  =======
    1 conv1a           64       1        1
    2 b2      3       128       2        1
    3 b3      3       256       4        1
    4 b4      6       512       8        1
    5 b5      3      1024       8      1, 2
    6 b6      1      2048       8        4       0.3
    7 b7      1      4096       8        4       0.5
    ======  =====  ========  ======  ========  =======

    Args:
        out_indices: Stages whose outputs are returned. Those of 1 to 6 are sums of residuals,
            before the next unit's norm; that of 7 is followed by ``bn7`` and ReLU. Stages after
            the last one are neither run nor trained. Defaults to ``(7, )``.
        frozen_stages: Stages 1 to this one are not trained, 0 for none. PSA's classifiers freeze
            2. Defaults to 0.
        norm_eval: Whether norms keep their statistics in training. Defaults to True.
        norm_cfg: Settings of all norms. Defaults to BatchNorm with weights that are not trained,
            as in PSA.
        dropout: Of whole channels, within b6 and b7. Defaults to ``(0.3, 0.5)``.
        width: Factor of all channels, which are rounded to multiples of 8. Published weights fit
            1, the default.
        init_cfg: Defaults to He's initialisation.

    Raises:
        ValueError: If a stage is not 1 to 7 (``frozen_stages``: 0 to 7), there is none, or dropout
            is not two probabilities.

    Examples:
        >>> import torch
        >>> net = ResNet38d(width=0.125)
        >>> net(torch.rand(1, 3, 64, 80))[0].shape
        torch.Size([1, 512, 8, 10])
    """

    def __init__(
        self,
        out_indices: Sequence[int] = (7,),
        frozen_stages: int = 0,
        norm_eval: bool = True,
        norm_cfg: dict | None = None,
        dropout: Sequence[float] = (0.3, 0.5),
        width: float = 1.0,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(
            init_cfg
            or [
                dict(type='Kaiming', layer='Conv2d'),
                dict(type='Constant', val=1, layer='_BatchNorm'),
            ]
        )
        _check(out_indices, frozen_stages, dropout)
        self.out_indices = tuple(out_indices)
        self.frozen_stages, self.norm_eval = frozen_stages, norm_eval
        norm_cfg = norm_cfg or dict(type='BN', requires_grad=False)
        self._build(norm_cfg, dropout, width)
        self._freeze_stages()

    def _build(self, norm_cfg: dict, dropout: Sequence[float], width: float) -> None:
        channels = make_divisible(64 * width, 8)
        self.conv1a = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        #: Names of the layers of each stage, in running order.
        self.stages: list[tuple[str, ...]] = [('conv1a',)]
        for stage, (units, *sizes, stride, first, rest) in _PLAIN_STAGES.items():
            middle, out = (make_divisible(size * width, 8) for size in sizes)
            names = (stage, *(f'{stage}_{i}' for i in range(1, units)))
            for name in names:
                self.add_module(
                    name, PreActivationUnit(channels, middle, out, stride, (first, rest), norm_cfg)
                )
                channels, stride, first = out, 1, rest
            self.stages.append(names)
        for (stage, size), drop in zip(_BOTTLENECKS.items(), dropout, strict=True):
            out = make_divisible(size * width, 8)
            self.add_module(stage, PreActivationBottleneck(channels, out, drop, norm_cfg))
            channels = out
            self.stages.append((stage,))
        self.bn7 = build_norm_layer(norm_cfg, channels)[1]
        self.relu = nn.ReLU(inplace=True)
        self.stages[-1] += ('bn7', 'relu')

    def init_weights(self) -> None:
        """Initialize as ``init_cfg`` says.

        Raises:
            UserError: If the file of pretrained weights is not there.
        """
        cfg = self.init_cfg if isinstance(self.init_cfg, dict) else {}
        path = str(cfg.get('checkpoint', ''))
        if path and '://' not in path and not Path(path).is_file():
            raise UserError(
                f'{path}: the weights of ResNet38d are not there; docs/weights.md tells where they '
                'come from and the command that converts them'
            )
        super().init_weights()

    def _stage_layers(self, stage: int) -> list[nn.Module]:
        return [getattr(self, name) for name in self.stages[stage - 1]]

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return maps (B, C, h, w) of the stages ``out_indices``, in their order; h is H / stride.

        Sides are rounded up. ``x`` are images (B, 3, H, W).
        """
        outs = []
        for stage in range(1, max(self.out_indices) + 1):
            for layer in self._stage_layers(stage):
                x = layer(x)
            if stage in self.out_indices:
                outs.append(x)
        return tuple(outs)

    def _freeze_stages(self) -> None:
        idle = range(max(self.out_indices) + 1, len(self.stages) + 1)
        for stage in (*range(1, self.frozen_stages + 1), *idle):
            for layer in self._stage_layers(stage):
                layer.eval()
                layer.requires_grad_(False)

    def train(self, mode: bool = True) -> 'ResNet38d':
        """Set the mode; what is frozen stays in that of inference."""
        super().train(mode)
        self._freeze_stages()
        if self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self


class PreActivationUnit(nn.Module):
    """Two 3x3 convolutions, each after norm and ReLU, and a shortcut.

    The shortcut is the input; where the shape changes it is a 1x1 convolution of the input's
    activation, ReLU(norm(x)). The first convolution has the stride.
    """

    def __init__(
        self,
        in_channels: int,
        mid_channels: int,
        out_channels: int,
        stride: int,
        dilations: tuple[int, int],
        norm_cfg: dict,
    ) -> None:
        super().__init__()
        first, second = dilations
        self.stride, self.out_channels = stride, out_channels
        self.bn_branch2a = build_norm_layer(norm_cfg, in_channels)[1]
        self.conv_branch2a = nn.Conv2d(
            in_channels, mid_channels, 3, stride, first, first, bias=False
        )
        self.bn_branch2b1 = build_norm_layer(norm_cfg, mid_channels)[1]
        self.conv_branch2b1 = nn.Conv2d(
            mid_channels, out_channels, 3, 1, second, second, bias=False
        )
        self.same_shape = in_channels == out_channels and stride == 1
        if not self.same_shape:
            self.conv_branch1 = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H', W')."""
        active = F.relu(self.bn_branch2a(x), inplace=True)
        shortcut = x if self.same_shape else self.conv_branch1(active)
        residual = self.conv_branch2a(active)
        residual = F.relu(self.bn_branch2b1(residual), inplace=True)
        return shortcut + self.conv_branch2b1(residual)


class PreActivationBottleneck(nn.Module):
    """1x1, dilated 3x3 and 1x1 convolution, with dropout before the last two.

    Channels become a quarter, a half and all of the output's. The shortcut is a 1x1 convolution of
    the input's activation.
    """

    stride = 1

    def __init__(self, in_channels: int, out_channels: int, dropout: float, norm_cfg: dict) -> None:
        super().__init__()
        quarter, half = out_channels // 4, out_channels // 2
        self.out_channels = out_channels
        self.bn_branch2a = build_norm_layer(norm_cfg, in_channels)[1]
        self.conv_branch2a = nn.Conv2d(in_channels, quarter, 1, bias=False)
        self.bn_branch2b1 = build_norm_layer(norm_cfg, quarter)[1]
        self.dropout_2b1 = nn.Dropout2d(dropout)
        self.conv_branch2b1 = nn.Conv2d(
            quarter,
            half,
            3,
            padding=_BOTTLENECK_DILATION,
            dilation=_BOTTLENECK_DILATION,
            bias=False,
        )
        self.bn_branch2b2 = build_norm_layer(norm_cfg, half)[1]
        self.dropout_2b2 = nn.Dropout2d(dropout)
        self.conv_branch2b2 = nn.Conv2d(half, out_channels, 1, bias=False)
        self.conv_branch1 = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        active = F.relu(self.bn_branch2a(x), inplace=True)
        residual = self.conv_branch2a(active)
        residual = F.relu(self.bn_branch2b1(residual), inplace=True)
        residual = self.conv_branch2b1(self.dropout_2b1(residual))
        residual = F.relu(self.bn_branch2b2(residual), inplace=True)
        residual = self.conv_branch2b2(self.dropout_2b2(residual))
        return self.conv_branch1(active) + residual


def _check(out_indices: Sequence[int], frozen_stages: int, dropout: Sequence[float]) -> None:
    """Raise a ValueError about the first setting that cannot be."""
    if not out_indices or any(i not in range(1, 8) for i in out_indices):
        raise ValueError(
            f'out_indices of ResNet38d must be stages 1 to 7, got {tuple(out_indices)}'
        )
    if frozen_stages not in range(8):
        raise ValueError(f'frozen_stages of ResNet38d must be 0 to 7, got {frozen_stages}')
    if len(dropout) != 2 or not all(0 <= drop <= 1 for drop in dropout):
        raise ValueError(
            f'dropout of ResNet38d must be two probabilities, of b6 and b7, got {tuple(dropout)}'
        )
