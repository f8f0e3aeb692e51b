"""Maps of a segmentation network, in the place of a classifier's CAMs."""

import math
from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from mmengine.model import BaseTTAModel
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from ...cams import normalize_cam
from ...errors import UserError
from ...registry import MODELS
from ...utils.tiles import MAX_PIXELS
from ...utils.weights.loading import unwrap_model
from ..cam_tta import check_setting, labelled_ids
from .padding import check_padding
from .slide import slide_over_large_images


@MODELS.register_module()
class SegMapTTAModel(BaseTTAModel):
    """Averages what a segmentation network sees of the image's classes.

    In each view, the logits of the image's classes and of the background become probabilities. So
    pixels that the network assigns to an absent class go to a class that is present. The average
    over the views is divided by its maximum for each class, as a CAM is: the image does show the
    class. ``tools/export_cam.py`` writes these maps as it writes CAMs.

    Args:
        module: The network; its channel 0 is background, if there is one.
        classes: Whose maps are kept: 'labels', the image-level labels of the data set; or
            'predicted', the classes that are somewhere the likeliest. Defaults to 'labels'.
        cam_stride: The map has 1 / cam_stride of the image's side. Defaults to 4, the stride of
            DeepLab-v3+'s decoder.
        max_pixels: A view with more goes through the network in tiles, see
            :func:`.slide_over_large_images`. Defaults to 4 million.
        background: False where every pixel belongs to a class, and the network has a channel for
            each class alone. Defaults to True.
        kwargs: See mmengine's ``BaseTTAModel``.

    Raises:
        UserError: If ``classes`` is neither, the network has a single channel, or
            :func:`check_padding` refuses it.
    """

    def __init__(
        self,
        module: dict | nn.Module,
        classes: str = 'labels',
        cam_stride: int = 4,
        max_pixels: int = MAX_PIXELS,
        background: bool = True,
        **kwargs,
    ) -> None:
        super().__init__(module, **kwargs)
        check_setting('classes', classes, 'labels', 'predicted')
        network: Any = unwrap_model(self)
        if network.out_channels < 2:
            raise UserError(
                'ppl_mm.SegMapTTAModel needs a channel for the background; set out_channels=2'
            )
        check_padding(network)
        slide_over_large_images(network, max_pixels)
        self.classes = classes
        self.cam_stride = cam_stride
        self.background = background

    @staticmethod
    def scale_unit(cfg: Mapping) -> str:
        """Return the unit of ``cam_scale``: maps are probabilities."""
        return 'probability'

    def merge_preds(self, data_samples_list: list[list[SegDataSample]]) -> list[SegDataSample]:
        """Merge the views of each image.

        Args:
            data_samples_list: For each image the predictions of its views: ``seg_logits`` (C, H,
                W), upright and of the image's size, and the metainfo ``ori_shape``, ``image_id``
                and ``gt_label``, the ids of its classes.

        Returns:
            For each image ``class_ids`` (n,) and ``cam`` (n, ceil(H / cam_stride), ceil(W /
            cam_stride)), in 0..1, and ``cam_scale`` (n,), the maximum of each map before it was
            divided by that.
        """
        return [self._merge(views) for views in data_samples_list]

    def _merge(self, views: list[SegDataSample]) -> SegDataSample:
        logits = [view.seg_logits.data.float() for view in views]
        class_ids = self._class_ids(views[0], logits)
        channels, first = class_ids, 0
        if self.background:
            channels, first = F.pad(class_ids + 1, (1, 0)), 1  # the background first
        maps = sum(view_logits[channels].softmax(dim=0)[first:] for view_logits in logits)
        height, width = views[0].ori_shape[:2]
        size = (math.ceil(height / self.cam_stride), math.ceil(width / self.cam_stride))
        merged = views[0].new(data={})
        merged.set_field(class_ids, 'class_ids')
        # Each cell is the mean of its pixels.
        maps = F.adaptive_avg_pool2d(maps, size) if len(maps) else maps.new_zeros(0, *size)
        merged.set_field(normalize_cam(maps), 'cam')
        merged.set_field(maps.amax(dim=(1, 2)) / len(logits), 'cam_scale')
        return merged

    def _class_ids(self, sample: SegDataSample, logits: list[Tensor]) -> Tensor:
        if self.classes == 'labels':
            return labelled_ids(sample, logits[0].device)
        probabilities = [view_logits.softmax(dim=0) for view_logits in logits]
        found = sum(probabilities[1:], probabilities[0]).argmax(dim=0).unique()
        return found[found > 0] - 1 if self.background else found
