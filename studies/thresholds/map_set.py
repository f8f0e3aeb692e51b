"""The raw material: maps, masks and small images of one set, in one npz."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ppl_mm.evaluation.threshold_sweep import DEFAULT_THRESHOLDS
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
    """

    class_ids: np.ndarray
    cam: np.ndarray
    mask: np.ndarray
    picture: np.ndarray | None = None
    views: np.ndarray | None = None
    refined: np.ndarray | None = None

    @cached_property
    def strongest(self) -> np.ndarray:
        """The score of each cell's strongest class, (h, w)."""
        return self.cam.max(axis=0)


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
