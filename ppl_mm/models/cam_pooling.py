"""How a class activation map becomes the score of a class for the whole image.

The choice decides what the map shows. A mean asks every cell of an object to answer, and
small objects hardly move it. Rules that look at the strongest cells find small objects; their
maps are evidence in logits, and a map divided by its own maximum loses that.
"""

import math
from collections.abc import Callable
from functools import partial

from torch import Tensor

from ..errors import UserError

#: From maps (.., H, W) to scores (..).
Pooling = Callable[..., Tensor]


def mean_pool(maps: Tensor) -> Tensor:
    """Return the mean of all cells (Zhou et al., CVPR 2016)."""
    return maps.mean(dim=(-2, -1))


def lse_pool(maps: Tensor, scale: float = 4.0) -> Tensor:
    """Return a smooth maximum: ``log(mean(exp(scale * maps))) / scale``.

    Log-sum-exp of Pinheiro and Collobert, CVPR 2015, arXiv 1411.6228, Eq. 2. Towards a scale of 0
    it is the mean, and the larger the nearer to the maximum.
    """
    cells = maps.flatten(-2) * scale
    return (cells.logsumexp(dim=-1) - math.log(cells.shape[-1])) / scale


def top_pool(maps: Tensor, share: float = 0.05) -> Tensor:
    """Return the mean of the strongest cells, a share above 0, at most 1; at least one counts."""
    return _strongest(maps, share).mean(dim=-1)


def wildcat_pool(maps: Tensor, share: float = 0.05, alpha: float = 0.7) -> Tensor:
    """Return the mean of the strongest cells plus ``alpha`` times that of the weakest.

    WILDCAT (Durand et al., CVPR 2017, Eq. 3), with the authors' ``alpha``. Its several maps for
    each class are left out: their mean is linear in the features, as one map is. ``share`` is the
    part of the cells that count as strongest, and as weakest.
    """
    return top_pool(maps, share) - alpha * top_pool(-maps, share)


def _strongest(maps: Tensor, share: float) -> Tensor:
    cells = maps.flatten(-2)  # (.., H * W)
    return cells.topk(max(1, round(share * cells.shape[-1])), dim=-1).values


_RULES = dict(mean=mean_pool, lse=lse_pool, topk=top_pool, wildcat=wildcat_pool)
_OPTIONS = dict(mean=(), lse=('scale',), topk=('share',), wildcat=('share', 'alpha'))


def build_pooling(pool: str | dict) -> Pooling:
    """Return the pooling that a config names.

    Args:
        pool: 'mean', 'lse', 'topk' or 'wildcat'; or a dict with the ``name`` and the options of
            the function.

    Raises:
        UserError: If there is no such pooling or option, or a number is out of range.

    Examples:
        >>> import torch
        >>> maps = torch.tensor([[[0.0, 1.0], [2.0, 5.0]]])
        >>> build_pooling('mean')(maps), build_pooling(dict(name='topk', share=0.5))(maps)
        (tensor([2.]), tensor([3.5000]))
    """
    options: dict = dict(pool) if isinstance(pool, dict) else dict(name=pool)
    name = options.pop('name', None)
    if name not in _RULES:
        raise UserError(f'CAMHead: pool={name!r}: use one of {", ".join(map(repr, _RULES))}')
    for key, value in options.items():
        _check_option(name, key, value)
    return partial(_RULES[name], **options)


def _check_option(name: str, key: str, value: float) -> None:
    if key not in _OPTIONS[name]:
        known = ', '.join(_OPTIONS[name]) or 'none'
        raise UserError(f'CAMHead: pool {name!r} has no option {key!r}; its options: {known}')
    top = 1.0 if key == 'share' else math.inf
    is_number = isinstance(value, int | float) and math.isfinite(value)
    if not is_number or (not 0 < value <= top and not (key == 'alpha' and value == 0)):
        limit = 'above 0, at most 1' if key == 'share' else 'a number above 0'
        raise UserError(f'CAMHead: pool {name!r}: {key}={value!r} must be {limit}')
