"""One CAM from the scaled and flipped views of an image."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseTTAModel
from mmengine.structures import BaseDataElement
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from ..cams import lay_over, normalize_cam
from ..errors import UserError
from ..registry import MODELS
from ..utils.tiles import MAX_PIXELS, check_max_pixels
from ..utils.weights.loading import unwrap_model
from .linear_probe import apply_probe


@MODELS.register_module()
class CAMTTAModel(BaseTTAModel):
    """Averages the CAMs of all views and normalises each class.

    The views of an image (scales, horizontal flip) come from the config's ``tta_pipeline``. As in
    PSA and IRN: ReLU, resize to one size, average, keep the image's classes, divide each by its
    maximum.

    Args:
        module: The CAMClassifier.
        classes: Whose maps are kept: 'labels', the image-level labels of the data set;
            'predicted', the classes whose score, averaged over the views, reaches the head's
            ``thr``; or 'all', to see what maps of absent classes look like. The first two may be
            none: the image is all background then. Defaults to 'labels'.
        cam_stride: The merged map has 1 / cam_stride of the image's side. Defaults to 4, as in IRN.
        relu: 'each', before views are averaged (PSA, IRN), or 'after'. Defaults to 'each'.
        softmax: Whether each view's maps become probabilities of the image's classes beside a
            background of logit 0, as :class:`LabelLoss` trains them, instead of the ReLU. Defaults
            to False.
        full_scale: For each class of the head the maximum from which on a map counts fully; a
            weaker one is dimmed in proportion, since maps of images without the class are as
            strong. Classes that the labels name are there, so theirs are not dimmed. Defaults to
            None: each map counts fully.
        reference: Config of a :class:`.NegativeReference`: the maps of each view are multiplied by
            how unlike the background a cell looks. Defaults to None: they are not.
        probe: Config of a :class:`.LinearProbe`: maps become what it makes of them and of the
            features of cells, see :func:`.apply_probe`. Defaults to None: they stay.
        max_pixels: A view with more goes through the network in tiles, see
            :meth:`CAMClassifier.predict`. Defaults to 4 million.
        background: False where every pixel belongs to a class: of an image without predicted
            classes, that of the highest score is kept. Defaults to True.
        kwargs: See mmengine's ``BaseTTAModel``.
    """

    def __init__(
        self,
        module: dict | nn.Module,
        classes: str = 'labels',
        cam_stride: int = 4,
        relu: str = 'each',
        softmax: bool = False,
        full_scale: Sequence[float] | None = None,
        reference: dict | None = None,
        probe: dict | None = None,
        max_pixels: int = MAX_PIXELS,
        background: bool = True,
        **kwargs,
    ) -> None:
        super().__init__(module, **kwargs)
        check_setting('classes', classes, 'labels', 'predicted', 'all')
        check_setting('relu', relu, 'each', 'after')
        self.classes = classes
        self.cam_stride = cam_stride
        self.relu = relu
        self.softmax = softmax
        self.full_scale = full_scale
        self._classifier.max_pixels = check_max_pixels(max_pixels, name='tta_model.max_pixels')
        self.background = background
        device = next(self._classifier.parameters()).device
        for name, reader in (('reference', reference), ('probe', probe)):
            if reader is not None:
                setattr(self._classifier, name, MODELS.build(reader).to(device))
        divisor = getattr(self._classifier.data_preprocessor, 'pad_size_divisor', 1)
        if divisor > 1:
            raise UserError(
                f'data_preprocessor.pad_size_divisor={divisor} pads images, '
                'and their maps would not lie on them; take it out'
            )

    @staticmethod
    def scale_unit(cfg: Mapping) -> str:
        """Return the unit of ``cam_scale`` for the config of a model."""
        return 'probability' if cfg.get('softmax') else 'logit'

    def test_step(self, data: dict) -> list[DataSample]:
        """Merge the views of a batch, whose images have one size, see :meth:`merge_preds`.

        Raises:
            UserError: If images of a view differ in size: the smaller ones would be padded, and
                their maps stretched over the padding.
        """
        for view in data['inputs']:
            if len({image.shape[-2:] for image in view}) > 1:
                raise UserError(
                    'images of a batch differ in size, and maps would not lie '
                    'on them; set test_dataloader.batch_size=1'
                )
        return super().test_step(data)

    def merge_preds(self, data_samples_list: list[list[DataSample]]) -> list[DataSample]:
        """Merge the views of each image.

        Args:
            data_samples_list: For each image the predictions of its views, with the raw ``cam``
                (num_classes, h, w), ``pred_score`` (num_classes,), with a reference ``unlike`` (h',
                w'), with a probe ``probed`` (num_classes, h', w'), and the metainfo ``ori_shape``,
                ``flip``, ``flip_direction`` and ``cam_extent``, see :meth:`CAMClassifier.predict`.

        Returns:
            For each image ``class_ids`` (n,) and ``cam`` (n, ceil(H / cam_stride), ceil(W /
            cam_stride)), in 0..1, and the averaged ``pred_score``; and for each class
            ``cam_scale`` (n,), the maximum of the averaged map before it was divided by that, and
            ``cam_score`` (n,), its averaged score.
        """
        return [self._merge(views) for views in data_samples_list]

    def _merge(self, views: list[DataSample]) -> DataSample:
        merged = views[0].new()
        # In float32 also where the network computes in half of it.
        score = torch.stack([view.pred_score.float() for view in views]).mean(dim=0)
        class_ids = self._class_ids(merged, score)
        size = [math.ceil(side / self.cam_stride) for side in merged.ori_shape[:2]]
        cam = score.new_zeros(len(class_ids), *size)
        if len(class_ids):
            for view in views:
                cam += self._aligned(view, class_ids, size)
        merged.set_pred_score(score)
        merged.set_field(class_ids, 'class_ids')
        # normalize_cam also cuts what is negative after the average.
        scale = cam.amax(dim=(1, 2)).relu() / len(views)
        cam = self._probed(normalize_cam(cam), views, class_ids)
        merged.set_field(self._dim(cam, scale, class_ids), 'cam')
        merged.set_field(scale, 'cam_scale')
        merged.set_field(score[class_ids], 'cam_score')
        return merged

    def _probed(self, cam: Tensor, views: list[DataSample], class_ids: Tensor) -> Tensor:
        """Return maps (n, h, w) as the probe has them, if there is one."""
        if not cam.numel() or 'probed' not in views[0]:
            return cam
        size = list(cam.shape[1:])
        probed = [_laid(view, view.probed[class_ids], size) for view in views]
        return apply_probe(cam, torch.stack(probed).mean(dim=0))

    def _dim(self, cam: Tensor, scale: Tensor, class_ids: Tensor) -> Tensor:
        """Return maps that are as strong as they are beside those of other images."""
        if self.full_scale is None or self.classes == 'labels':
            return cam
        full = scale.new_tensor(self.full_scale)[class_ids]
        strength = torch.where(full > 0, scale / full, 1).clamp(max=1)  # (n,)
        return cam * strength[:, None, None]

    def _class_ids(self, sample: DataSample, score: Tensor) -> Tensor:
        if self.classes == 'labels':
            return labelled_ids(sample, score.device)
        if self.classes == 'all':
            return torch.arange(len(score), device=score.device)
        lowest = self._classifier.head.thr
        if not self.background:
            lowest = min(lowest, float(score.max()))
        return torch.nonzero(score >= lowest)[:, 0]

    @property
    def _classifier(self) -> Any:
        return unwrap_model(self)

    def _aligned(self, view: DataSample, class_ids: Tensor, size: list[int]) -> Tensor:
        """Return the view's maps (n, *size), upright, of the kept classes."""
        cam = view.cam[class_ids].float()
        if self.softmax:
            cam = F.pad(cam, (0, 0, 0, 0, 1, 0)).softmax(dim=0)[1:]
        elif self.relu == 'each':
            cam = cam.relu()
        cam = _laid(view, cam, size)
        return cam * _laid(view, view.unlike[None], size) if 'unlike' in view else cam


def _laid(view: DataSample, maps: Tensor, size: list[int]) -> Tensor:
    """Return maps of a view at a size, upright."""
    maps = lay_over(maps, size, view.get('cam_extent', (1, 1)))
    if not view.get('flip'):
        return maps
    if view.flip_direction != 'horizontal':
        raise UserError(
            f'tta_pipeline: flip direction {view.flip_direction!r} '
            "is not supported; use 'horizontal'"
        )
    return maps.flip(-1)


def check_setting(name: str, value: str, *known: str) -> None:
    """Refuse a setting of a ``tta_model`` that is not one of those known."""
    if value not in known:
        raise UserError(f'tta_model.{name}={value!r}: use one of {" or ".join(map(repr, known))}')


def labelled_ids(sample: BaseDataElement, device: torch.device) -> Tensor:
    """Return the ids (n,) of an image's classes, sorted, as the labels of the data set say.

    Raises:
        UserError: They are not known.
    """
    labels = sample.get('gt_label')
    if labels is None:
        raise UserError(
            f'{sample.get("img_path")}: the classes of the image are not known; export with '
            '--classes predicted'
        )
    return torch.as_tensor(labels, dtype=torch.long, device=device).unique()
