"""Resume a training whose epochs have another length."""

import math

from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import EpochBasedTrainLoop, Runner

from ...registry import HOOKS
from ..schedules import restart_schedule, schedulers_of
from .progressive_stage_hook import ProgressiveStageHook


@HOOKS.register_module()
class ResumedLengthHook(Hook):
    """Fit the schedule of a resumed run to its length, where that has changed.

    With another number of processes, batch size or data set an epoch has another number of
    iterations, and ``max_epochs`` may be another. mmengine would continue at the saved iteration
    with the saved schedule, which then ends too early, or never (open-mmlab/mmengine#1205). Here
    the run continues at the saved epoch, and its schedule is that of a run which always had this
    length.
    """

    priority = 'VERY_HIGH'

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Count the iterations of the saved epochs anew."""
        if runner._resume:
            _warn_of_rates(runner, checkpoint)
        loop, meta = runner._train_loop, checkpoint.get('meta')
        if not (runner._resume and meta and isinstance(loop, EpochBasedTrainLoop)):
            return
        saved, expected = meta['iter'], meta['epoch'] * len(loop.dataloader)
        if saved != expected:
            meta['iter'] = expected
            runner.logger.warning(
                f'epoch {meta["epoch"]} was saved at iteration {saved}, here it ends '
                f'at {expected}: the number of processes, the batch size or the data have changed. '
                'The schedule is computed anew; the learning rate stays the one of the old batch.'
            )

    def before_train(self, runner: Runner) -> None:
        """Compute the schedule anew if it has another end than the config says."""
        if runner._resume and runner.iter >= runner.max_iters:
            runner.logger.warning(
                f'nothing is left to train: the checkpoint was saved at iteration {runner.iter} of '
                f'{runner.max_iters}; to train more, raise train_cfg.max_epochs or max_iters'
            )
        resumed = runner._resume and isinstance(runner.train_loop, EpochBasedTrainLoop)
        if not resumed or not runner.cfg.get('param_scheduler'):
            return
        begin, end = _span(runner)
        if _ends(runner, end - begin) != [scheduler.end for scheduler in runner.param_schedulers]:
            restart_schedule(runner, end - begin, done=runner.epoch - begin)


def _warn_of_rates(runner: Runner, checkpoint: dict) -> None:
    """Warn where the config has another learning rate, which a resumed optimizer does not take."""
    groups = zip(
        (checkpoint.get('optimizer') or {}).get('param_groups', ()),
        runner.optim_wrapper.param_groups if isinstance(runner.optim_wrapper, OptimWrapper) else (),
        strict=False,
    )
    for saved, new in groups:
        old, rate = saved.get('initial_lr', saved['lr']), new.get('initial_lr', new['lr'])
        if not math.isclose(old, rate):
            runner.logger.warning(
                f'the learning rate stays that of the checkpoint, {old:g}, and not {rate:g} as the '
                'config says: to train with another one, start anew with load_from=CHECKPOINT'
            )
            return


def _span(runner: Runner) -> tuple[int, int]:
    """Return the epochs from whose first to whose last the schedule runs."""
    for hook in runner.hooks:
        if isinstance(hook, ProgressiveStageHook) and hook.fresh_schedule:
            return hook.span(runner.epoch)
    return 0, runner.max_epochs


def _ends(runner: Runner, epochs: int) -> list[int]:
    """Return where the config's schedulers end, in the units that they count."""
    length = len(runner.train_dataloader)
    return [
        scheduler['end'] * (length if scheduler.get('convert_to_iter_based') else 1)
        for scheduler in schedulers_of(runner, epochs)
    ]
