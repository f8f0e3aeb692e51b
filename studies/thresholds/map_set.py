"""The raw material: maps, masks and small images of one set, in one npz."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ppl_mm.cams.auto_threshold import AutoThreshold, choose_threshold
from ppl_mm.evaluation.threshold_sweep import DEFAULT_THRESHOLDS
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.utils.files import atomic_write

#: The thresholds of each sweep.
CUTS = np.array(DEFAULT_THRESHOLDS)


@dataclass(frozen=True, eq=False)
class MapImage:
    """One image.

    Args:
        class_ids: The classes of its maps, (n,).
        cam: Its maps in 0..1, (n, h, w).
        mask: The ground truth, (H, W).
        picture: The image at the size of the maps, uint8 (h, w, 3). None: not kept.
        views: The maps of each view, (views, n, h, w). None: not kept.
        refined: PAMR's maps, (n, h', w'). None: not refined.
        scale: What its maps were divided by, (n,). None: not kept.
        absent: A negative's maps of all classes, not divided, (C, h, w). None: not kept.
        score: A negative's probabilities of all classes, (C,). None: not kept.
    """

    class_ids: np.ndarray
    cam: np.ndarray
    mask: np.ndarray
    picture: np.ndarray | None = None
    views: np.ndarray | None = None
    refined: np.ndarray | None = None
    scale: np.ndarray | None = None
    absent: np.ndarray | None = None
    score: np.ndarray | None = None

    @cached_property
    def strongest(self) -> np.ndarray:
        """The score of each cell's strongest class, (h, w)."""
        return self.cam.max(axis=0)

    @cached_property
    def label(self) -> np.ndarray:
        """The label of each cell's strongest class, 1 and up, (h, w)."""
        return self.class_ids[self.cam.argmax(axis=0)] + 1


@dataclass(frozen=True, eq=False)
class MapSet:
    """The images of one set and one network.

    Args:
        name: The data set, a dot, and the network.
        num_classes: Foreground classes.
        images: All of them, negatives too.
    """

    name: str
    num_classes: int
    images: list[MapImage]

    @property
    def family(self) -> str:
        """The data set: what is left out together."""
        return self.name.split('.')[0]

    @cached_property
    def shown(self) -> list[MapImage]:
        """The images with a class."""
        return [one for one in self.images if len(one.class_ids)]

    @cached_property
    def auto(self) -> AutoThreshold:
        """The threshold that the product's rule chooses."""
        return choose_threshold(self.cam_files())

    def cam_files(self) -> Iterator[CamFile]:
        """Yield the maps as the product reads them."""
        for one in self.shown:
            yield CamFile(class_ids=one.class_ids, cam=one.cam, size=one.mask.shape)

    def one_class(self) -> 'MapSet':
        """Return the set with all classes in one, for masks that know objects alone."""
        return MapSet(self.name, 1, [_one_class(one, self.num_classes) for one in self.images])

    def write(self, path: str | os.PathLike) -> None:
        """Write it as an npz of small types."""
        arrays: dict[str, Any] = dict(num_classes=self.num_classes, num_images=len(self.images))
        for k, image in enumerate(self.images):
            for name, value in vars(image).items():
                if isinstance(value, np.ndarray) and name in MapImage.__dataclass_fields__:
                    small = np.float16 if value.dtype.kind == 'f' else value.dtype
                    arrays[f'{name}{k}'] = value.astype(small)
        with atomic_write(path) as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def read(cls, path: str | os.PathLike) -> 'MapSet':
        """Read what :meth:`write` wrote; the name is the file's."""
        fields = MapImage.__dataclass_fields__
        with np.load(path, allow_pickle=False) as file:
            images = []
            for k in range(int(file['num_images'])):
                found = {name: file[f'{name}{k}'] for name in fields if f'{name}{k}' in file}
                floats = {n: v.astype(np.float32) for n, v in found.items() if v.dtype.kind == 'f'}
                images.append(MapImage(**{**found, **floats}))
            return cls(Path(path).stem, int(file['num_classes']), images)


def _one_class(image: MapImage, num_classes: int) -> MapImage:
    mask = np.where((image.mask > 0) & (image.mask <= num_classes), 1, image.mask)
    if not len(image.class_ids):
        return MapImage(image.class_ids, image.cam, mask, image.picture)
    return MapImage(np.zeros(1, np.int16), image.strongest[None], mask, image.picture)
