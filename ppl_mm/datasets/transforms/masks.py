"""Loading of masks for segmentation networks."""

import numpy as np
from mmseg.datasets.transforms import LoadAnnotations

from ...formats.mask_file import channels_from_label, read_mask
from ...registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadMask(LoadAnnotations):
    """mmseg's ``LoadAnnotations``, which reads a mask as all of ppl_mm does.

    mmseg would take the grey of a colour picture for classes, cut 16 bits to 8, and stretch masks
    of 1 and 2 bits. A sample without a mask is all background: :class:`ppl_mm.VOCLayoutDataset`
    lets only negatives have none, images that show none of the classes.

    Required Keys:

    - seg_map_path: '' for a negative without a mask
    - ori_shape
    - reduce_zero_label (optional): whether label 0 is void and a class is its label less 1

    Added Keys:

    - gt_seg_map: uint8 (H, W), channels of the network, 255 = void

    Raises:
        UserError: See :func:`ppl_mm.formats.mask_file.read_mask`.
    """

    def _load_seg_map(self, results: dict) -> None:
        path = results['seg_map_path']
        mask = read_mask(path) if path else np.zeros(results['ori_shape'][:2], np.uint8)
        background = not results.get('reduce_zero_label', False)
        results['gt_seg_map'] = channels_from_label(mask, background)
        results['seg_fields'].append('gt_seg_map')
