"""A trained network, found and built for inference."""

import os
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.registry import MODELS, DefaultScope

from ...errors import UserError
from ...formats.result_folder import ResultFolder
from ...models.segmentation.padding import check_padding
from ...utils.config.building import building
from ...utils.config.reading import read_runner_config
from ...utils.config.scope import is_segmentation, scope_of
from ...utils.weights.loading import load_checkpoint, resolve_checkpoint


def find_model(
    model: str | os.PathLike | Config, checkpoint: str | os.PathLike | None = None
) -> tuple[Config, str]:
    """Return the config and the checkpoint of a trained network.

    Args:
        model: A config, with ``checkpoint``. Without: a work folder or a checkpoint in one, where
            training left its config; or the folder of ``tools/make_masks.py``, which has such a
            folder ``model``.
        checkpoint: A checkpoint, or a work folder for its latest one.

    Raises:
        UserError: If either is missing, or the config cannot be read.
    """
    if checkpoint is not None:
        config = model if isinstance(model, Config) else read_runner_config(model)
        return config, resolve_checkpoint(checkpoint)
    if isinstance(model, Config) or str(model).endswith('.py'):
        name = model.filename if isinstance(model, Config) else model
        raise UserError(f'{name}: is a config; give its checkpoint or its work folder, too')
    inner = ResultFolder(model).model
    weights = resolve_checkpoint(inner if inner.is_dir() else model)
    return read_runner_config(_config_beside(weights)), weights


def _config_beside(weights: str) -> Path:
    folder = Path(weights).parent
    found = sorted(folder.glob('*.py')) if '://' not in weights else []
    if len(found) != 1:
        names = ', '.join(path.name for path in found) or 'none'
        raise UserError(
            f'{weights}: the config must lie beside it, one file .py; there: {names}. Give the '
            'config (--config)'
        )
    return found[0]


def build_network(cfg: Config) -> BaseModel:
    """Build the network of a config, its weights as they are before any training.

    Raises:
        UserError: If it cannot be built.
    """
    settings = cfg.model.copy()
    settings.setdefault('data_preprocessor', cfg.get('data_preprocessor'))
    with building(cfg), DefaultScope.overwrite_default_scope(scope_of(cfg)):
        return MODELS.build(settings)


def build_model(cfg: Config, checkpoint: str, device: str | torch.device | None) -> BaseModel:
    """Build a network with all of its trained weights, for inference, by default on a GPU.

    The config is kept as ``_config``, what the weights say about their data set as
    ``_dataset_meta``.

    Raises:
        UserError: If it cannot be built, its maps would be stretched, the weights do not fit, or
            there is no such device.
    """
    device = _usable_device(device)
    model = build_network(cfg)
    if is_segmentation(cfg):
        check_padding(model)
    meta = load_checkpoint(model, checkpoint).get('meta') or {}
    # OpenMMLab's networks of before 2022 say CLASSES.
    model._dataset_meta = meta.get('dataset_meta') or dict(classes=meta.get('CLASSES'))
    model._config = cfg
    return model.to(device).eval()


def _usable_device(device: str | torch.device | None) -> torch.device:
    """Return a device of this machine; a GPU, if there is one, for None."""
    name = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UserError(f'--device {name}: not usable here; give cpu, cuda or cuda:N') from error
