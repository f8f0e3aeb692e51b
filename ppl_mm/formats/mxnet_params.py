"""MXNet's ``.params`` files, read without MXNet.

All numbers are little-endian (mxnet src/ndarray/ndarray.cc, NDArray::Save and Load; dmlc-core
serializer.h for lists; nnvm tuple.h for shapes; mshadow base.h for types). A file is::

    uint64  0x112                    what makes it a list of arrays
    uint64  0                        reserved
    uint64  n, then n arrays
    uint64  n, or 0 without names, then n times: uint64 length, bytes

An array begins with a uint32 that tells its version:

==========  ===========================================================
0xF993FACA  int32 storage (0), shape, context, type, data; a shape of no
            sides is a number, of -1 sides nothing at all
0xF993FAC9  the same; a shape of no sides is nothing at all
0xF993FAC8  without the storage
others      the number of sides itself: those follow as uint32
==========  ===========================================================

A shape is an int32 number of sides and each side as int64. The context is two int32, kind and
number of the device. Then an int32 type and the raw data, row by row. An array of nothing ends
after its shape. Storages but 0 are sparse, which no network's weights are.
"""

import math
import os
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..errors import UserError

LIST_MAGIC = 0x112
V1_MAGIC, V2_MAGIC, V3_MAGIC = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_TYPES = dict(enumerate(('<f4', '<f8', '<f2', 'u1', '<i4', 'i1', '<i8', '?')))
_MOST_SIDES = 32


def read_params(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read all arrays of a ``.params`` file, in its order; what MXNet calls a none array is empty.

    Args:
        path: As saved by ``mxnet.nd.save`` with names, or by ``Module.save_checkpoint``, which
            puts ``arg:`` or ``aux:`` before each name.

    Raises:
        UserError: If there is no such file, it is another kind of file, truncated, or holds what
            this reader does not know.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f'{path}: no such file; give the path of a .params file')
    with path.open('rb') as file:
        reader = _Reader(file, path)
        if reader.left < 16 or reader.number('<Q') != LIST_MAGIC:
            raise UserError(
                f'{path} is not a .params file of MXNet: it does not begin with {LIST_MAGIC:#x}'
            )
        reader.number('<Q')
        arrays = [reader.array() for _ in range(reader.number('<Q'))]
        names = [reader.name() for _ in range(reader.number('<Q'))]
        if reader.left:
            raise UserError(
                f'{path} is damaged: {reader.left:,} bytes follow its last name; get it again'
            )
    if len(set(names)) != len(arrays) or len(names) != len(arrays):
        raise UserError(
            f'{path} holds {len(arrays)} arrays and {len(set(names))} names: weights need one each'
        )
    return dict(zip(names, arrays, strict=True))


class _Reader:
    """Takes one thing after another from an open file, and never beyond its end."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file, self.path = file, path
        self.left = os.fstat(file.fileno()).st_size

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if size > self.left:
            raise UserError(
                f'{self.path} is truncated or damaged: {size:,} bytes are expected where '
                f'{self.left:,} are left; get it again'
            )
        self.left -= size
        return self.file.read(size)

    def number(self, kind: str) -> int:
        """Return the next number, of a kind as ``struct`` names them."""
        return struct.unpack(kind, self.take(struct.calcsize(kind)))[0]

    def name(self) -> str:
        """Return the next text, which follows its length."""
        text = self.take(self.number('<Q'))
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            raise UserError(
                f'{self.path} is damaged: a name in it is not text; get it again'
            ) from error

    def array(self) -> np.ndarray:
        """Return the next array, of any version of the format."""
        magic = self.number('<I')
        if magic in (V2_MAGIC, V3_MAGIC) and (storage := self.number('<i')):
            raise UserError(
                f'{self.path} holds a sparse array (storage {storage}), which is not read: '
                "save it with tostype('default')"
            )
        is_known = magic in (V1_MAGIC, V2_MAGIC, V3_MAGIC)
        sides, kind = (self.number('<i'), '<q') if is_known else (magic, '<I')
        shape = self._shape(sides, kind)
        if sides < 0 or (sides == 0 and magic != V3_MAGIC):
            return np.empty(0, np.float32)
        self.take(8)  # the device that it was on
        flag = self.number('<i')
        if flag not in _TYPES:
            raise UserError(
                f'{self.path} holds an array of type {flag}, which is not read: save it as float32'
            )
        dtype = np.dtype(_TYPES[flag])
        data = self.take(math.prod(shape) * dtype.itemsize)
        return np.frombuffer(data, dtype).reshape(shape)

    def _shape(self, sides: int, kind: str) -> list[int]:
        if sides > _MOST_SIDES:
            raise UserError(
                f'{self.path} is damaged, or newer than this reader: an array begins with '
                f'{sides:#x}; get it again, or save it with MXNet 1.x'
            )
        shape = [self.number(kind) for _ in range(sides)]
        if any(side < 0 for side in shape):
            raise UserError(
                f'{self.path} is damaged: an array has the shape {tuple(shape)}; get it again'
            )
        return shape
