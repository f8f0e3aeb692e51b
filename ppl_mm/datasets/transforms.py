"""Loading with errors that name the file, and the crop of PSA and IRN."""

from collections.abc import Sequence
from functools import lru_cache

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform, LoadAnnotations, LoadImageFromFile
from mmcv.transforms.utils import cache_randomness
from mmengine import fileio
from PIL import Image

from ..errors import UserError
from ..formats.image_file import decode_image
from ..formats.mask_file import IGNORE
from ..registry import TRANSFORMS


@lru_cache
def _colours(values: tuple[float, ...], channels: int, dtype: np.dtype) -> list[float]:
    """The colour around a small image, as its channels can hold it."""
    colours = np.array(values)
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        colours = np.clip(np.rint(colours), limits.min, limits.max)
    return np.broadcast_to(colours, channels).tolist()


@TRANSFORMS.register_module()
class LoadImage(LoadImageFromFile):
    """Load an image as BGR; a bad file is named in one line.

    As Pillow loads it, see :func:`decode_image`: OpenCV alone would fill a
    truncated file up with grey.

    Required Keys:

    - img_path

    Added Keys:

    - img
    - img_shape
    - ori_shape

    Args:
        to_float32 (bool): Whether to return float32 instead of uint8.
            Defaults to False.
        imdecode_backend (str): Decoder of :func:`mmcv.imfrombytes`. Defaults
            to 'pillow'.
        **kwargs: Further arguments of mmcv's LoadImageFromFile.
    """

    def __init__(
        self, to_float32: bool = False, imdecode_backend: str = 'pillow', **kwargs
    ) -> None:
        super().__init__(to_float32=to_float32, imdecode_backend=imdecode_backend, **kwargs)

    def transform(self, results: dict) -> dict | None:
        """Load ``results['img_path']``.

        Args:
            results (dict): A sample.

        Returns:
            dict | None: The sample with its image.

        Raises:
            UserError: The file is missing, unreadable or truncated.
        """
        path = results['img_path']
        try:
            return self._transform(results)
        except FileNotFoundError:
            raise UserError(
                f'{path}: the image is missing; restore it or take it out of the split'
            ) from None
        # SyntaxError is Pillow's word for a broken PNG.
        except (
            OSError,
            SyntaxError,
            ValueError,
            AssertionError,
            Image.DecompressionBombError,
        ) as error:
            reason = ' '.join(str(error).split())[:120]
            raise UserError(
                f'{path}: the image cannot be read ({reason}); replace the file'
            ) from None

    def _transform(self, results: dict) -> dict | None:
        asked = (self.imdecode_backend, self.color_type, self.ignore_empty)
        if asked != ('pillow', 'color', False):
            return super().transform(results)
        image = decode_image(fileio.get(results['img_path'], backend_args=self.backend_args))
        if self.to_float32:
            image = image.astype(np.float32)
        results['img'] = image
        results['img_shape'] = results['ori_shape'] = image.shape[:2]
        return results


@TRANSFORMS.register_module()
class LoadLabel(LoadAnnotations):
    """Load the pseudo-label of an image; a bad file is named in one line.

    Required Keys:

    - img
    - seg_map_path

    Added Keys:

    - gt_seg_map: uint8 (H, W), 0 = background, class id + 1, 255 = ignore

    Raises:
        UserError: The data set has no labels, or the file is unreadable or
            of another size than the image.
    """

    def __init__(self) -> None:
        super().__init__(
            with_bbox=False, with_label=False, with_seg=True, imdecode_backend='pillow'
        )

    def transform(self, results: dict) -> dict:
        """Load ``results['seg_map_path']``."""
        path = results.get('seg_map_path')
        if path is None:
            raise UserError(
                f'{results["img_path"]}: has no pseudo-label; '
                'give the data set label_dir, the folder that '
                'tools/export_cam.py or tools/refine.py wrote'
            )
        try:
            results = super().transform(results)
        except (OSError, SyntaxError, ValueError) as error:
            reason = ' '.join(str(error).split())[:120]
            raise UserError(f'{path}: the label cannot be read ({reason}); export again') from None
        found, wanted = results['gt_seg_map'].shape, results['img'].shape[:2]
        if found != wanted:
            raise UserError(
                f'{path}: the label is of shape {found}, its image of {wanted}; export again'
            )
        return results


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
        min_size (int): Smallest length of the long side in pixels.
        max_size (int): Largest length, included.
        interpolation (str): Of :func:`mmcv.imresize`. Defaults to 'bicubic'.
    """

    def __init__(self, min_size: int, max_size: int, interpolation: str = 'bicubic') -> None:
        if not 0 < min_size <= max_size:
            raise ValueError(f'expect 0 < min_size <= max_size, got {min_size} and {max_size}')
        self.min_size = min_size
        self.max_size = max_size
        self.interpolation = interpolation

    def transform(self, results: dict) -> dict:
        """Resize ``results['img']``.

        Args:
            results (dict): A sample.

        Returns:
            dict: The same sample.
        """
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
            f'{type(self).__name__}(min_size={self.min_size}, '
            f'max_size={self.max_size}, '
            f"interpolation='{self.interpolation}')"
        )


@TRANSFORMS.register_module()
class RandomFillCrop(BaseTransform):
    """Crop at random; an image that is too small lies at a random place.

    The crop of PSA (Ahn and Kwak, CVPR 2018) and IRN (Ahn et al., CVPR 2019).
    mmpretrain's RandomCrop pads both sides alike, so that a small image always
    lies in the middle.

    Required Keys:

    - img

    Modified Keys:

    - img
    - img_shape
    - gt_seg_map (if present): around a small image lies 255, to be ignored

    Args:
        crop_size (int | Sequence[int]): Size of the crop, (height, width).
        pad_value (Sequence[float]): Colour around a small image, in the order
            of the image's channels (BGR when just loaded). Give the mean that
            the data preprocessor subtracts, so that it becomes zero; in a
            uint8 image it is rounded. Defaults to ImageNet's mean.
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
        """Crop or pad ``results['img']`` to ``crop_size``.

        Args:
            results (dict): A sample.

        Returns:
            dict: The same sample.
        """
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
            colours = _colours(self.pad_value, len(planes), planes.dtype)
            rows, columns = target
            for plane, colour in zip(planes, colours, strict=True):
                plane[: rows.start] = plane[rows.stop :] = colour
                middle = plane[rows]
                middle[:, : columns.start] = colour
                middle[:, columns.stop :] = colour
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
        """Where the crop lies in its free range, each in [0, 1)."""
        return tuple(np.random.random_sample(2))

    @staticmethod
    def _overlap(side: int, wanted: int, place: float) -> tuple[slice, slice]:
        """What the crop and the image share along one side."""
        offset = int(place * (abs(side - wanted) + 1))
        in_target, in_source = (0, offset) if side > wanted else (offset, 0)
        length = min(side, wanted)
        return (slice(in_target, in_target + length), slice(in_source, in_source + length))

    def __repr__(self) -> str:
        return f'{type(self).__name__}(crop_size={self.crop_size}, pad_value={self.pad_value})'
