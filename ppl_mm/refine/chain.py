"""Refiners in a row, then a label: one image from start to end."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from ..errors import UserError, first_line
from ..formats.cam_file import CamFile
from ..registry import LABEL_RULES, REFINERS
from ..utils.config.arguments import keys_beside
from ..utils.config.known_keys import check_part
from ..utils.tiles import ALIGN, MAX_PIXELS, TileGrid, check_max_pixels
from .label_rules import LabelRule
from .lost_objects import with_lost_objects
from .refiner import Refiner
from .scores import Scores


class RefinerChain:
    """Refines the CAMs of an image step by step and labels it.

    Args:
        refiners: Configs of the steps, in order.
        label: Config of the rule that makes the label. Defaults to ``ppl_mm.Strongest``.
        max_pixels: An image with more is refined at the size that has about as many, and the
            scores are enlarged again, so that memory is bounded. Defaults to 4 million.
        tiles: Whether such an image is refined at its own size instead, in tiles of ``max_pixels``
            that overlap. Steps that need the whole image get it. Defaults to False.
        background: False where every pixel belongs to a class; steps that make a background do
            nothing then. Defaults to True.
        least_left: An object of the unrefined label of which less than this share is left is put
            back, see :func:`.with_lost_objects`. Defaults to 0: none is.

    Raises:
        UserError: If a step or the rule can't be built.

    Examples:
        >>> chain = RefinerChain([
        ...     dict(type='ppl_mm.ConstantBackground', threshold=0.3),
        ...     dict(type='ppl_mm.DenseCRF', preset='psa')])
        >>> label = chain(image, read_cam('cams/2007_000032.npz'))  # doctest: +SKIP
    """

    def __init__(
        self,
        refiners: Sequence[dict],
        label: dict | None = None,
        max_pixels: int = MAX_PIXELS,
        tiles: bool = False,
        background: bool = True,
        least_left: float = 0.0,
    ) -> None:
        if not isinstance(max_pixels, int) or max_pixels < 1:
            raise UserError(f'max_pixels={max_pixels} must be a whole number, 1 or more')
        self.steps = [
            _build(REFINERS, step, f'refiners.{at}', keys_beside(refiners, at, 'refiners'))
            for at, step in enumerate(refiners)
        ]
        self.rule = _build(LABEL_RULES, label or dict(type='ppl_mm.Strongest'), 'label')
        self.max_pixels, self.tiles, self.background = max_pixels, tiles, background
        self.least_left = least_left
        self._check_least_left()
        if tiles:
            for part in (*self.steps, self.rule):
                check_max_pixels(max_pixels, part.margin or 0)

    def __call__(self, image: np.ndarray, cam_file: CamFile) -> np.ndarray:
        """Return the label of an image, uint8 (H, W), see :class:`LabelRule`.

        Args:
            image: uint8 RGB, shape ``(H, W, 3)``.
            cam_file: Its maps, of the same ``(H, W)``.

        Raises:
            ValueError: If image and maps do not fit each other.
        """
        return self.refine(image, cam_file)[0]

    def refine(self, image: np.ndarray, cam_file: CamFile) -> tuple[np.ndarray, Scores]:
        """Return the label of an image and the scores that it was made of, see ``__call__``.

        The scores have the size at which they were refined, see ``max_pixels``.
        """
        image, scores = self._run(image, cam_file)
        grid, size = self._grid(self.rule, scores), cam_file.size
        label = grid.stitch(
            lambda window: torch.from_numpy(self.rule(image[window], scores.part(window)))
        ).numpy()
        if label.shape != size:
            label = np.asarray(Image.fromarray(label).resize(size[::-1], Image.Resampling.NEAREST))
        return label, scores

    def scores(self, image: np.ndarray, cam_file: CamFile) -> Scores:
        """Return the refined scores of an image, at its size; see ``__call__``."""
        _, scores = self._run(image, cam_file)
        return scores if scores.size == cam_file.size else _resized(scores, cam_file.size)

    def _run(self, image: np.ndarray, cam_file: CamFile) -> tuple[np.ndarray, Scores]:
        """Return image and scores after all steps, at the size at which they were refined."""
        image, cam_file = self._shrunk(image, cam_file)
        scores = Scores.from_cam(cam_file, self.background)
        start = scores
        for step in self.steps:
            scores = self._refined(step, image, scores)
        if self.least_left:
            scores = with_lost_objects(self._unrefined(image, start), scores, self.least_left)
        return image, scores

    def _unrefined(self, image: np.ndarray, scores: Scores) -> Scores:
        """Return the scores with a background alone."""
        for step in self.steps:
            if step.makes_background:
                scores = step(image, scores)
        return scores

    def _check_least_left(self) -> None:
        share = self.least_left
        is_number = isinstance(share, int | float) and not isinstance(share, bool)
        if not (is_number and 0 <= share <= 1):
            raise UserError(f'least_left={share!r} must be a number in 0..1')
        if share and not any(step.makes_background for step in self.steps):
            raise UserError(
                f'least_left={share} needs a step that makes a background, as '
                'ppl_mm.ConstantBackground'
            )

    def _refined(self, step: Refiner, image: np.ndarray, scores: Scores) -> Scores:
        """Apply a step, in tiles if the image is large, and see whether it has helped."""
        grid = self._grid(step, scores)
        if len(grid) == 1:
            return step.improved(image, scores)
        values = grid.stitch(
            lambda window: torch.from_numpy(step(image[window], scores.part(window)).values)
        )
        refined = replace(scores, values=values.numpy())
        return refined if step.helps(scores, refined) else scores

    def _grid(self, part: Refiner | LabelRule, scores: Scores) -> TileGrid:
        """Return the tiles of an image; one, where a part sees single pixels or needs all."""
        in_tiles = self.tiles and part.margin
        pixels = self.max_pixels if in_tiles else math.prod(scores.size)
        return TileGrid(scores.size, pixels, part.margin or 0, ALIGN)

    def _shrunk(self, image: np.ndarray, cam_file: CamFile) -> tuple[np.ndarray, CamFile]:
        """Return image and maps at the size at which they are refined."""
        size = image.shape[:2]
        if size != cam_file.size:
            raise ValueError(
                f'the image is {size[0]} x {size[1]} (H x W), its CAM was made '
                f'for {cam_file.size[0]} x {cam_file.size[1]}; export it again'
            )
        shrink = 1.0 if self.tiles else min(1.0, math.sqrt(self.max_pixels / math.prod(size)))
        if shrink == 1:
            return image, cam_file
        small = (max(1, int(size[0] * shrink)), max(1, int(size[1] * shrink)))
        shrunk = np.asarray(Image.fromarray(image).resize(small[::-1], Image.Resampling.BILINEAR))
        return shrunk, replace(cam_file, size=small)


def _build(registry, config: dict, key: str, elsewhere: dict[str, str] | None = None):
    """Build a part, or say in one line that it is not a valid part."""
    check_part(registry, config, key, elsewhere)
    try:
        return registry.build(dict(config))
    except UserError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f'{key}: {dict(config)!r} cannot be built ({first_line(error)})') from error


def _resized(scores: Scores, size: tuple[int, int]) -> Scores:
    values = F.interpolate(
        torch.from_numpy(scores.values)[None], size=size, mode='bilinear', align_corners=False
    )[0]
    # Interpolation can round just past the ends of the range.
    return replace(scores, values=values.clamp(0, 1).numpy())
