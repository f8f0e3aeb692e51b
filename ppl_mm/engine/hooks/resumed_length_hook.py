"""A resumed training whose epochs have another length."""

import logging

from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

from ...registry import HOOKS
from ..schedules import restart_schedule
from .progressive_stage_hook import ProgressiveStageHook


@HOOKS.register_module()
class ResumedLengthHook(Hook):
    """Fit a run to the length of its epochs, when that has changed since it was saved.

    With another number of processes, batch size or data set an epoch has
    another number of iterations. mmengine would continue at the saved
    iteration with the saved schedule, which then ends too early, or never
    (open-mmlab/mmengine#1205). Here the run continues at the saved epoch, and
    its schedule is the one of a run that always had this length.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self._changed = False

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Count the iterations of the saved epochs anew."""
        loop, meta = runner._train_loop, checkpoint.get('meta')
        if not (runner._resume and meta and isinstance(loop, EpochBasedTrainLoop)):
            return
        saved, expected = meta['iter'], meta['epoch'] * len(loop.dataloader)
        self._changed = saved != expected
        if self._changed:
            meta['iter'] = expected
            runner.logger.log(
                logging.WARNING,
                f'epoch {meta["epoch"]} was saved at iteration {saved}, here it ends at '
                f'{expected}: the number of processes, the batch size or the data have '
                'changed. The schedule is computed anew; the learning rate stays the one of '
                'the old batch.',
            )

    def before_train(self, runner: Runner) -> None:
        """Compute the schedule anew."""
        if not self._changed:
            return
        begin, end = 0, runner.max_epochs
        for hook in runner.hooks:
            if isinstance(hook, ProgressiveStageHook) and hook.fresh_schedule:
                begin, end = hook.span(runner.epoch)
        restart_schedule(runner, end - begin, done=runner.epoch - begin)
