"""What the map of a class looks like by the features of cells, over all images of a data set."""

import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..cams import normalize_cam
from ..errors import UserError
from ..formats.npz_file import read_npz
from ..registry import MODELS
from ..utils.files import atomic_write

#: The power of a map before it is multiplied by what a probe says of it: a map is near 0 on most
#: of a large object, and the probe must be heard there. studies/own/history.md#a-linear-probe has
#: others.
POWER = 1 / 3
#: Of the mean variance of the features: keeps weights small where they are nearly the same.
RIDGE = 1e-3
_ARRAYS = ('weight', 'bias')


@MODELS.register_module()
class LinearProbe(nn.Module):
    """Says by the features of a cell how strong the map of each class should be there.

    A linear probe (Alain and Bengio, 2016, arXiv 1610.01644) of the middle of the network. It is
    fitted to the maps of all images: what they have in common stays, and what is odd in one of
    them, such as a part of an object that the classifier does not need, or context around it, is
    put right. Its features are finer than the map.

    Args:
        path: The file of :meth:`ProbeFit.write`.

    Raises:
        UserError: If it is missing, damaged, or of another kind.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, path: str | os.PathLike) -> None:
        super().__init__()
        arrays = read_npz(path, 'probe', _ARRAYS)
        weight, bias = (arrays[name] for name in _ARRAYS)
        numbers = weight.dtype.kind == bias.dtype.kind == 'f'
        if not numbers or weight.ndim != 2 or bias.shape != weight.shape[:1]:
            raise UserError(f'{path}: not a probe of ppl_mm; delete it and export again')
        self.register_buffer('weight', torch.from_numpy(weight).float())
        self.register_buffer('bias', torch.from_numpy(bias).float())

    def forward(self, features: Tensor) -> Tensor:
        """Return what the map of each class should be, about 0..1, (B, num_classes, h, w).

        Args:
            features: (B, C, h, w), see :meth:`.CellFeatures.merged`.

        Raises:
            UserError: If the features are of another network.
        """
        if features.shape[1] != self.weight.shape[1]:
            raise UserError(
                f'the probe reads {self.weight.shape[1]} features of each cell, the network has '
                f'{features.shape[1]}; export again'
            )
        return F.conv2d(features, self.weight[:, :, None, None], self.bias)


class ProbeFit:
    """Fits a probe to maps by least squares; memory does not grow with the number of images.

    Examples:
        >>> fit = ProbeFit()
        >>> features = torch.arange(4.0).reshape(1, 2, 2)
        >>> fit.add(features, 2 * features + 1)
        >>> weight, bias = fit.solve()
        >>> round(float(weight), 1), round(float(bias), 1)
        (2.0, 1.0)
    """

    def __init__(self) -> None:
        # Sums over cells of products of features, and of features and maps.
        self._features: Tensor | float = 0.0
        self._maps: Tensor | float = 0.0

    def add(self, features: Tensor, maps: Tensor) -> None:
        """Look at an image: features (C, h, w) and wanted maps (num_classes, h, w)."""
        ones = features.new_ones(1, *features.shape[1:])
        cells = torch.cat([features, ones]).flatten(1)  # (C + 1, cells)
        self._features = self._features + (cells @ cells.T).double().cpu()
        self._maps = self._maps + (cells @ maps.flatten(1).T).double().cpu()

    def solve(self) -> tuple[Tensor, Tensor]:
        """Return weights (num_classes, C) and biases (num_classes,), of at least one image."""
        products = torch.as_tensor(self._features)
        count = products[-1, -1]
        mean = products[-1, :-1] / count
        spread = products[:-1, :-1] / count - mean.outer(mean)
        ridge = RIDGE * spread.diagonal().mean().clamp(min=1e-12)
        of_maps = torch.as_tensor(self._maps) / count
        height = of_maps[-1]  # the mean of each map
        shared = of_maps[:-1] - mean[:, None] * height
        weight = torch.linalg.solve(spread + ridge * torch.eye(len(mean), dtype=mean.dtype), shared)
        return weight.T, height - mean @ weight

    def write(self, path: str | os.PathLike) -> None:
        """Write the probe as an npz."""
        weight, bias = self.solve()
        with atomic_write(path) as file:
            np.savez_compressed(file, weight=weight.float().numpy(), bias=bias.float().numpy())


def apply_probe(cam: Tensor, probed: Tensor) -> Tensor:
    """Return maps that what a probe says has put right.

    Args:
        cam: Maps (n, h, w) in 0..1, the maximum of each is 1.
        probed: What the probe says of them, (n, h, w), of any scale.

    Returns:
        Maps (n, h, w), as those given. A map of which the probe says nothing stays as it is.
    """
    right = normalize_cam(cam**POWER * probed)  # which cuts what is negative
    found = right.flatten(1).any(dim=1)  # (n,)
    return torch.where(found[:, None, None], right, cam)
