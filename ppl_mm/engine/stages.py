"""The stages of a config, and the stage of a model in training: reading it and moving it."""

from collections.abc import Mapping, Sequence

from mmengine.config import Config
from mmengine.runner import Runner
from torch import nn

from ..errors import UserError
from ..models.block_chain import block_chain
from ..models.patch_learning import PatchLearning
from ..models.patch_ops import Grid, as_grid
from ..utils.weights.loading import unwrap_model


def stages_of(cfg: Config) -> list[dict]:
    """Return the stages that a config trains, each with ``position``, ``grid`` and ``epochs``.

    In order; none if the model is trained as it is. Stages that are stepped together in each
    iteration have all epochs each.
    """
    loop = cfg.train_cfg
    if loop.get('stages'):
        return [dict(stage, epochs=loop.max_epochs) for stage in loop.stages]
    for hook in cfg.get('custom_hooks') or ():
        if str(hook.get('type')).endswith('ProgressiveStageHook'):
            return [dict(stage) for stage in hook.stages]
    return []


def check_keys(owner: str, stages: Sequence[Mapping], *keys: str) -> None:
    """Refuse a stage of a config that lacks a key, or has another one.

    Raises:
        UserError: It names the stage.
    """
    for number, stage in enumerate(stages, start=1):
        if set(stage) != set(keys):
            raise UserError(
                f'{owner}: stage {number} needs the keys {", ".join(keys)}; it has {sorted(stage)}'
            )


def patch_learning_of(model: nn.Module) -> PatchLearning | None:
    """Return the PatchLearning neck of a model, looking through wrappers; None without one."""
    neck = getattr(unwrap_model(model), 'neck', None)
    return neck if isinstance(neck, PatchLearning) else None


def is_same_stage(model: nn.Module, one: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether two stages cut a model alike; block -2 may be block 15.

    A stage is its position, and rows and columns of the grid.
    """
    count = len(block_chain(unwrap_model(model).backbone))
    return (one[0] - other[0]) % count == 0 and list(one[1:]) == list(other[1:])


def check_stage(model: nn.Module, position: int, grid: Grid) -> PatchLearning:
    """Return the PatchLearning neck of a model that can be cut there.

    Raises:
        UserError: If the model has no such neck or no such block, or the grid is invalid.
    """
    neck = patch_learning_of(model)
    if neck is None:
        raise UserError(
            "stages need model.neck=dict(type='ppl_mm.PatchLearning', ..), "
            f'but the model is a {type(model).__name__} without one'
        )
    block_chain(unwrap_model(model).backbone).resolve(position)
    as_grid(grid)
    return neck


def set_stage(runner: Runner, position: int, grid: Grid) -> None:
    """Move the cut of the classifier in training, see :class:`PatchLearning`; no weight changes.

    That of its moving average (EMAHook) moves too: mmengine never copies the buffer of a stage, so
    it would be saved and measured with an old one.

    Raises:
        UserError: See :func:`check_stage`.
    """
    check_stage(runner.model, position, grid).set_stage(position, grid)
    for hook in runner.hooks:
        if hasattr(hook, 'ema_model'):
            check_stage(hook.ema_model.module, position, grid).set_stage(position, grid)
