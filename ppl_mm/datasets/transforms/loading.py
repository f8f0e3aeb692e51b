"""Loading images and pseudo-labels, with errors that name the file."""

import numpy as np
from mmcv.transforms import BaseTransform, LoadImageFromFile

from ...errors import UserError
from ...formats.images.checks import check_sides, naming
from ...formats.images.image_file import read_pixels
from ...formats.mask_file import read_mask
from ...registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadImage(LoadImageFromFile):
    """Load an image as every other part of this project reads it.

    See :func:`ppl_mm.formats.images.image_file.read_pixels`: a photo as BGR, upright, 8 bits,
    without transparency; 16 bits are scaled by the sample's ``white_level`` if it has one, else by
    the data set's. Images with bands have all of them, by the sample's ``bands`` or the data set's.

    Required Keys:

    - img_path

    Added Keys:

    - img: uint8 (H, W, 3), or float32; float32 (H, W, C) in 0 to 255 where there are bands
    - img_shape
    - ori_shape

    Args:
        to_float32: Whether to return float32 instead of uint8. Defaults to False.
        imdecode_backend: Decoder of :func:`mmcv.imfrombytes`. Any but 'pillow', the default, is
            mmcv's own way of loading.
        **kwargs: Further arguments of mmcv's LoadImageFromFile.
    """

    def __init__(
        self, to_float32: bool = False, imdecode_backend: str = 'pillow', **kwargs
    ) -> None:
        super().__init__(to_float32=to_float32, imdecode_backend=imdecode_backend, **kwargs)

    def transform(self, results: dict) -> dict | None:
        """Load ``results['img_path']``.

        Raises:
            UserError: The file is missing or cannot be read, see
                :func:`~ppl_mm.formats.images.image_file.read_pixels`, or too small, see
                :func:`~ppl_mm.formats.images.checks.check_sides`.
        """
        path = results['img_path']
        asked = (self.imdecode_backend, self.color_type, self.ignore_empty)
        if asked != ('pillow', 'color', False):
            with naming(path):
                return super().transform(results)
        image = read_pixels(
            path, results.get('white_level'), results.get('bands'), self.backend_args
        )
        with naming(path):
            check_sides(image.shape[1::-1])
        results['img_shape'] = results['ori_shape'] = image.shape[:2]
        results['img'] = image.astype(np.float32) if self.to_float32 else image
        return results


@TRANSFORMS.register_module()
class LoadLabel(BaseTransform):
    """Load the pseudo-label of an image; a bad file is named in one line.

    Required Keys:

    - img
    - seg_map_path

    Added Keys:

    - gt_seg_map: uint8 (H, W), 0 = background, class id + 1, 255 = ignore

    Raises:
        UserError: The data set has no labels, or the file is unreadable or of another size than
            the image.
    """

    def transform(self, results: dict) -> dict:
        """Load ``results['seg_map_path']``."""
        path = results.get('seg_map_path')
        if path is None:
            raise UserError(
                f'{results["img_path"]}: has no pseudo-label; give the data set label_dir, the '
                'folder that tools/export_cam.py or tools/refine.py wrote'
            )
        label = read_mask(path)
        wanted = results['img'].shape[:2]
        if label.shape != wanted:
            raise UserError(
                f'{path}: the label is of shape {label.shape}, its image of {wanted}; export again'
            )
        results['gt_seg_map'] = label
        return results
