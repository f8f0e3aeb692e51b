"""Rename the weights of a file as a model names them."""

import copy
import math
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor

BACKBONE = 'backbone.'
# The map of a classifier, and where a segmentation network has it: ppl_mm.DeepLabCAMHead.
_CAM, _OWN_CAM = 'head.classifier.weight', 'decode_head.cam.weight'
# What other projects, DistributedDataParallel and torch.compile put before every name.
_WRAPPERS = ('module.', '_orig_mod.', 'model.', 'network.', 'net.', 'student.', 'teacher.')
Weights = OrderedDict[str, Tensor]


def align(weights: Mapping, own: Collection[str]) -> Weights:
    """Rename weights so that a model finds as many of its own as possible; those that fit stay.

    Prefixes of wrappers are taken off. The prefix of a whole model's backbone is taken off, or put
    on, as the model needs it. The map of a classifier is that of a segmentation network.

    Args:
        weights: Tensors by name; other values are left out.
        own: The model's names.
    """
    tensors = OrderedDict((key, value) for key, value in weights.items() if torch.is_tensor(value))
    if hasattr(weights, '_metadata'):  # which versions of layers wrote them
        vars(tensors)['_metadata'] = weights._metadata
    renamed = (
        OrderedDict((_renamed(key, strip, add), value) for key, value in tensors.items())
        for strip, add in _renamings(tensors, own)
    )
    best = max([tensors, *renamed], key=lambda names: sum(name in own for name in names))
    if _CAM in best and _OWN_CAM in own and _OWN_CAM not in best:
        best[_OWN_CAM] = best.pop(_CAM)
    return best


def without_prefix(weights: Mapping, prefix: str) -> Mapping:
    """Return the weights whose names begin with a prefix, without it; all where none has it."""
    prefix = prefix.removesuffix('.') + '.'
    part = {key.removeprefix(prefix): weights[key] for key in weights if key.startswith(prefix)}
    return part or weights


def _renamed(key: str, strip: str, add: str) -> str:
    return add + key.removeprefix(strip) if key.startswith(strip) else key


def _renamings(names: Collection[str], own: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of a prefix to take off and one to put on."""
    wrapper = ''
    while found := _shared_wrapper(names, wrapper):
        wrapper += found
        yield wrapper, ''
    inner = [key.removeprefix(BACKBONE) for key in own if key.startswith(BACKBONE)]
    # mmpretrain's wrapper of a timm network puts one more name before its weights.
    deeper = _shared_part(inner or own)
    for strip in ('', wrapper, wrapper + BACKBONE):
        for add in ('', BACKBONE, deeper, BACKBONE + deeper):
            yield strip, add


def _shared_wrapper(names: Collection[str], after: str) -> str:
    """Return the wrapper's prefix that all names have after another one, or ''."""
    shared = (
        prefix for prefix in _WRAPPERS if all(name.startswith(after + prefix) for name in names)
    )
    return next(shared, '') if names else ''


def _shared_part(names: Collection[str]) -> str:
    """Return the first part of the names with its dot, or '' if they differ in it."""
    parts = {name.partition('.')[0] for name in names}
    return f'{parts.pop()}.' if len(parts) == 1 else ''


def adapt_first_convolution(weights: Weights, own: Mapping[str, Tensor]) -> tuple[Weights, str]:
    """Fit filters for RGB images to the channels of a model's input.

    The filters are summed for one channel. For others they are repeated and scaled, as timm does.

    Returns:
        The weights, and the name of the convolution if it was adapted, else ''.
    """
    key = _first_convolution(own)
    if not key or own[key].shape[1] == 3:
        return weights, ''
    filters, channels, *size = own[key].shape
    if key not in weights:  # a hook of the model renames it later
        key = _first_convolution(weights)
    old = weights.get(key)
    if old is None or old.shape != (filters, 3, *size):
        return weights, ''
    wide = old.repeat(1, math.ceil(channels / 3), 1, 1)[:, :channels] * (3 / channels)
    weights = copy.copy(weights)
    weights[key] = old.sum(1, keepdim=True) if channels == 1 else wide  # (out, channels, h, w)
    return weights, key


def _first_convolution(weights: Mapping[str, Tensor]) -> str:
    """Return the name of the first filters, or '' if there are none."""
    return next((key for key, value in weights.items() if value.ndim == 4), '')
