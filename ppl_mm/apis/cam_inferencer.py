"""Maps and masks of single photos, from Python."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from mmpretrain.apis.base import BaseInferencer
from mmpretrain.registry import MODELS, TRANSFORMS
from mmpretrain.structures import DataSample

from ..cams import label_from_cam
from ..errors import UserError
from ..formats.cam_file import CamFile
from ..utils.checkpoints import check_checkpoint, resolve_checkpoint
from ..utils.config import read_config
from ..visualization import overlay_label
from .photo_inputs import bgr_of, photos_of
from .threshold_choice import DEFAULT_THRESHOLD

# Where a map is a probability, a class above it is likelier than none.
_EVEN = 0.5


class CAMInferencer(BaseInferencer):
    """Runs a trained classifier on photos, as ``tools/export_cam.py`` does.

    The photos need no data set. What is done to them is the config's
    ``tta_pipeline``; all their views are one batch of the model each.

    Args:
        model: The config of the classifier.
        pretrained: Its checkpoint, or its work folder.
        device: Defaults to a GPU, if there is
            one.

    Raises:
        UserError: If the config can't export, or the checkpoint is not its.

    Examples:
        >>> inferencer = CAMInferencer('configs/demo/cls_progressive_demo.py',
        ...                            'work_dirs/demo/train_ppl')
        >>> found, = inferencer('photo.jpg')['predictions']
        >>> found['classes']
        ['wug']
        >>> found['label'].shape == found['size']
        True
    """

    preprocess_kwargs = {'classes'}
    visualize_kwargs = {'draw'}
    postprocess_kwargs = {'threshold'}

    def __init__(
        self,
        model: str | os.PathLike | Config,
        pretrained: str | os.PathLike,
        device: str | torch.device | None = None,
    ) -> None:
        config = model if isinstance(model, Config) else read_config(Path(model))
        for key in ('tta_model', 'tta_pipeline'):
            if not config.get(key):
                raise UserError(
                    f'{config.filename}: no {key}; add the one of configs/_base_ to export CAMs'
                )
        device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
        self.model: Any  # set by the base class
        super().__init__(config, resolve_checkpoint(pretrained), device)
        check_checkpoint(self.model, resolve_checkpoint(pretrained))
        meta = self.model._dataset_meta or {}
        self.class_names = list(meta.get('classes', ()))
        self.white_level = meta.get('white_level')
        with DefaultScope.overwrite_default_scope('mmpretrain'):
            self.model = MODELS.build(dict(config.tta_model, module=self.model))
        self.model.eval()
        self.softmax = config.tta_model.get('softmax', False)

    def __call__(
        self,
        inputs,
        return_datasamples: bool = False,
        classes: Sequence[str] | None = None,
        draw: bool = False,
        threshold: float | None = None,
    ) -> dict:
        """Find what photos show, and where.

        Args:
            inputs: A photo, a folder of photos, or a list of photos. A photo is
                a path, the bytes of a file, a PIL image, or an array as OpenCV
                orders it: grey (H, W), BGR (H, W, 3) or BGRA (H, W, 4), of
                uint8, of uint16, or of floats from 0 to 1. Transparency, EXIF's
                orientation and 16 bits are treated as in training.
            return_datasamples: Give :class:`CAMTTAModel`'s samples in
                place of dicts. Defaults to False.
            classes: What all of the photos show;
                by default it is predicted.
            draw: Also lay the labels over the photos. Defaults to
                False.
            threshold: Score of the background. Defaults to
                IRN's 0.15, or to 0.5 where maps are probabilities.

        Returns:
            ``predictions``, for each photo a dict of ``scores`` (of
            each class, before the maps are cut), ``classes`` (n names),
            ``cam`` (n, h, w) in 0..1, ``label`` (H, W), uint8: 0 for the
            background, class id + 1, and ``size`` (H, W); and
            ``visualization``, RGB arrays or None.

        Raises:
            UserError: If a class is unknown, or a photo can't be read.
        """
        return super().__call__(
            inputs, return_datasamples, classes=classes, draw=draw, threshold=threshold
        )

    def _init_pipeline(self, config: Config) -> Callable:
        load, *others = config.tta_pipeline
        with DefaultScope.overwrite_default_scope('mmpretrain'):
            self._load = TRANSFORMS.build(load)
            return Compose(others)

    def preprocess(
        self, inputs: list, batch_size: int = 1, classes: Sequence[str] | None = None
    ) -> Iterator[dict]:
        """Load the photos, one after another, since sizes differ.

        Args:
            inputs: Paths or arrays.
            batch_size: Not used.
            classes: See :meth:`__call__`.

        Yields:
            What the model's ``test_step`` takes.
        """
        self.model.classes = 'labels' if classes else 'predicted'
        label = [self._class_id(name) for name in classes or ()]
        for number, item in enumerate(inputs):
            sample = dict(self._image(item, number), gt_label=label)
            yield pseudo_collate([self.pipeline(sample)])

    def _class_id(self, name: str) -> int:
        if name not in self.class_names:
            raise UserError(f'class {name!r}: the classifier knows {", ".join(self.class_names)}')
        return self.class_names.index(name)

    def _inputs_to_list(self, inputs: object) -> list:
        if isinstance(inputs, str | os.PathLike) and os.path.isdir(inputs):
            return photos_of(inputs)
        return super()._inputs_to_list(inputs)

    def _image(self, item: object, number: int) -> dict:
        if isinstance(item, str | os.PathLike):
            sample = dict(img_path=str(item), image_id=Path(item).stem)
            return self._load(dict(sample, white_level=self.white_level))
        image = bgr_of(item, f'input {number}', self.white_level)
        return dict(img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2])

    def visualize(
        self, inputs: list, preds: list[DataSample], draw: bool = False
    ) -> list[np.ndarray] | None:
        """The photos, RGB, for :meth:`postprocess` to lay the labels over.

        Args:
            inputs: Paths or arrays.
            preds: Not used.
            draw: See :meth:`__call__`.

        Returns:
            None where nothing is drawn.
        """
        if not draw:
            return None
        return [self._image(item, number)['img'][..., ::-1] for number, item in enumerate(inputs)]

    def postprocess(
        self,
        preds: list[DataSample],
        visualization: list[np.ndarray] | None,
        return_datasamples: bool = False,
        threshold: float | None = None,
    ) -> dict:
        """Cut the maps.

        Args:
            preds: Of :class:`CAMTTAModel`.
            visualization: The photos, RGB.
            return_datasamples: See :meth:`__call__`.
            threshold: See :meth:`__call__`.

        Returns:
            See :meth:`__call__`.
        """
        if threshold is None:
            threshold = _EVEN if self.softmax else DEFAULT_THRESHOLD
        found = [self._prediction(one, threshold) for one in preds]
        if visualization is not None:
            visualization = [
                overlay_label(photo, one['label'])
                for photo, one in zip(visualization, found, strict=True)
            ]
        return dict(predictions=preds if return_datasamples else found, visualization=visualization)

    def _prediction(self, sample: DataSample, threshold: float) -> dict:
        cam = CamFile.from_sample(sample)
        scores = sample.pred_score.tolist()
        names = self.class_names or [str(k) for k in range(len(scores))]
        return dict(
            scores=dict(zip(names, scores, strict=True)),
            classes=[names[k] for k in cam.class_ids],
            cam=cam.cam,
            size=cam.size,
            label=label_from_cam(cam, threshold),
        )
