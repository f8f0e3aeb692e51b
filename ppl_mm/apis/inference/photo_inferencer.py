"""What the inferencers of classifiers and of segmentation networks share."""

import os
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.apis.base import BaseInferencer

from ...errors import UserError
from ...formats.class_list import NO_BACKGROUND, suggest_class
from ...formats.images.bands import ImageBands
from ...formats.images.checks import naming
from ...utils.config.scope import scope_of
from ...visualization import overlay_label
from .photo_batches import Skip, batches_of
from .photo_inputs import KINDS, ReadPhoto, photo_list, pixels_of
from .trained_model import build_model, find_model


class PhotoInferencer(BaseInferencer):
    """Runs a network, see :func:`.find_model`, on photos that belong to no data set.

    Attributes:
        class_names: The classes that the network scores.
        label_names: The classes of the values of a label, from 0; the first is
            :data:`.class_list.NO_BACKGROUND` where every pixel belongs to a class.
        white_level: White of 16 bits in its data set; None if it had none.
        bands: The bands of its data set; None if it had photos.

    Raises:
        UserError: If there is no such network, it is of another kind, or the checkpoint does not
            match it.
    """

    visualize_kwargs = {'draw'}
    class_names: list[str]

    def __init__(
        self,
        model: str | os.PathLike | Config,
        checkpoint: str | os.PathLike | None = None,
        device: str | torch.device | None = None,
    ) -> None:
        config, self.checkpoint = find_model(model, checkpoint)
        self._check(config)
        self.model: Any  # set by the base class
        super().__init__(build_model(config, self.checkpoint, device))
        self.white_level = self.model._dataset_meta.get('white_level')
        bands = self.model._dataset_meta.get('bands')
        self.bands = None if bands is None else ImageBands.from_record(bands)
        network = getattr(self.model, 'head', self.model)  # a segmentor counts them itself
        known = self.model._dataset_meta.get('classes') or range(network.num_classes)
        self.class_names = list(map(str, known))

    @property
    @abstractmethod
    def label_names(self) -> list[str]:
        """The classes of the values of a label, from 0."""

    @abstractmethod
    def _check(self, config: Config) -> None:
        """Refuse the config of a network of another kind."""

    @abstractmethod
    def steps(self, config: Config) -> list[dict]:
        """Return the transforms that the config applies to a photo; the first one loads."""

    def _init_pipeline(self, config: Config) -> Callable:
        load, *others = self.steps(config)
        with DefaultScope.overwrite_default_scope(scope_of(config)):
            self._load = Compose([load])
            return Compose(others)

    def read(self, item: object, name: str = 'input', white_level: int | None = None) -> ReadPhoto:
        """Read a photo.

        Args:
            item: See :meth:`__call__`.
            name: What messages call it, unless it is a file.
            white_level: White of 16 bits. Defaults to None: that of the network's data set.

        Returns:
            A sample with ``img``, upright: BGR uint8 (H, W, 3), or all bands, float32 (H, W, C).
        """
        white_level = white_level or self.white_level
        if not isinstance(item, str | os.PathLike):
            image = pixels_of(item, name, white_level, self.bands)
            return ReadPhoto(img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2])
        if not str(item):
            raise UserError(f'{name}: is an empty path; {KINDS}')
        sample = dict(img_path=str(item), image_id=Path(item).stem, white_level=white_level)
        with naming(item):
            return ReadPhoto(self._load(dict(sample, bands=self.bands)))

    def picture_of(self, image: np.ndarray) -> np.ndarray:
        """Return what persons see, uint8 RGB (H, W, 3), of the ``img`` of a sample."""
        if self.bands is not None:
            return self.bands.picture(image)
        return np.ascontiguousarray(image[..., ::-1])

    def stream(
        self, samples: Iterable[dict], batch_size: int = 1, skip: Skip | None = None, **options
    ) -> Iterator[dict]:
        """Yield the predictions of many photos, one after another, in little memory.

        Args:
            samples: From :meth:`read`; they are asked for as they are needed.
            batch_size: Photos at once, if their sizes are equal. Defaults to 1.
            skip: Called where the network cannot take the photo that was asked for last, which
                has no prediction then. Defaults to None: the error is raised.
            **options: See :meth:`__call__`.
        """
        before, _, _, after = self._dispatch_kwargs(**options)
        for data in self.preprocess(samples, batch_size, skip=skip, **before):
            yield from self.postprocess(self.forward(data), None, **after)['predictions']

    def preprocess(
        self, inputs: Iterable, batch_size: int = 1, skip: Skip | None = None
    ) -> Iterator[dict]:
        """Load photos, or samples, and return batches of them for the model's ``test_step``.

        Those of a batch follow each other and have one size; for ``skip`` see :meth:`stream`.
        """
        return batches_of(self._samples(inputs), self.pipeline, batch_size, skip)

    def visualize(
        self, inputs: Sequence, preds: Sequence, draw: bool = False
    ) -> list[np.ndarray] | None:
        """Return the photos, RGB, for :meth:`postprocess` to lay the labels over, if any is."""
        if not draw:
            return None
        return [self.picture_of(sample['img']) for sample in self._samples(inputs)]

    def postprocess(
        self,
        preds: Sequence,
        visualization: list[np.ndarray] | None,
        return_datasamples: bool = False,
        **options,
    ) -> dict:
        """Return what :meth:`__call__` does, of data samples of the model, and photos, RGB."""
        found = [self.prediction(one, **options) for one in preds]
        for one in found:
            one['coverage'] = _coverage(one['label'], self.label_names)
        if visualization is not None:
            visualization = [
                overlay_label(photo, one['label'])
                for photo, one in zip(visualization, found, strict=True)
            ]
        return dict(predictions=preds if return_datasamples else found, visualization=visualization)

    @abstractmethod
    def prediction(self, sample: Any, *args: Any, **kwargs: Any) -> dict:
        """Return what is found in a photo: ``label`` (H, W), ``scores``, and more."""

    def known_classes(self, names: Sequence[str] | None) -> list[str] | None:
        """Return class names in the order of their ids, each once; None for None.

        Raises:
            UserError: If a class is unknown.
        """
        if names is None:
            return None
        return [self.class_names[k] for k in sorted(set(map(self._class_id, names)))]

    def _class_id(self, name: str) -> int:
        if name not in self.class_names:
            raise UserError(f"class '{name}' is unknown; {suggest_class(name, self.class_names)}")
        return self.class_names.index(name)

    def _inputs_to_list(self, inputs: object) -> list:
        return photo_list(inputs)

    def _samples(self, inputs: Iterable) -> Iterator[dict]:
        for number, item in enumerate(inputs):
            yield item if isinstance(item, ReadPhoto) else self.read(item, f'input {number}')


def _coverage(label: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Return the share of the pixels of each class."""
    shares = np.bincount(label.ravel(), minlength=256) / label.size
    return {name: float(shares[k]) for k, name in enumerate(names) if name != NO_BACKGROUND}
