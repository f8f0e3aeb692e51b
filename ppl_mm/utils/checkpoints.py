"""Checkpoints are read safely, and fit the model or are refused."""

import os
import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from mmengine.model import BaseTTAModel, is_model_wrapper
from torch import nn

from ..errors import UserError
from .last_checkpoint import last_checkpoint

# How many keys of each kind a message names.
_SHOWN = 3


def read_checkpoint(path: str | os.PathLike) -> dict:
    """Read a checkpoint onto the CPU without running any code in it.

    Args:
        path (str | PathLike): A file on this machine.

    Returns:
        dict: What the file holds.

    Raises:
        UserError: If the file is missing, broken, or holds more than tensors
            and plain values.
    """
    if not Path(path).is_file():
        raise UserError(
            f'checkpoint {path} is not there: train first, or '
            'give the path of a checkpoint on this machine'
        )
    try:
        checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            f'checkpoint {path} is broken or holds more than tensors and '
            'plain values, which is not read: save its state_dict alone'
        ) from error
    except (RuntimeError, EOFError, OSError, KeyError, ValueError) as error:
        raise UserError(
            f'checkpoint {path} cannot be read: it is truncated '
            'or not a checkpoint; copy or train it again'
        ) from error
    if not isinstance(checkpoint, Mapping):
        raise UserError(
            f'checkpoint {path} holds no weights by name: give a file with a state_dict'
        )
    return checkpoint


def check_checkpoint(model: nn.Module, path: str | os.PathLike, part: str = '') -> None:
    """Refuse a checkpoint that would leave some weights as they are.

    mmengine loads whatever fits and only logs the rest, so that a wrong
    checkpoint is tested as if it were a bad one.

    Args:
        model (nn.Module): The config's model; wrappers are looked through.
        path (str | PathLike): The weights of this very architecture, under
            ``state_dict`` or at the top.
        part (str): Prefix of the names that must agree, ``'backbone.'`` for
            a model whose head starts anew. Whole layers below it that the
            model has not, such as those of a longer backbone, do not count.
            Defaults to '': all must agree.

    Raises:
        UserError: If the file cannot be read, or names of weights or their
            shapes differ. The line says which.
    """
    checkpoint = read_checkpoint(path)
    state = checkpoint.get('state_dict', checkpoint)
    found = {re.sub(r'^module\.', '', key): value for key, value in state.items()}
    own = unwrap_model(model).state_dict()
    if part:
        own = {key: own[key] for key in own if key.startswith(part)}
        layers = {_layer(key) for key in own}
        found = {key: found[key] for key in found if _layer(key) in layers}
    problems = differences(own, found)
    if problems:
        raise UserError(
            f'checkpoint {path} does not fit the config: '
            f'{"; ".join(problems)}; use the config it was '
            'trained with'
        )


def _layer(key: str) -> str:
    """backbone.layer4 of backbone.layer4.0.conv1.weight."""
    return '.'.join(key.split('.')[:2])


def unwrap_model(model: nn.Module) -> nn.Module:
    """The model inside distributed and test-time-augmentation wrappers."""
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.module
    return model


def differences(expected: Mapping, found: Mapping) -> list[str]:
    """What a user reads about two state dicts.

    Args:
        expected (Mapping): Tensors by name.
        found (Mapping): The same, of a file.

    Returns:
        list[str]: A few words about names that are missing, unexpected, and
        of another shape; none if they agree.
    """
    # Weights older than PyTorch 0.4.1 do not count batches; nothing needs it.
    missing = [
        key for key in expected if key not in found and not key.endswith('num_batches_tracked')
    ]
    unexpected = [key for key in found if key not in expected]
    reshaped = [
        f'{key} {tuple(found[key].shape)} instead of {tuple(value.shape)}'
        for key, value in expected.items()
        if torch.is_tensor(value)
        and torch.is_tensor(found.get(key))
        and value.shape != found[key].shape
    ]
    kinds = (('missing', missing), ('unexpected', unexpected), ('of another shape', reshaped))
    return [f'{len(keys)} {kind} ({_some(keys)})' for kind, keys in kinds if keys]


def _some(keys: list[str]) -> str:
    """The first few keys."""
    dots = ', ...' if len(keys) > _SHOWN else ''
    return ', '.join(str(key) for key in keys[:_SHOWN]) + dots


def resolve_checkpoint(path: str | os.PathLike) -> str:
    """The checkpoint that a path means.

    Args:
        path (str | PathLike): A file; a work folder, for its latest
            checkpoint; or an address such as ``torchvision://resnet50``.

    Returns:
        str: The file or the address.

    Raises:
        UserError: If there is none.
    """
    path = str(path)
    if '://' in path or Path(path).is_file():
        return path
    latest = last_checkpoint(Path(path))
    if latest:
        return str(latest)
    name = Path(path).name
    raise UserError(
        f'{path}: no checkpoint is there; train that step first (a folder '
        f'work_dirs/{name} comes from python tools/train.py '
        f'configs/.../{name}.py), or give the path of a checkpoint'
    )
