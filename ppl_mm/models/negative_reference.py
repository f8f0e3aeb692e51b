"""How unlike the background a cell of an image looks, by the distance of its features."""

import os
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import UserError
from ..formats.npz_file import read_npz
from ..registry import MODELS
from ..utils.files import atomic_write

#: Cells of the background that others are compared with.
CELLS = 2000
#: Quantiles of the distances of held-out background: below the first a cell counts as background,
#: from the second on it counts fully.
QUANTILES = (0.1, 0.99)
_DISTANCES = 2**22  # at once: 16 MB
_ARRAYS = ('cells', 'widths', 'spread', 'ends')


@MODELS.register_module()
class NegativeReference(nn.Module):
    """Tells how unlike the background each cell of an image looks.

    The distance of a cell's features to the nearest of some cells that show none of the classes,
    as PatchCore finds defects (Roth et al., CVPR 2022, arXiv 2106.08265): features of two blocks
    from the middle of the network, each averaged over 3 x 3 cells. Instead of PatchCore's coreset
    the cells are drawn at random, :data:`CELLS` of them, so memory is bounded. A map that is
    multiplied by it is finer, since these features are, and weaker where the image looks as where
    the class is not.

    Args:
        path: The file of :func:`write_reference`.

    Raises:
        UserError: If it is missing, damaged, or of another kind.
    """

    cells: Tensor
    spread: Tensor

    def __init__(self, path: str | os.PathLike) -> None:
        super().__init__()
        arrays = read_npz(path, 'reference', _ARRAYS)
        try:
            self._set(arrays)
        except (ValueError, TypeError, IndexError) as error:
            raise UserError(
                f'{path}: not a reference of ppl_mm; delete it and export again'
            ) from error

    def _set(self, arrays: dict[str, np.ndarray]) -> None:
        cells = torch.from_numpy(arrays['cells']).float()
        self.widths = [int(width) for width in arrays['widths']]
        low, high = map(float, arrays['ends'])
        if cells.ndim != 2 or not len(cells) or cells.shape[1] != sum(self.widths):
            raise ValueError(f'cells of shape {tuple(cells.shape)} for {self.widths}')
        self.low, self.high = low, max(high, low + 1e-6)
        self.register_buffer('cells', cells)
        self.register_buffer('spread', torch.from_numpy(arrays['spread']).float())

    def forward(self, features: Tensor) -> Tensor:
        """Return how unlike the background cells look, (B, h, w), 0..1.

        Args:
            features: (B, C, h, w), see :class:`.CellFeatures`.

        Raises:
            UserError: If the features are of another network.
        """
        batch, channels, height, width = features.shape
        if channels != self.cells.shape[1]:
            raise UserError(
                f'the reference has {self.cells.shape[1]} features for each cell, the network has '
                f'{channels}; export again'
            )
        cells = features.permute(0, 2, 3, 1).reshape(-1, channels)  # (B * h * w, C)
        distance = nearest_distance(scaled(cells, self.widths, self.spread), self.cells)
        unlike = (distance - self.low) / (self.high - self.low)
        return unlike.clamp(0, 1).reshape(batch, height, width)


def scaled(cells: Tensor, widths: Sequence[int], spread: Tensor) -> Tensor:
    """Return cells (n, C) in which each block counts as much as the others.

    ``widths`` are the channels of each block, ``spread`` is what its features are divided by.
    """
    parts = cells.split(list(widths), dim=1)
    return torch.cat([part / by for part, by in zip(parts, spread, strict=True)], dim=1)


def nearest_distance(cells: Tensor, reference: Tensor) -> Tensor:
    """Return the Euclidean distance (n,) of cells (n, C) to the nearest of a reference (m, C).

    Memory is bounded. The reference has at least one cell.
    """
    chunks = cells.split(max(1, _DISTANCES // len(reference)))
    return torch.cat([torch.cdist(chunk, reference).amin(dim=1) for chunk in chunks])


def write_reference(
    path: str | os.PathLike, cells: Tensor, held_out: Tensor, widths: Sequence[int]
) -> None:
    """Write a reference, an npz, of features of background (m, C), at least 1.

    ``held_out`` are those of other background (n, C): how far background is from background.
    ``widths`` are the channels of each block.
    """
    parts = cells.split(list(widths), dim=1)
    spread = torch.stack([part.var(dim=0, correction=0).sum().sqrt() for part in parts])
    spread = torch.where(spread > 0, spread, 1)  # of equal cells it is 0
    reference = scaled(cells, widths, spread)
    distances = nearest_distance(scaled(held_out, widths, spread), reference)
    ends = np.quantile(distances.numpy(), QUANTILES)
    with atomic_write(path) as file:
        np.savez_compressed(
            file,
            cells=reference.numpy(),
            widths=np.array(widths),
            spread=spread.numpy(),
            ends=ends.astype(np.float32),
        )
