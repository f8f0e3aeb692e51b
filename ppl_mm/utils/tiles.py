"""Tiles: large images bit by bit, in bounded memory, with the result of the whole."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from ..errors import UserError

#: Above it an image goes through a network in tiles: 4 megapixels.
MAX_PIXELS = 4_000_000
#: What a network sees of the image around a tile, in pixels on each side. Half of the receptive
#: field of ResNet-50 at output stride 16.
MARGIN = 256
#: Where tiles begin: at multiples of it at most. Output strides of networks divide it.
ALIGN = 32

#: Rows and columns of an image.
Window = tuple[slice, slice]
#: What a tile is of a side, and what is kept of the tile.
Span = tuple[slice, slice]


def check_max_pixels(value: object, margin: int = MARGIN, name: str = 'max_pixels') -> int:
    """Return the most pixels of a tile, if it can be that.

    Args:
        value: As a user gives it.
        margin: Pixels around a tile that are seen, but not kept.
        name: What messages call it.

    Raises:
        UserError: If it is not a whole number, or a tile would have little but its margin.
    """
    least = max(1, 3 * margin, 2 * (_up(margin, ALIGN) + ALIGN) if margin else 1) ** 2
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UserError(
            f'{name}={value!r} must be a whole number, {least} or more: a tile shares {margin} '
            'pixels with each neighbour'
        )
    return value


@dataclass(frozen=True)
class Side:
    """How one side of an image is cut.

    Args:
        length: The pixels of the side.
        window: The pixels of a tile along it, margins included.
        step: From one tile to the next; the last one ends where the image ends.
    """

    length: int
    window: int
    step: int

    @classmethod
    def cut(cls, length: int, longest: int, margin: int, align: int) -> 'Side':
        """Return how a side of a length is cut into tiles of at most the ``longest``, in pixels.

        Tiles begin at multiples of ``align``, and exceed such a multiple by as much as the whole
        side does. So a network whose stride divides it sees each pixel at the same place of a cell
        as in the whole image, whichever way it pads. For ``margin`` see :func:`check_max_pixels`.
        """
        if length <= longest:
            return cls(length, length, length)
        window = longest - (longest - length) % align
        inner = window - 2 * _up(margin, align)
        return cls(length, window, max(align, inner // align * align))

    @property
    def starts(self) -> list[int]:
        """Where tiles begin."""
        return [*range(0, self.length - self.window, self.step), self.length - self.window]

    def spans(self, align: int) -> list[Span]:
        """Return for each tile what it is of the side, and what of the tile is kept.

        What is kept begins and ends at multiples of ``align``, see :meth:`cut`.
        """
        starts = self.starts
        between = [(a + self.window + b) // 2 // align * align for a, b in pairwise(starts)]
        edges = pairwise([0, *between, self.length])
        return [
            (slice(start, start + self.window), slice(first - start, last - start))
            for start, (first, last) in zip(starts, edges, strict=True)
        ]


def _up(number: int, align: int) -> int:
    """Return the next multiple of ``align``."""
    return -(-number // align) * align


class TileGrid:
    """The tiles of an image: squares that overlap, of which the middle is kept.

    An image of at most ``max_pixels`` is one tile.

    Args:
        size: (H, W) of the image.
        max_pixels: The most pixels of a tile.
        margin: Pixels around what is kept of a tile that are seen, too. What depends on no more
            of the image is the same as in the whole image.
        align: See :meth:`Side.cut`. Defaults to 1.

    Examples:
        >>> grid = TileGrid((4, 10), max_pixels=16, margin=1)
        >>> grid.sides[1].starts
        [0, 2, 4, 6]
        >>> image = torch.arange(40.0).reshape(4, 10)
        >>> bool((grid.stitch(lambda window: image[window]) == image).all())
        True
    """

    def __init__(
        self, size: Sequence[int], max_pixels: int, margin: int = MARGIN, align: int = 1
    ) -> None:
        whole = math.prod(size) <= max_pixels
        longest = max(size) if whole else math.isqrt(max_pixels)
        self.align = align
        self.sides = [Side.cut(side, longest, margin, align) for side in size]

    def __len__(self) -> int:
        return math.prod(len(side.starts) for side in self.sides)

    def stitch(self, function: Callable[[Window], Tensor], stride: int = 1) -> Tensor:
        """Return what a function makes of all tiles, as one map.

        Args:
            function: From a tile's part of the image to its map (.., h, w).
            stride: Pixels of a cell of the map, a divisor of ``align``. Defaults to 1.

        Returns:
            (.., H / stride, W / stride), rounded as the function does.
        """
        return self.stitch_all(lambda window: [function(window)], [stride])[0]

    def stitch_all(
        self, function: Callable[[Window], Sequence[Tensor]], strides: Sequence[int]
    ) -> list[Tensor]:
        """Return what a function makes of all tiles, as :meth:`stitch` does, but several maps.

        Args:
            function: From a tile's part of the image to its maps.
            strides: Those of the maps; there may be more than maps.
        """
        rows, columns = (side.spans(self.align) for side in self.sides)
        if len(self) == 1:
            return list(function((rows[0][0], columns[0][0])))

        def kept(row: Span, column: Span) -> list[Tensor]:
            """Return copies of what is kept, so that no whole tile stays in memory."""
            (down, middle), (across, center) = row, column
            return [
                made[..., _cells(middle, down, stride), _cells(center, across, stride)].clone()
                for made, stride in zip(function((down, across)), strides, strict=False)
            ]

        lines = [_joined([kept(row, column) for column in columns], dim=-1) for row in rows]
        return _joined(lines, dim=-2)


def _joined(parts: Sequence[Sequence[Tensor]], dim: int) -> list[Tensor]:
    return [torch.cat(maps, dim=dim) for maps in zip(*parts, strict=True)]


def _cells(kept: slice, tile: slice, stride: int) -> slice:
    """Return the cells of a tile's map that are kept; a last tile is kept to its end."""
    last = None if kept.stop == tile.stop - tile.start else kept.stop // stride
    return slice(kept.start // stride, last)
