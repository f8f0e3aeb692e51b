"""A fully connected CRF: labels follow the edges of the image."""

import math
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import UserError
from ..registry import REFINERS
from .refiner import Refiner
from .scores import Scores

#: Published settings; ``sxy`` in pixels, ``srgb`` in grey levels of 255.
PRESETS = {
    # CAMs of PSA (Ahn and Kwak, CVPR 2018) and SEAM (Wang et al., CVPR 2020).
    'psa': dict(
        iterations=10,
        unary='scores',
        gaussian=dict(sxy=3, compat=3),
        bilateral=dict(sxy=80, srgb=13, compat=10),
    ),
    # The confident regions of IRN (Ahn et al., CVPR 2019).
    'irn': dict(
        iterations=10,
        unary='labels',
        gaussian=dict(sxy=3, compat=3),
        bilateral=dict(sxy=50, srgb=5, compat=10),
    ),
    # Tests of DeepLab-v2 (kazuto1011/deeplab-pytorch).
    'deeplab_v2': dict(
        iterations=10,
        unary='scores',
        gaussian=dict(sxy=1, compat=3),
        bilateral=dict(sxy=67, srgb=3, compat=4),
    ),
    # Tests of the DeepLab-v1 that SEAM's pseudo-labels train.
    'deeplab_v1': dict(
        iterations=1,
        unary='scores',
        gaussian=dict(sxy=3, compat=3),
        bilateral=dict(sxy=32, srgb=13, compat=10),
    ),
}
UNARIES = ('scores', 'labels')
#: The least probability: -log(0) would forbid a label for good.
SMALLEST = 1e-5


@REFINERS.register_module()
class DenseCRF(Refiner):
    """Mean-field inference in the dense CRF of Kraehenbuehl and Koltun.

    NIPS 2011, computed by pydensecrf. Only the image's own classes and the background take part. A
    preset is a published setting, see ``PRESETS``; any of its values can be replaced.

    Args:
        preset: 'psa' (CAMs of PSA and SEAM), 'irn' (IRN's confident regions), 'deeplab_v2' or
            'deeplab_v1' (after segmentation). Defaults to 'psa'.
        iterations: Steps of the mean field.
        gaussian: Smoothing by distance: ``sxy`` in pixels and ``compat``, the weight; what is left
            out stays the preset's.
        bilateral: Smoothing by distance and colour: ``sxy``, ``srgb`` in grey levels of 255,
            ``compat``.
        unary: 'scores': minus their logarithm; 'labels': the strongest channel of each pixel is
            right with ``gt_prob``.
        gt_prob: See ``unary``. Defaults to 0.7, as IRN has it.
        scale: How many times smaller the images are than VOC's, whose longer side is 500 pixels;
            each ``sxy`` is divided by it. Defaults to 1.
        kept: A chain leaves an image as it is if the CRF leaves one of its classes less than this
            part of the pixels of which it was the strongest: a CRF erases what is small or hardly
            differs from what is around. Defaults to 0: it may.

    Raises:
        UserError: If a value is none of these, or pydensecrf is missing.

    Examples:
        >>> refiner = dict(type='ppl_mm.DenseCRF', preset='psa', bilateral=dict(srgb=5))
    """

    def __init__(
        self,
        preset: str = 'psa',
        iterations: int | None = None,
        gaussian: Mapping[str, float] | None = None,
        bilateral: Mapping[str, float] | None = None,
        unary: str | None = None,
        gt_prob: float = 0.7,
        scale: float = 1.0,
        kept: float = 0.0,
    ) -> None:
        if preset not in PRESETS:
            raise UserError(
                f'ppl_mm.DenseCRF: preset={preset!r} is not one of {", ".join(PRESETS)}'
            )
        if not scale > 0:
            raise UserError(f'ppl_mm.DenseCRF: scale={scale} must be above 0')
        if not 0 <= kept <= 1:
            raise UserError(f'ppl_mm.DenseCRF: kept={kept} must be in 0..1')
        self.kept, known = kept, PRESETS[preset]
        self.settings: dict[str, Any] = dict(
            iterations=known['iterations'] if iterations is None else iterations,
            gaussian=_kernel('gaussian', known, gaussian, scale),
            bilateral=_kernel('bilateral', known, bilateral, scale),
            unary=unary or known['unary'],
            gt_prob=gt_prob,
        )
        _check(**self.settings)
        kernels = (self.settings['gaussian'], self.settings['bilateral'])
        # Three standard deviations. Pixels farther off matter by way of nearer ones, so in tiles
        # the result is close to that of the whole image, not equal.
        self.margin = math.ceil(3 * max(kernel['sxy'] for kernel in kernels))
        _pydensecrf()  # missing, it is missed now and not after an hour

    def helps(self, before: Scores, after: Scores) -> bool:
        """Return whether each class keeps enough of its pixels, see ``kept``."""
        return bool((_strongest(after) >= self.kept * _strongest(before)).all())

    def refine(self, image: np.ndarray, scores: Scores) -> Scores:
        """Return the probability of each channel after the CRF."""
        values = scores.values.copy()
        taking_part = values[1:] if scores.no_background else values
        taking_part[:] = dense_crf(image, taking_part, **self.settings)
        return replace(scores, values=values)


def _strongest(scores: Scores) -> np.ndarray:
    """Return of how many pixels each class is the strongest channel, (n,)."""
    channels = len(scores.values)
    return np.bincount(scores.values.argmax(axis=0).ravel(), minlength=channels)[1:]


def dense_crf(
    image: np.ndarray,
    scores: np.ndarray,
    iterations: int,
    gaussian: Mapping[str, float],
    bilateral: Mapping[str, float],
    unary: str = 'scores',
    gt_prob: float = 0.7,
) -> np.ndarray:
    """Run a dense CRF on an image, uint8 RGB (H, W, 3); see :class:`DenseCRF` for the settings.

    Returns:
        Marginal probabilities, float32, of the shape ``(C, H, W)`` of the scores, in 0..1, that add
        up to 1 at each pixel; one channel alone is returned as it is.

    Examples:
        >>> refined = dense_crf(image, scores, **PRESETS['psa'])  # doctest: +SKIP
    """
    channels, height, width = scores.shape
    if channels < 2:
        return scores
    energy = _energy_of_scores(scores) if unary == 'scores' else _energy_of_labels(scores, gt_prob)
    field = _pydensecrf().DenseCRF2D(width, height, channels)
    field.setUnaryEnergy(energy)
    field.addPairwiseGaussian(**gaussian)
    # Pillow's arrays are read-only, which pydensecrf refuses.
    field.addPairwiseBilateral(rgbim=np.require(image, np.uint8, ['C', 'W']), **bilateral)
    marginals = np.array(field.inference(iterations), np.float32)
    # Rounding can go just past 1.
    return marginals.reshape(scores.shape).clip(0, 1)


def _energy_of_scores(scores: np.ndarray) -> np.ndarray:
    """Return minus the logarithm, float32, shape ``(C, H * W)``."""
    energy = -np.log(np.clip(scores, SMALLEST, 1), dtype=np.float32)
    return np.ascontiguousarray(energy.reshape(len(scores), -1))


def _energy_of_labels(scores: np.ndarray, gt_prob: float) -> np.ndarray:
    """Return the same of labels; the other channels share what is left."""
    labels = scores.reshape(len(scores), -1).argmax(axis=0)
    other = (1 - gt_prob) / (len(scores) - 1)
    right = labels == np.arange(len(scores))[:, None]
    return -np.log(np.where(right, gt_prob, other)).astype(np.float32)


def _kernel(
    name: str, preset: dict, changes: Mapping[str, float] | None, scale: float
) -> dict[str, float]:
    """Return the settings of a kernel: the preset's with changes, at the scale."""
    if unknown := set(changes or ()) - set(preset[name]):
        raise UserError(
            f'ppl_mm.DenseCRF: {name} has no {", ".join(sorted(unknown))}; it '
            f'has {", ".join(preset[name])}'
        )
    kernel = {**preset[name], **(changes or {})}
    for key, value in kernel.items():
        if not (value > 0 or (key == 'compat' and value == 0)):
            raise UserError(f'ppl_mm.DenseCRF: {name} {key}={value} must be above 0')
    return kernel | dict(sxy=kernel['sxy'] / scale)


def _check(iterations: int, unary: str, gt_prob: float, **_: dict) -> None:
    if iterations < 0:
        raise UserError(f'ppl_mm.DenseCRF: iterations={iterations} must be 0 or more')
    if unary not in UNARIES:
        raise UserError(f'ppl_mm.DenseCRF: unary={unary!r} is not one of {", ".join(UNARIES)}')
    if not 0 < gt_prob < 1:
        raise UserError(f'ppl_mm.DenseCRF: gt_prob={gt_prob} must be between 0 and 1')


def _pydensecrf() -> ModuleType:
    """Return the package, imported late: only this refiner needs it."""
    try:
        from pydensecrf import densecrf
    except ImportError as error:
        raise UserError(
            f'ppl_mm.DenseCRF: pydensecrf is missing ({error}); pip install '
            'pydensecrf2 works on every Python of ppl_mm (on 3.13 add '
            '--no-build-isolation, after pip install "cython>=3")'
        ) from error
    return densecrf
