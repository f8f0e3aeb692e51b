"""Random walk: scores flow between pixels that an AffinityNet finds alike."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.config import Config, ConfigDict
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from ..errors import UserError
from ..models.affinity.neighbourhood import half_disc, pair_views
from ..registry import MODELS, REFINERS
from ..utils.tiles import MARGIN
from ..utils.weights.checkpoint_file import read_checkpoint
from ..utils.weights.loading import load_weights, resolve_checkpoint
from .refiner import Refiner
from .scores import Scores

# What the terms that are left out of a walk may weigh together.
_TOLERANCE = 1e-7


def random_walk(
    scores: Tensor, affinities: Tensor, radius: float = 5, beta: float = 10, steps_log2: int = 8
) -> Tensor:
    """Average the scores of pixels that are alike, 2^t times.

    Powers of affinity, 1 for a pixel and itself, divided by their sum per pixel, are the matrix T
    of a random walk; the result is ``T^(2^t)`` times the scores (Ahn and Kwak, CVPR 2018, arXiv
    1803.10464, eq. 3 and 4). T, of (HW)^2 numbers, is never made, nor squared: it is applied. And
    less than 2^t times, because ``x^n`` is a short sum of Chebyshev polynomials on [-1, 1], where
    all eigenvalues of T lie: 84 times for 2^8. What is left out weighs 1e-7 at most; in float64
    this is nearer to the exact product than 256 steps in float32 are.

    Args:
        scores: (C, H, W).
        affinities: (P, H, W) in 0..1, from
            :func:`~ppl_mm.models.affinity.neighbourhood.pair_affinities`.
        radius: Radius of the pairs. Defaults to 5.
        beta: Power of the affinities. Defaults to 10, as IRN; PSA: 8.
        steps_log2: t. Defaults to 8.

    Returns:
        (C, H, W). Each value lies between the smallest and the largest of its channel.
    """
    offsets = half_disc(radius)
    if affinities.shape != (len(offsets), *scores.shape[1:]):
        raise ValueError(
            f'affinities {tuple(affinities.shape)} do not fit scores {tuple(scores.shape)} and '
            f'radius {radius}: expect ({len(offsets)}, H, W)'
        )
    weights = [
        pair_views(weight, offset)[0]
        for weight, offset in zip(affinities.double() ** beta, offsets, strict=True)
    ]
    values = scores.double()
    degree = _gather(torch.ones_like(values[:1]), weights, offsets)
    terms = _chebyshev_polynomials(values, lambda x: _gather(x, weights, offsets).div_(degree))
    total = torch.zeros_like(values)
    for coefficient, term in zip(_chebyshev_coefficients(2**steps_log2), terms, strict=False):
        total.add_(term, alpha=coefficient)
    return total.to(scores.dtype)


def _gather(values: Tensor, weights: list[Tensor], offsets: list[tuple[int, int]]) -> Tensor:
    """Return the sum of each pixel and its neighbours, times their weights."""
    total = values.clone()
    for weight, offset in zip(weights, offsets, strict=True):
        first, second = pair_views(values, offset)
        to_first, to_second = pair_views(total, offset)
        to_first.addcmul_(weight, second)
        to_second.addcmul_(weight, first)
    return total


def _chebyshev_polynomials(values: Tensor, apply: Callable[[Tensor], Tensor]) -> Iterator[Tensor]:
    """Yield T_0, T_1, .. of a linear function, times some values; never end."""
    before, now = values, apply(values)
    yield before
    while True:
        yield now
        before, now = now, apply(now).mul_(2).sub_(before)


@cache
def _chebyshev_coefficients(power: int) -> list[float]:
    """Return ``x^power`` as a sum of Chebyshev polynomials, without its small end.

    With x = cos(a), x^n is the characteristic function of n fair steps to the left or right: the
    coefficient of T_k is the chance to end k away.
    """
    chances: list[float] = []
    while sum(chances) < 1 - _TOLERANCE:
        away = len(chances)
        chance = math.comb(power, (power - away) // 2) / 2**power
        chances.append(0.0 if (power - away) % 2 else chance * (2 if away else 1))
    return [chance / sum(chances) for chance in chances]


@REFINERS.register_module()
class RandomWalk(Refiner):
    """Spread the scores along the affinities that a network has learnt.

    The last step of PSA (Ahn and Kwak, CVPR 2018: beta 8, 2^8 steps, stride 8, after
    ``AlphaBackground(16)``, whose background walks like a class) and IRN (Ahn et al., CVPR 2019:
    beta 10, 2^8 steps, stride 4, the classes alone, then ``Renormalize`` and
    ``ConstantBackground(0.25)``). SEAM: beta 6, 2^6 steps. The background walks if there is one.

    The walk is made on the network's map, ``1 / stride`` of the image, so a CRF or PAMR after it
    may still sharpen what is finer.

    Args:
        affinity_net: Config of a ``ppl_mm.AffinityNet``.
        checkpoint: Its weights: a file, or a work folder for its latest checkpoint.
        beta: Power of the affinities; the larger, the less is spread between pixels that differ.
            Defaults to 10.
        steps_log2: 2 to this power steps are walked. Defaults to 8.
        device: Where the network and the walk run: 'cpu', 'cuda', or 'auto' for a GPU if there is
            one. Defaults to 'cpu', which worker processes may share.

    Raises:
        UserError: If config or checkpoint is missing or does not fit.
    """

    needs_background = False
    margin = MARGIN  # the walk is longer, but rarely

    def __init__(
        self,
        affinity_net: str,
        checkpoint: str,
        beta: float = 10,
        steps_log2: int = 8,
        device: str = 'cpu',
    ) -> None:
        if not Path(affinity_net).is_file():
            raise UserError(f'ppl_mm.RandomWalk: affinity_net={affinity_net}: no such config')
        if not beta > 0 or steps_log2 not in range(13):
            raise UserError(
                f'ppl_mm.RandomWalk: beta={beta} must be above 0, '
                f'steps_log2={steps_log2} an integer in 0..12'
            )
        if device == 'auto':
            device = 'cuda' if torch.cuda.is_available() else 'cpu'
        self.affinity_net = str(affinity_net)
        self.checkpoint = resolve_checkpoint(checkpoint)
        self.beta, self.steps_log2, self.device = beta, steps_log2, device
        self._net: Any = None

    def __getstate__(self) -> dict:
        # A worker process builds the network itself.
        return dict(self.__dict__, _net=None)

    @torch.no_grad()
    def refine(self, image: np.ndarray, scores: Scores) -> Scores:
        """Walk, see the class; without a class there is nothing to spread."""
        if not len(scores.class_ids):
            return scores
        net = self._network()
        # BGR, as images are loaded for training.
        planes = torch.from_numpy(image.transpose(2, 0, 1)[::-1].copy())
        inputs = net.data_preprocessor(dict(inputs=[planes]))['inputs']
        affinities = net(inputs, mode='predict')[0]
        start = 0 if scores.has_background else 1
        channels = torch.from_numpy(scores.values[start:])
        cells = F.interpolate(
            channels[None].to(affinities.device), size=affinities.shape[1:], mode='area'
        )[0]
        walked = random_walk(cells, affinities, net.radius, self.beta, self.steps_log2)
        walked = F.interpolate(
            walked[None], size=scores.size, mode='bilinear', align_corners=False
        )[0]
        values = scores.values.copy()
        values[start:] = walked.clamp(0, 1).cpu().numpy()
        return replace(scores, values=values)

    def _network(self) -> Any:
        """Return the network, made at the first image."""
        if self._net is None:
            self._net = load_affinity_net(self.affinity_net, self.checkpoint).to(self.device)
        return self._net


def load_affinity_net(config: str, checkpoint: str) -> nn.Module:
    """Return an AffinityNet with its weights, in eval mode, on the CPU.

    Raises:
        UserError: If the config is of another kind, or the weights are missing or those of another
            architecture.
    """
    cfg = Config.fromfile(config)
    model = cfg.get('model') or ConfigDict()
    if model.get('type') != 'ppl_mm.AffinityNet':
        raise UserError(f'{config}: model is not a ppl_mm.AffinityNet, which a random walk needs')
    model.backbone.pop('init_cfg', None)
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')):
        net = MODELS.build(model)
    load_weights(net, read_checkpoint(checkpoint)['state_dict'], checkpoint, whole=True)
    return net.eval()
