"""Masks of single photos, from a segmentation network."""

import os
from collections.abc import Sequence

import numpy as np
import torch
from mmengine.config import Config
from mmseg.structures import SegDataSample
from torch import Tensor

from ..datasets.pipelines import without_masks
from ..errors import UserError
from ..formats.class_list import BACKGROUND, label_names
from ..formats.mask_file import label_from_channels
from ..models.segmentation.known_classes import label_among
from ..models.segmentation.slide import slide_over_large_images
from ..utils.config.scope import is_segmentation
from ..utils.tiles import MAX_PIXELS
from .inference.photo_inferencer import PhotoInferencer

# Of large photos, probabilities are computed in strips of so many rows.
_ROWS = 256


class SegInferencer(PhotoInferencer):
    """Runs a trained segmentation network on photos, as ``tools/test.py`` does.

    The photos need no data set. What is done to them is the pipeline of the
    config's ``test_dataloader``, without masks.

    Args:
        model: The folder of ``tools/make_masks.py``, a work folder, or a
            checkpoint in one; or a config, with ``checkpoint``.
        checkpoint: The checkpoint of the config, or its work folder.
        device: Defaults to a GPU, if there is one.
        max_pixels: An image with more, as the network sees it, goes through it in tiles, see
            :func:`.slide_over_large_images`. Defaults to None: 4 million.

    Raises:
        UserError: If there is no such network, or the checkpoint does not match it.

    Examples:
        >>> inferencer = SegInferencer('work_dirs/seg_deeplab_own')
        >>> found, = inferencer('photo.jpg')['predictions']
        >>> found['label'].shape == found['size']
        True
    """

    postprocess_kwargs = {'classes', 'all_shown'}

    def __init__(
        self,
        model: str | os.PathLike | Config,
        checkpoint: str | os.PathLike | None = None,
        device: str | torch.device | None = None,
        max_pixels: int | None = None,
    ) -> None:
        super().__init__(model, checkpoint, device)
        slide_over_large_images(self.model, MAX_PIXELS if max_pixels is None else max_pixels)

    @property
    def label_names(self) -> list[str]:
        """The classes; the background is one of them, if the network knows it."""
        names = self.class_names
        return list(label_names(names, background=False)) if self._begins_at_1 else names

    @property
    def _begins_at_1(self) -> bool:
        """Whether the data had labels from 1 on, so that channel 0 is label 1."""
        return bool(self.model._dataset_meta.get('reduce_zero_label', False))

    def __call__(
        self,
        inputs,
        return_datasamples: bool = False,
        classes: Sequence[str] | None = None,
        draw: bool = False,
        batch_size: int = 1,
        all_shown: bool = False,
    ) -> dict:
        """Label the pixels of photos.

        Args:
            inputs: See :meth:`CAMInferencer.__call__`.
            return_datasamples: Give mmseg's samples instead of dicts. Defaults to False.
            classes: Give pixels only these classes, and the background. Defaults to None: all.
            draw: Also lay the labels over the photos. Defaults to False.
            batch_size: Photos at once, if they follow each other and have one size. Defaults to 1.
            all_shown: The photos show each of ``classes``, so each is somewhere
                in the label, see :func:`.label_among`. Defaults to False.

        Returns:
            ``predictions``, for each photo a dict of ``label`` (H, W), uint8, class ids, of the
            size of the photo as viewers show it, ``size`` (H, W), ``classes``, the names of the
            classes in it but for the background, ``scores``, the highest probability of each class
            at any pixel, and ``coverage``, the share of the pixels of each class; and
            ``visualization``, RGB arrays or None.

        Raises:
            UserError: If a class is unknown, or a photo can't be read.
        """
        return super().__call__(
            inputs, return_datasamples, batch_size, classes=classes, draw=draw, all_shown=all_shown
        )

    def prediction(
        self, sample: SegDataSample, classes: Sequence[str] | None = None, all_shown: bool = False
    ) -> dict:
        """Return the label and the scores of a sample of mmseg, see :meth:`__call__`."""
        logits = sample.seg_logits.data  # (C, H, W)
        label = sample.pred_sem_seg.data[0]
        if classes is not None:
            label = self._among(logits, classes, all_shown)
        label = label_from_channels(label.cpu().numpy(), not self._begins_at_1)
        present = [self.label_names[k] for k in np.unique(label)]
        return dict(
            label=label,
            size=label.shape,
            classes=[name for name in present if name != BACKGROUND],
            scores=dict(zip(self.class_names, _scores(logits).tolist(), strict=True)),
        )

    def _among(self, logits: Tensor, classes: Sequence[str], all_shown: bool) -> Tensor:
        """Return the label (H, W) if a pixel can only be of some classes."""
        if len(logits) == 1:
            raise UserError('classes: cannot be chosen for a network with a single channel')
        ids = set(map(self._class_id, classes))
        background = None
        if BACKGROUND in self.class_names:
            background = self._class_id(BACKGROUND)
            ids.add(background)
        return label_among(logits, sorted(ids), background, all_shown)

    def _check(self, config: Config) -> None:
        if not is_segmentation(config):
            raise UserError(f'{config.filename}: of a classifier; CAMInferencer runs it')

    def steps(self, config: Config) -> list[dict]:
        """Return the transforms of a test, without masks."""
        loader = config.get('test_dataloader') or {}
        steps = loader.get('dataset', {}).get('pipeline') or config.get('test_pipeline')
        if not steps:
            raise UserError(f'{config.filename}: no test_pipeline; add the one of configs/_base_')
        return without_masks(steps)


def _scores(logits: Tensor) -> Tensor:
    """Return the highest probability (C,) of each class at any pixel of logits (C, H, W)."""
    if len(logits) == 1:  # mmseg gives the probability of class 1 then
        return torch.stack([1 - logits.min(), logits.max()]).float()
    strips = logits.split(_ROWS, dim=1)
    return torch.stack([one.float().softmax(dim=0).amax(dim=(1, 2)) for one in strips]).amax(dim=0)
