"""Refinement, a dense CRF above all, of what a segmentation network says."""

from collections.abc import Sequence

import torch
from mmengine.structures import PixelData
from mmseg.models.segmentors.seg_tta import SegTTAModel
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from ..errors import UserError
from ..formats.images.image_file import read_image
from ..models.segmentation.padding import check_padding
from ..registry import MODELS
from ..utils.weights.loading import unwrap_model
from .chain import RefinerChain
from .scores import Scores


@MODELS.register_module()
class RefinedSegTTAModel(SegTTAModel):
    """Averages the probabilities of all views, then refines them.

    A dense CRF is the last step of the published tests of DeepLab. mmseg's SegTTAModel averages
    only.

    Args:
        module: The network; its channel 0 is background.
        refiners: Config of one refiner or of several, in order, as ``dict(type='ppl_mm.DenseCRF',
            preset='deeplab_v2')``.
        min_probability: A class that stays below it at every pixel of an image is left out, which
            saves most of the time. Defaults to 0.01; 0 keeps all.
        **kwargs: See mmengine's ``BaseTTAModel``.

    Raises:
        UserError: If a refiner can't be built, the network has a single channel, or
            :func:`check_padding` refuses it.
    """

    def __init__(
        self,
        module: dict | nn.Module,
        refiners: dict | Sequence[dict],
        min_probability: float = 0.01,
        **kwargs,
    ) -> None:
        super().__init__(module, **kwargs)
        if self.module.out_channels < 2:
            raise UserError(
                'ppl_mm.RefinedSegTTAModel needs a channel for the background; set out_channels=2'
            )
        check_padding(unwrap_model(self))
        refiners = [refiners] if isinstance(refiners, dict) else refiners
        self.steps = RefinerChain(refiners).steps
        self.min_probability = min_probability

    def merge_preds(self, data_samples_list: list[list[SegDataSample]]) -> list[SegDataSample]:
        """Return for each image its first view with the refined ``pred_sem_seg``.

        Args:
            data_samples_list: For each image the predictions of its views, whose ``seg_logits``
                (C, H, W) have the size of the file ``img_path``.

        Raises:
            UserError: If an image and its prediction differ in size.
        """
        return [self._merge(views) for views in data_samples_list]

    def _merge(self, views: list[SegDataSample]) -> SegDataSample:
        probability = sum(view.seg_logits.data.float().softmax(dim=0) for view in views) / len(
            views
        )
        merged = views[0]
        label = self._label(probability, merged.img_path)
        merged.set_data(dict(pred_sem_seg=PixelData(data=label)))
        return merged

    def _label(self, probability: Tensor, path: str) -> Tensor:
        """Return labels (1, H, W) out of probabilities (C, H, W)."""
        present = probability.amax(dim=(1, 2)) >= self.min_probability
        present[0] = True
        channels = torch.nonzero(present)[:, 0]
        values = probability[channels].clamp(0, 1).cpu().numpy()
        scores = Scores(values, channels[1:].cpu().numpy() - 1)
        image = read_image(path)
        try:
            for step in self.steps:
                scores = step.improved(image, scores)
        except ValueError as error:
            raise UserError(f'{path}: {error}') from error
        strongest = torch.from_numpy(scores.values.argmax(axis=0))
        return channels[strongest.to(channels.device)][None]
