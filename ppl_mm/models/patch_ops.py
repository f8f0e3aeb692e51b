"""Cut a feature map into a grid of patches, and put it together again.

Pure tensor functions, the patch operation P and the merge operation M of
Progressive Patch Learning (arXiv 2209.07828, Fig. 2).
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from ..errors import UserError

Grid = int | tuple[int, int]
# (H, W); what tensor.shape[-2:] is.
Size = Sequence[int]


def as_grid(grid: Grid) -> tuple[int, int]:
    """Return a grid, K for K x K or (Kh, Kw), as (rows, columns).

    Raises:
        UserError: If it is neither, or a number is below 1.
    """
    pair = grid if isinstance(grid, Sequence) else (grid, grid)
    if len(pair) != 2 or any(type(k) is not int or k < 1 for k in pair):
        raise UserError(f'grid must be an int >= 1 or a pair of them, got {grid!r}')
    rows, columns = pair
    return rows, columns


def pad_to_grid(x: Tensor, grid: Grid, stride: int = 1) -> Tensor:
    """Pad with zeros at right and bottom, so that every patch fits the tail.

    Each side becomes a multiple of K * stride, where ``stride`` is that of the blocks which will
    process the patches: the output of a patch then covers its place in the merged map exactly. A
    grid of 1 is never padded, so that one patch is the map itself.

    Args:
        x: Feature map (B, C, H, W).
        grid: K or (Kh, Kw).
        stride: Stride of the blocks after the cut. Defaults to 1.

    Returns:
        The map (B, C, H + bottom, W + right).
    """
    bottom, right = (
        -side % (k * stride) if k > 1 else 0
        for side, k in zip(x.shape[-2:], as_grid(grid), strict=True)
    )
    return F.pad(x, (0, right, 0, bottom)) if bottom or right else x


def split_patches(x: Tensor, grid: Grid, stride: int = 1) -> Tensor:
    """Fold a grid of equal, non-overlapping patches into the batch (P).

    Patch (i, j) of image b becomes row (b * Kh + i) * Kw + j. Sides that the grid does not divide
    are padded with zeros first, see :func:`pad_to_grid`.

    Args:
        x: Feature map (B, C, H, W).
        grid: K or (Kh, Kw).
        stride: Stride of the blocks that will process the patches; their sides become multiples of
            it.

    Returns:
        Patches (B * Kh * Kw, C, h, w).

    Examples:
        >>> import torch
        >>> split_patches(torch.rand(2, 8, 28, 28), 4).shape
        torch.Size([32, 8, 7, 7])
    """
    rows, columns = as_grid(grid)
    x = pad_to_grid(x, grid, stride)
    batch, channels, height, width = x.shape
    h, w = height // rows, width // columns
    x = x.reshape(batch, channels, rows, h, columns, w)  # (B, C, Kh, h, Kw, w)
    x = x.permute(0, 2, 4, 1, 3, 5)  # (B, Kh, Kw, C, h, w)
    return x.reshape(batch * rows * columns, channels, h, w)


def merge_patches(patches: Tensor, grid: Grid, size: Size | None = None) -> Tensor:
    """Put patches back at their places (M), the inverse of the split.

    Args:
        patches: (B * Kh * Kw, C, h, w), in the order of :func:`split_patches`.
        grid: K or (Kh, Kw).
        size: (H, W) of the map to return; what is beyond, the padding, is cut off. Defaults to the
            whole map.

    Returns:
        Feature map (B, C, H, W).
    """
    rows, columns = as_grid(grid)
    count, channels, h, w = patches.shape
    if count % (rows * columns):
        raise ValueError(f'{count} patches do not make a whole number of {rows} x {columns} grids')
    x = patches.reshape(-1, rows, columns, channels, h, w)  # (B, Kh, Kw, C, h, w)
    x = x.permute(0, 3, 1, 4, 2, 5)  # (B, C, Kh, h, Kw, w)
    x = x.reshape(-1, channels, rows * h, columns * w)
    return x if size is None else x[..., : size[0], : size[1]]
