"""Rename published weights of ResNet38d as its state dict does.

The names of MXNet's file (itijyou/ademxapp) and of PSA's network/resnet38d.py,
which are those of :class:`~ppl_mm.models.ResNet38d`::

    arg:conv1a_weight                conv1a.weight
    arg:res2a_branch2a_weight        b2.conv_branch2a.weight
    arg:bn4b3_branch2b1_gamma        b4_3.bn_branch2b1.weight
    aux:bn7_moving_var               bn7.running_var
    arg:linear1000_weight            left out, the classifier of ImageNet
"""

import os
import re
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...errors import UserError
from ...utils import atomic_write
from ...utils.files import check_output
from ...utils.weights.checkpoint_file import check_weights
from ...utils.weights.fit import differences
from ...utils.weights.names import align
from .resnet38d import ResNet38d

_UNIT = re.compile(r'(res|bn)(\d)(?:a|b(\d+))_(branch\d[a-z]?\d?)_(\w+)')
_NORM = dict(beta='bias', gamma='weight', moving_mean='running_mean', moving_var='running_var')
State = dict[str, Tensor]
_WIDEST = 16


def from_mxnet(arrays: Mapping[str, np.ndarray]) -> State:
    """Return the arrays of ``ilsvrc-cls_rna-a1_cls1000_ep-0001.params`` as tensors, float32.

    Names that belong to no layer stay, for :func:`complete` to find.
    """
    state = {}
    for name, array in arrays.items():
        name = name.rpartition(':')[2]
        if not name.startswith('linear1000_'):
            state[_torch_name(name)] = torch.from_numpy(array.astype(np.float32))
    return state


def _torch_name(name: str) -> str:
    unit = _UNIT.fullmatch(name)
    if unit:
        kind, stage, number, branch, what = unit.groups()
        layer = f'b{stage}_{number}' if number else f'b{stage}'
        if kind == 'res':
            return f'{layer}.conv_{branch}.{what}'
        return f'{layer}.bn_{branch}.{_NORM.get(what, what)}'
    layer, _, what = name.partition('_')
    return f'{layer}.{_NORM.get(what, what)}'


def from_torch(weights: Mapping) -> tuple[State, list[str]]:
    """Take the network out of a torch file with PSA's names.

    Prefixes of wrappers and of ppl_mm's own checkpoints are taken off.

    Returns:
        The weights of the network, and the names of other layers, such as ``fc8``.
    """
    with torch.device('meta'):
        own = ResNet38d().state_dict()
    layers = {key.partition('.')[0] for key in own}
    found = align(weights, own)
    state = {key: value for key, value in found.items() if key.partition('.')[0] in layers}
    return state, [key for key in found if key not in state]


def add_options(parser: ArgumentParser) -> None:
    """Add what every conversion is told: the file to write, and the network."""
    parser.add_argument('out', type=Path, help='checkpoint to write')
    parser.add_argument(
        '--width',
        type=float,
        default=1.0,
        help='of a network built as ResNet38d(width=..); published: 1',
    )


def complete(state: State, source: str | os.PathLike, width: float = 1.0) -> State:
    """Check that weights are those of a ResNet38d of a width, without gaps or additions.

    Returns:
        A complete state dict, in the network's order.

    Raises:
        UserError: If a name or a shape does not fit, or a value is not finite. The line says which.
    """
    if not 0 < width <= _WIDEST:
        raise UserError(f'--width {width:g}: must be above 0 and at most {_WIDEST}')
    with torch.device('meta'):
        expected = ResNet38d(width=width).state_dict()
    problems = differences(expected, state)
    if problems:
        raise UserError(
            f'{source} does not fit ResNet38d: {problems}; docs/weights.md names the files that do'
        )
    check_weights(source, state)
    # Norms count batches, which files of torch < 0.4.1 and MXNet do not.
    return {
        key: state[key].to(value.dtype) if key in state else torch.zeros((), dtype=value.dtype)
        for key, value in expected.items()
    }


def save(state: State, path: str | os.PathLike, source: str | os.PathLike) -> None:
    """Write a checkpoint for ``init_cfg=dict(type='Pretrained', ..)``, with the name of its source.

    Raises:
        UserError: They are one file.
    """
    check_output(path, source)
    with atomic_write(path) as file:
        torch.save(dict(state_dict=state, meta=dict(converted_from=Path(source).name)), file)
