"""The CAM file: what one image's activation maps look like on disk."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UserError, first_line
from ..utils.files import atomic_write
from .npz_file import read_npz

# A label is a class id + 1 in 8 bits, and 255 is taken by "ignore".
_MAX_CLASS_ID = 253
_REQUIRED = ('class_ids', 'cam', 'size', 'normalized')
_OPTIONAL = ('scale', 'score')


@dataclass(frozen=True, eq=False)
class CamFile:
    """The class activation maps of one image, for its own classes only.

    The arrays are brought to the precision of the file when the object is made, so scores are the
    same before writing and after reading.

    Args:
        class_ids: Classifier ids, 0 = first foreground class, int16, shape ``(n,)``; ``n`` may be
            0.
        cam: float16, shape ``(n, h, w)``; may be coarser than the image.
        size: (H, W) of the image in pixels.
        normalized: Whether each map was divided by its own maximum, so that values lie in 0..1.
            Defaults to True.
        scale: What each map was divided by: its maximum after the views were merged, float32,
            shape ``(n,)``, 0 or more. In logits, or probabilities where maps are probabilities.
            Defaults to None: not known.
        score: How strongly the whole image shows each class, a probability, float32, shape
            ``(n,)``. Defaults to None: not known.

    Raises:
        ValueError: If the shapes do not fit each other, an id repeats or is out of range, or a
            value is of another kind or not finite.

    Examples:
        >>> cam = np.zeros((1, 56, 56), np.float16)
        >>> CamFile(class_ids=[3], cam=cam, size=(224, 224)).size
        (224, 224)
    """

    class_ids: np.ndarray
    cam: np.ndarray
    size: tuple[int, int]
    normalized: bool = True
    scale: np.ndarray | None = None
    score: np.ndarray | None = None

    def __post_init__(self):
        ids = _class_ids(self.class_ids)
        cam = _maps(self.cam, ids)
        normalized = _flag(self.normalized)
        if normalized and cam.size and (cam.min() < 0 or cam.max() > 1):
            raise ValueError(
                f'cam says that it is normalized, but has values from {cam.min():g} '
                f'to {cam.max():g}'
            )
        vars(self).update(
            class_ids=ids,
            cam=cam,
            size=_size(self.size),
            normalized=normalized,
            scale=_per_class('scale', self.scale, len(ids)),
            score=_per_class('score', self.score, len(ids)),
        )

    @classmethod
    def from_sample(cls, sample: Any) -> 'CamFile':
        """Return the maps that a test-time augmented model gave for an image.

        Args:
            sample: A data sample, or the dict of one: ``class_ids`` (n,), ``cam`` (n, h, w),
                normalized, ``ori_shape`` (H, W), and optionally ``cam_scale`` and ``cam_score``
                (n,); tensors on any device.
        """
        scale, score = sample.get('cam_scale'), sample.get('cam_score')
        return cls(
            class_ids=_array(sample.get('class_ids')),
            cam=_array(sample.get('cam')),
            size=tuple(sample.get('ori_shape')[:2]),
            scale=None if scale is None else _array(scale),
            score=None if score is None else _array(score),
        )


def _array(values: Any) -> np.ndarray:
    """Return a tensor, whose type NumPy may not know, as an array."""
    if not hasattr(values, 'detach'):
        return np.asarray(values)
    values = values.detach().cpu()
    return (values.float() if values.is_floating_point() else values).numpy()


def _class_ids(values: Any) -> np.ndarray:
    ids = np.asarray(values)
    if ids.size and ids.dtype.kind not in 'iu':
        raise ValueError(f'class_ids must be integers, got {ids.dtype}')
    if ids.ndim != 1:
        raise ValueError(f'class_ids must have the shape (n,), got {ids.shape}')
    if len(ids) and (ids.min() < 0 or ids.max() > _MAX_CLASS_ID):
        raise ValueError(f'class_ids {ids.tolist()} are not all in 0..{_MAX_CLASS_ID}')
    if len(np.unique(ids)) != len(ids):
        raise ValueError(f'class_ids {ids.tolist()} name a class twice')
    return ids.astype(np.int16, copy=False)


def _maps(values: Any, ids: np.ndarray) -> np.ndarray:
    cam = np.asarray(values)
    if cam.dtype.kind not in 'fiub':
        raise ValueError(f'cam must be real numbers, got {cam.dtype}')
    if cam.ndim != 3 or ids.shape != cam.shape[:1]:
        raise ValueError(
            f'class_ids of shape {ids.shape} need a cam of shape ({len(ids)}, h, w), '
            f'got {cam.shape}'
        )
    if len(ids) and not cam.size:
        raise ValueError(f'cam has no pixels, its shape is {cam.shape}')
    with np.errstate(over='ignore'):  # reported below, as not finite
        cam = cam.astype(np.float16, copy=False)
    if not np.isfinite(cam).all():
        raise ValueError('cam has values that are not finite in float16')
    return cam


def _size(values: Any) -> tuple[int, int]:
    size = np.asarray(values)
    if size.shape != (2,) or size.dtype.kind not in 'iu' or size.min() < 1:
        raise ValueError(f'size must be (H, W) in pixels, got {size.tolist()}')
    return int(size[0]), int(size[1])


def _flag(value: Any) -> bool:
    flag = np.asarray(value)
    if flag.shape != () or flag.dtype.kind != 'b':
        raise ValueError(f'normalized must be true or false, got {flag.tolist()!r}')
    return bool(flag)


def _per_class(name: str, values: Any, n: int) -> np.ndarray | None:
    """Return a number for each class as float32."""
    if values is None:
        return None
    numbers = np.asarray(values)
    if numbers.shape != (n,) or numbers.dtype.kind not in 'fiu':
        raise ValueError(
            f'{name} must be {n} real numbers, got {numbers.dtype} of shape {numbers.shape}'
        )
    numbers = numbers.astype(np.float32, copy=False)
    if not np.isfinite(numbers).all() or numbers.min(initial=0) < 0:
        raise ValueError(f'{name} must be finite and 0 or more, got {numbers.tolist()}')
    return numbers


def write_cam(path: str | os.PathLike, cam_file: CamFile) -> None:
    """Write a CAM file, whole or not at all; the same maps give the same bytes.

    Compressed: half the bytes of a plain npz, and reading a map saved at a quarter of the image's
    side costs 0.1 ms more, a tenth of what upsampling it costs.
    """
    arrays = dict(vars(cam_file), size=np.array(cam_file.size, np.int32))
    with atomic_write(path) as file:
        np.savez_compressed(file, **{k: v for k, v in arrays.items() if v is not None})


def read_cam(path: str | os.PathLike) -> CamFile:
    """Read a CAM file that :func:`write_cam` has written; nothing in it can run code.

    Raises:
        UserError: If the file is missing, damaged, of another kind, or its arrays do not fit each
            other; see also :func:`ppl_mm.formats.npz_file.read_npz`.
    """
    arrays: dict[str, Any] = read_npz(path, 'CAM file', _REQUIRED, _OPTIONAL)
    try:
        return CamFile(**arrays)
    except (ValueError, TypeError) as error:
        raise UserError(
            f'{path}: {first_line(error)}; delete the file and export it again'
        ) from error
