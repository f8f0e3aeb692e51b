"""Loading of masks for segmentation networks."""

import numpy as np
from mmseg.datasets.transforms import LoadAnnotations

from ...registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadMask(LoadAnnotations):
    """mmseg's ``LoadAnnotations``; a sample without a mask is all background.

    :class:`ppl_mm.VOCLayoutDataset` lets only negatives have none: images that
    show none of the classes.

    Required Keys:

    - seg_map_path: '' for a negative without a mask
    - ori_shape

    Added Keys:

    - gt_seg_map: uint8 (H, W), 0 = background, 255 = void
    """

    def _load_seg_map(self, results: dict) -> None:
        if results['seg_map_path']:
            return super()._load_seg_map(results)
        results['gt_seg_map'] = np.zeros(results['ori_shape'][:2], np.uint8)
        results['seg_fields'].append('gt_seg_map')
