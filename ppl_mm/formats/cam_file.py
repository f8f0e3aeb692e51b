"""The CAM file: what one image's activation maps look like on disk."""

import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import UserError, first_line
from ..utils.files import atomic_write, check_regular

_KEYS = ('class_ids', 'cam', 'size', 'normalized')
# A label is a class id + 1 in 8 bits, and 255 is taken by "ignore".
_MAX_CLASS_ID = 253


@dataclass(frozen=True, eq=False)
class CamFile:
    """The class activation maps of one image, for its own classes only.

    The arrays are brought to the precision of the file when the object is
    made, so scores are the same before writing and after reading.

    Args:
        class_ids (np.ndarray): Classifier ids, 0 = first foreground class,
            int16, shape ``(n,)``; ``n`` may be 0.
        cam (np.ndarray): float16, shape ``(n, h, w)``; may be coarser than
            the image.
        size (tuple[int, int]): (H, W) of the image in pixels.
        normalized (bool): Whether each map was divided by its own maximum, so
            that values lie in 0..1. Defaults to True.

    Raises:
        ValueError: If the shapes do not fit each other, an id repeats or is
            out of range, or a value is not finite.

    Examples:
        >>> cam = np.zeros((1, 56, 56), np.float16)
        >>> CamFile(class_ids=[3], cam=cam, size=(224, 224))
    """

    class_ids: np.ndarray
    cam: np.ndarray
    size: tuple[int, int]
    normalized: bool = True

    def __post_init__(self):
        with np.errstate(over='ignore'):  # reported below, as not finite
            cam = np.asarray(self.cam).astype(np.float16, copy=False)
        ids = np.asarray(self.class_ids).astype(np.int16, copy=False)
        size = np.asarray(self.size)
        _check(ids, cam, size, bool(self.normalized))
        object.__setattr__(self, 'class_ids', ids)
        object.__setattr__(self, 'cam', cam)
        object.__setattr__(self, 'size', (int(size[0]), int(size[1])))
        object.__setattr__(self, 'normalized', bool(self.normalized))


def _check(ids: np.ndarray, cam: np.ndarray, size: np.ndarray, normalized: bool) -> None:
    """Raise a ValueError where the fields of a CAM file do not agree."""
    if cam.ndim != 3 or ids.shape != cam.shape[:1]:
        raise ValueError(
            f'class_ids of shape {ids.shape} need a cam of shape '
            f'({len(np.atleast_1d(ids))}, h, w), got {cam.shape}'
        )
    if size.shape != (2,) or min(size) < 1:
        raise ValueError(f'size must be (H, W) in pixels, got {size.tolist()}')
    if len(ids) and not cam.size:
        raise ValueError(f'cam has no pixels, its shape is {cam.shape}')
    if len(np.unique(ids)) != len(ids):
        raise ValueError(f'class_ids {ids.tolist()} name a class twice')
    if len(ids) and (ids.min() < 0 or ids.max() > _MAX_CLASS_ID):
        raise ValueError(f'class_ids {ids.tolist()} are not all in 0..{_MAX_CLASS_ID}')
    if not np.isfinite(cam).all():
        raise ValueError('cam has values that are not finite in float16')
    if normalized and cam.size and (cam.min() < 0 or cam.max() > 1):
        raise ValueError(
            f'cam says that it is normalized, but has values from {cam.min():g} to {cam.max():g}'
        )


def cam_path(export_dir: str | os.PathLike, image_id: str) -> Path:
    """Where an export keeps the CAM file of an image.

    Args:
        export_dir (str | PathLike): The folder given to ``export_cam``.
        image_id (str): The image's stem.

    Returns:
        Path: ``export_dir/cams/<image_id>.npz``.
    """
    return Path(export_dir) / 'cams' / f'{image_id}.npz'


def write_cam(path: str | os.PathLike, cam_file: CamFile) -> None:
    """Write a CAM file, whole or not at all.

    Compressed: half the bytes of a plain npz, and reading a map saved at a
    quarter of the image's side costs 0.1 ms more, a tenth of what upsampling
    it costs. The same maps give the same bytes.

    Args:
        path (str | PathLike): The npz to write; its folder is made.
        cam_file (CamFile): The maps.
    """
    with atomic_write(path) as file:
        np.savez_compressed(
            file,
            class_ids=cam_file.class_ids,
            cam=cam_file.cam,
            size=np.array(cam_file.size, np.int32),
            normalized=np.array(cam_file.normalized),
        )


def read_cam(path: str | os.PathLike) -> CamFile:
    """Read a CAM file; nothing in it can run code.

    Args:
        path (str | PathLike): An npz written by :func:`write_cam`.

    Returns:
        CamFile: The maps.

    Raises:
        UserError: If the file is missing, damaged, of another kind, or its
            arrays do not fit each other.
    """
    arrays = _read_arrays(path)
    missing = [key for key in _KEYS if key not in arrays]
    if missing:
        raise UserError(
            f'{path}: not a CAM file of ppl_mm, it has no {missing[0]!r} '
            f'(found: {", ".join(arrays) or "nothing"}); give a folder that '
            'tools/export_cam.py wrote'
        )
    try:
        return CamFile(**{key: arrays[key] for key in _KEYS})
    except (ValueError, TypeError) as error:
        raise UserError(
            f'{path}: {first_line(error)}; delete the file and export it again'
        ) from error


def _read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Every array of an npz by name, with errors that name the file."""
    try:
        check_regular(path)
        with np.load(path, allow_pickle=False) as arrays:
            if not isinstance(arrays, np.lib.npyio.NpzFile):
                raise ValueError('it holds one bare array')
            return {key: arrays[key] for key in arrays.files}
    except FileNotFoundError as error:
        raise UserError(
            f'{path}: no such CAM file; export this image with tools/export_cam.py'
        ) from error
    except UserError:
        raise
    # Python 3.10 has an AttributeError for a bare array in a with statement.
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        TypeError,
        AttributeError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise UserError(
            f'{path}: not a readable CAM file ({first_line(error)}); delete it and export it again'
        ) from error
