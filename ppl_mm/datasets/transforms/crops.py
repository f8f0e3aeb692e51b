"""Random sizes and crops, as PSA and IRN train with."""

from collections.abc import Sequence
from functools import lru_cache

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness

from ...formats.mask_file import IGNORE
from ...registry import TRANSFORMS


@lru_cache
def _colours(values: tuple[float, ...], channels: int, dtype: np.dtype) -> list[float]:
    """Return the colour around a small image, as its channels can hold it."""
    colours = np.array(values)
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        colours = np.clip(np.rint(colours), limits.min, limits.max)
    return np.broadcast_to(colours, channels).tolist()


def _fill_around(planes: np.ndarray, window: tuple[slice, slice], colours: Sequence[float]) -> None:
    """Paint each plane (C, H, W) in its colour, but for a window (rows, columns)."""
    rows, columns = window
    for plane, colour in zip(planes, colours, strict=True):
        plane[: rows.start] = plane[rows.stop :] = colour
        middle = plane[rows]
        middle[:, : columns.start] = middle[:, columns.stop :] = colour


@TRANSFORMS.register_module()
class RandomResizeLong(BaseTransform):
    """Resize the long side to a random length, keeping the aspect ratio.

    Required Keys:

    - img

    Modified Keys:

    - img
    - img_shape
    - gt_seg_map (if present): to the nearest neighbour

    Args:
        min_size: Smallest length of the long side in pixels.
        max_size: Largest length, included.
        interpolation: Of :func:`mmcv.imresize`. Defaults to 'bicubic'.
    """

    def __init__(self, min_size: int, max_size: int, interpolation: str = 'bicubic') -> None:
        if not 0 < min_size <= max_size:
            raise ValueError(f'expect 0 < min_size <= max_size, got {min_size} and {max_size}')
        self.min_size = min_size
        self.max_size = max_size
        self.interpolation = interpolation

    def transform(self, results: dict) -> dict:
        """Resize ``results['img']``."""
        height, width = results['img'].shape[:2]
        scale = self._random_length() / max(height, width)
        size = tuple(max(1, round(side * scale)) for side in (width, height))
        results['img'] = mmcv.imresize(results['img'], size, interpolation=self.interpolation)
        results['img_shape'] = results['img'].shape[:2]
        if 'gt_seg_map' in results:
            results['gt_seg_map'] = mmcv.imresize(
                results['gt_seg_map'], size, interpolation='nearest'
            )
        return results

    @cache_randomness
    def _random_length(self) -> int:
        return np.random.randint(self.min_size, self.max_size + 1)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(min_size={self.min_size}, max_size={self.max_size}, '
            f"interpolation='{self.interpolation}')"
        )


@TRANSFORMS.register_module()
class RandomFillCrop(BaseTransform):
    """Crop at random; an image that is too small lies at a random place.

    The crop of PSA (Ahn and Kwak, CVPR 2018) and IRN (Ahn et al., CVPR 2019). mmpretrain's
    RandomCrop pads both sides alike, so that a small image always lies in the middle.

    Required Keys:

    - img

    Modified Keys:

    - img
    - img_shape
    - gt_seg_map (if present): around a small image lies 255, to be ignored

    Args:
        crop_size: Size of the crop, (height, width).
        pad_value: Colour around a small image, in the order of the image's channels (BGR when just
            loaded). Give the mean that the data preprocessor subtracts, so that it becomes zero;
            in a uint8 image it is rounded. Defaults to ImageNet's mean.
    """

    def __init__(
        self, crop_size: int | Sequence[int], pad_value: Sequence[float] = (103.53, 116.28, 123.675)
    ) -> None:
        if isinstance(crop_size, int):
            crop_size = (crop_size, crop_size)
        if len(crop_size) != 2 or min(crop_size) < 1:
            raise ValueError(f'expect (height, width) > 0, got {crop_size}')
        self.crop_size = tuple(crop_size)
        self.pad_value = tuple(pad_value)

    def transform(self, results: dict) -> dict:
        """Crop or pad ``results['img']`` to ``crop_size``."""
        image = results['img']  # (H, W, C)
        overlaps = (
            self._overlap(side, wanted, place)
            for side, wanted, place in zip(
                image.shape, self.crop_size, self._random_place(), strict=False
            )
        )
        target, source = zip(*overlaps, strict=True)
        # In memory channel by channel: packing needs no second copy.
        planes = np.empty((image.shape[2], *self.crop_size), image.dtype)
        crop, part = planes.transpose(1, 2, 0), image[source]
        if part.shape != crop.shape:
            _fill_around(planes, target, _colours(self.pad_value, len(planes), planes.dtype))
        crop[target] = part
        results['img'] = crop
        results['img_shape'] = crop.shape[:2]
        if 'gt_seg_map' in results:
            label = np.full(self.crop_size, IGNORE, np.uint8)
            label[target] = results['gt_seg_map'][source]
            results['gt_seg_map'] = label
        return results

    @cache_randomness
    def _random_place(self) -> tuple[float, float]:
        """Return where the crop lies in its free range, each in [0, 1)."""
        return tuple(np.random.random_sample(2))

    @staticmethod
    def _overlap(side: int, wanted: int, place: float) -> tuple[slice, slice]:
        """Return what the crop and the image share along one side."""
        offset = int(place * (abs(side - wanted) + 1))
        in_target, in_source = (0, offset) if side > wanted else (offset, 0)
        length = min(side, wanted)
        return (slice(in_target, in_target + length), slice(in_source, in_source + length))

    def __repr__(self) -> str:
        return f'{type(self).__name__}(crop_size={self.crop_size}, pad_value={self.pad_value})'
