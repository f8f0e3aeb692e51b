"""The scores of one image: what every refiner takes and gives."""

from dataclasses import dataclass, replace

import numpy as np

from ..cams import image_maps
from ..formats.cam_file import CamFile
from ..utils.tiles import Window


@dataclass(frozen=True, eq=False)
class Scores:
    """How strongly each pixel of an image speaks for each of its classes.

    Args:
        values: float32 in 0..1, shape ``(1 + n, H, W)``, the background first; ``n`` may be 0.
            Values need not add up to 1.
        class_ids: Classifier ids of channels 1 .. n, 0 = first foreground class, int16, shape
            ``(n,)``.
        has_background: Whether channel 0 means something yet; CAMs know no background, a
            background step makes it. Defaults to True.
        no_background: Whether every pixel belongs to a class: channel 0 stays 0, and stands for
            pixels for which no class speaks. Defaults to False.

    Raises:
        ValueError: If shapes do not fit each other, or a value is not finite or outside 0..1.
    """

    values: np.ndarray
    class_ids: np.ndarray
    has_background: bool = True
    no_background: bool = False

    def __post_init__(self):
        values = np.asarray(self.values, np.float32)
        ids = np.asarray(self.class_ids, np.int16)
        if values.ndim != 3 or ids.shape != (max(len(values) - 1, 0),):
            raise ValueError(
                f'scores of shape {values.shape} and class ids of shape {ids.shape}: expect '
                '(1 + n, H, W) and (n,)'
            )
        if not values.size:
            raise ValueError(f'scores of shape {values.shape} have no pixels')
        # A NaN fails both comparisons.
        if not (values.min() >= 0 and values.max() <= 1):
            raise ValueError(
                f'scores must be finite and in 0..1, got {values.min():g} to {values.max():g}'
            )
        object.__setattr__(self, 'values', values)
        object.__setattr__(self, 'class_ids', ids)

    @classmethod
    def from_cam(cls, cam_file: CamFile, background: bool = True) -> 'Scores':
        """Return the maps of a CAM file at the image's size, without a background.

        Args:
            cam_file: Normalized maps.
            background: See :func:`ppl_mm.cams.image_maps`.

        Raises:
            ValueError: If the maps are raw, so in no common range.
        """
        if not cam_file.normalized:
            raise ValueError(
                'the CAM file holds raw maps; refinement needs normalized ones, export them again'
            )
        # Interpolation can round just past the ends of the range.
        maps = image_maps(cam_file, background).clamp(0, 1).numpy()
        nothing = np.zeros((1, *cam_file.size), np.float32)
        return cls(
            np.concatenate([nothing, maps]),
            cam_file.class_ids,
            has_background=False,
            no_background=not background,
        )

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.values.shape[1:]

    @property
    def lacks_background(self) -> bool:
        """Whether a step has still to make the background."""
        return not (self.has_background or self.no_background)

    def part(self, window: Window) -> 'Scores':
        """Return the scores of a part of the image."""
        return replace(self, values=self.values[:, window[0], window[1]])

    @property
    def foreground(self) -> np.ndarray:
        """The classes without the background, shape ``(n, H, W)``."""
        return self.values[1:]
