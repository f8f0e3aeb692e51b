"""Random changes of colours, of photos and of images with bands."""

import numpy as np
from mmseg.datasets.transforms import PhotoMetricDistortion as _PhotoMetricDistortion

from ...registry import TRANSFORMS


@TRANSFORMS.register_module()
class PhotoMetricDistortion(_PhotoMetricDistortion):
    """mmseg's ``PhotoMetricDistortion``, which takes images with bands as well.

    Photos, uint8 (H, W, 3), are changed as in mmseg. Bands, float32 in 0 to 255 (H, W, C), have no
    hue and no saturation: their brightness and contrast are changed, by the same random numbers,
    all bands alike, and nothing is rounded.

    Required Keys:

    - img

    Modified Keys:

    - img
    """

    def transform(self, results: dict) -> dict:
        """Change ``results['img']``."""
        if results['img'].dtype == np.uint8:
            return super().transform(results)
        image = self.brightness(results['img'])
        results['img'] = self.contrast(image)
        return results

    def convert(self, img: np.ndarray, alpha: float = 1, beta: float = 0) -> np.ndarray:
        """Return ``img * alpha + beta`` within 0 to 255, of the same type."""
        if img.dtype == np.uint8:
            return super().convert(img, alpha, beta)
        return np.clip(img * np.float32(alpha) + np.float32(beta), 0, 255)
