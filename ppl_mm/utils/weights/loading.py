"""Load the weights of a checkpoint into a model that they fit."""

import copy
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from mmengine.model import BaseTTAModel, is_model_wrapper
from torch import nn

from ...errors import UserError
from ..files import file_sha256
from ..troubleshooting import with_help
from .checkpoint_file import read_checkpoint
from .fit import FitRules, WeightFit
from .last_checkpoint import last_checkpoint
from .names import Weights, adapt_first_convolution, align

_UNFIT = re.compile(r'size mismatch for ([^:\s]+):')


def unwrap_model(model: nn.Module) -> nn.Module:
    """Return the model inside distributed and test-time-augmentation wrappers."""
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.get_submodule('module')
    return model


def load_weights(
    model: nn.Module, weights: Mapping, source: str | os.PathLike, whole: bool = False
) -> str:
    """Copy weights into a model, or refuse them; return a line that says what was loaded.

    Names are aligned with the model's, see :func:`.names.align`. A first convolution for
    RGB is adapted to another number of channels.

    Args:
        model: The model, or a backbone alone; wrappers are looked through.
        weights: Tensors by name, read by :func:`.checkpoint_file.read_checkpoint`.
        source: Where they come from, for messages.
        whole: Whether every weight must agree, as for tests and resuming. Otherwise those of the
            backbone must: another head starts anew.

    Raises:
        UserError: If a weight that must agree is missing, unknown or of another shape.
    """
    model = unwrap_model(model)
    try:
        fit = _copy_weights(model, align(weights, model.state_dict()))
        problems = fit.problems(FitRules(model, whole))
    except RuntimeError as error:  # of what the model's own hooks have made of them
        problems = str(error).splitlines()[-1].strip()
    if problems:
        raise UserError(
            f'checkpoint {source} does not fit {type(model).__name__}: {problems}; use the '
            'config that it was trained with'
        )
    return f'{source}: {fit.report(type(model).__name__)}'


def check_checkpoint(model: nn.Module, path: str | os.PathLike, whole: bool = True) -> None:
    """Refuse a checkpoint early: load it into a copy of the model, see :func:`load_weights`."""
    load_checkpoint(copy.deepcopy(unwrap_model(model)), path, whole)


def load_checkpoint(model: nn.Module, path: str | os.PathLike, whole: bool = True) -> dict:
    """Load a checkpoint into a model, see :func:`load_weights`; return what the file holds."""
    checkpoint = read_checkpoint(path)
    try:
        load_weights(model, checkpoint['state_dict'], path, whole)
    except UserError as error:
        line = f'{error}{_classes_of(checkpoint)}'
        raise UserError(with_help(line, 'checkpoint')) from error
    return checkpoint


def _classes_of(checkpoint: Mapping) -> str:
    """Return the classes that a checkpoint was trained for, and what chooses them."""
    meta = checkpoint.get('meta')
    data = meta.get('dataset_meta') if isinstance(meta, Mapping) else None
    classes = data.get('classes') if isinstance(data, Mapping) else None
    if not classes:
        return ''
    return f' and its data (OWN_DATA): the classes were {", ".join(map(str, classes))}'


def _copy_weights(model: nn.Module, weights: Weights) -> WeightFit:
    """Copy the weights that fit. The model's own hooks may rename or resize them."""
    own = model.state_dict()
    weights, adapted = adapt_first_convolution(weights, own)
    # copy_() would turn the integers of a quantized network to floats silently.
    unfit = [
        key
        for key, value in weights.items()
        if key in own and own[key].is_floating_point() and not value.is_floating_point()
    ]
    try:
        result = model.load_state_dict(_without(weights, unfit), strict=False)
    except RuntimeError as error:
        unfit += [key for key in _UNFIT.findall(str(error)) if key in weights]
        result = model.load_state_dict(_without(weights, unfit), strict=False)
    resized = [k for k, v in own.items() if k in weights and weights[k].shape != v.shape]
    return WeightFit(
        loaded=len(own) - len(result.missing_keys),
        total=len(own),
        missing=[key for key in result.missing_keys if key not in unfit],
        unexpected=result.unexpected_keys,
        unfit={key: (weights[key], own[key]) for key in unfit},
        adapted=[*([adapted] if adapted else []), *(key for key in resized if key not in unfit)],
    )


def _without(weights: Weights, keys: Collection[str]) -> Weights:
    kept = copy.copy(weights)  # with its metadata
    for key in keys:
        kept.pop(key)
    return kept


def resolve_checkpoint(path: str | os.PathLike) -> str:
    """Return the checkpoint that a path means.

    Args:
        path: A file; a work folder, for its latest checkpoint; or an address such as
            ``torchvision://resnet50``.

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
    advice = 'give the path of a checkpoint, or a work folder'
    if not Path(path).suffix:  # it was to be a work folder
        advice = (
            f'train that step first (a folder work_dirs/{name} comes from python tools/train.py '
            f'configs/.../{name}.py), or give the path of a checkpoint'
        )
    raise UserError(f'{path}: no checkpoint is there; {advice}')


def checkpoint_sha256(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a checkpoint, by which the record of a result names it.

    Raises:
        UserError: If it is an address, whose content may change.
    """
    if '://' in str(path):
        raise UserError(
            f'{path}: is an address, and a result must say which bytes made it; download the file '
            'and give its path'
        )
    return file_sha256(path)
