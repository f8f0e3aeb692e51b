"""Restart the schedule of a training, or of a stage of it."""

import warnings

from mmengine.config import ConfigDict
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner import Runner

from ..errors import UserError


def optim_wrappers(runner: Runner) -> list[OptimWrapper]:
    """Return the optimizers of a run."""
    wrapper = runner.optim_wrapper
    return list(wrapper.values()) if isinstance(wrapper, OptimWrapperDict) else [wrapper]


def schedulers_of(runner: Runner, epochs: int) -> list[ConfigDict]:
    """Return the config's schedulers; those without an end last for some epochs.

    Raises:
        UserError: If the run's schedulers are not those of a config.
    """
    schedulers = runner.cfg.get('param_scheduler')
    if not schedulers:
        if runner.param_schedulers:
            raise UserError(
                'the schedule cannot start anew: param_scheduler is not in the config; use '
                'Runner.from_cfg, or ProgressiveStageHook(fresh_schedule=False)'
            )
        return []
    if isinstance(schedulers, dict):
        schedulers = [schedulers]
    iters = epochs * len(runner.train_dataloader)
    return [
        dict(end=epochs if scheduler.get('by_epoch', True) else iters) | scheduler
        for scheduler in schedulers
    ]


def restart_schedule(runner: Runner, epochs: int, done: int = 0) -> None:
    """Start the schedule anew, for some epochs of which some are done, with the initial rates."""
    schedulers = schedulers_of(runner, epochs)
    if not schedulers:
        return
    for wrapper in optim_wrappers(runner):
        for group in wrapper.param_groups:
            initial = {key: value for key, value in group.items() if key.startswith('initial_')}
            group.update({key.removeprefix('initial_'): value for key, value in initial.items()})
    runner.param_schedulers = runner.build_param_scheduler(schedulers)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # "scheduler.step() before optimizer.step()"
        _pass_epochs(runner, done)


def _pass_epochs(runner: Runner, epochs: int) -> None:
    """Step the schedulers as ParamSchedulerHook does in some epochs."""
    found = runner.param_schedulers
    lists = found.values() if isinstance(found, dict) else [found]
    schedulers = [scheduler for group in lists for scheduler in group]
    by_epoch = [one for one in schedulers if one.by_epoch]
    by_iter = [one for one in schedulers if not one.by_epoch]
    for _ in range(epochs):
        for scheduler in [*by_iter * len(runner.train_dataloader), *by_epoch]:
            scheduler.step()
