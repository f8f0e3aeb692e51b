"""Progressive patch learning: which stage is trained in which epoch."""

from bisect import bisect_right
from itertools import accumulate

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...errors import UserError
from ...models.patch_ops import as_grid
from ...registry import HOOKS
from ..schedules import optim_wrappers, restart_schedule, schedulers_of
from ..stages import check_keys, check_stage, is_same_stage, set_stage


@HOOKS.register_module()
class ProgressiveStageHook(Hook):
    """Move the cut of ``PatchLearning`` from stage to stage.

    One model is trained in stages that follow one another in time; each starts from the weights of
    the one before, classifier included (PPL, arXiv 2209.07828, Fig. 2).

    Args:
        stages: For each stage ``position`` and ``grid``, see :class:`PatchLearning`, and
            ``epochs``. The epochs must add up to ``train_cfg.max_epochs``.
        fresh_schedule: Whether each stage starts with the initial learning rate, and runs the
            config's ``param_scheduler`` anew. A scheduler without ``end`` lasts for the stage. If
            False, the schedule runs once over all stages. Defaults to True.
        keep_optimizer_state: Whether momentum and the like survive the change of stage. Defaults
            to False.
    """

    def __init__(
        self, stages: list[dict], fresh_schedule: bool = True, keep_optimizer_state: bool = False
    ) -> None:
        check_keys('ProgressiveStageHook', stages, 'position', 'grid', 'epochs')
        for number, stage in enumerate(stages, start=1):
            if type(stage['epochs']) is not int or stage['epochs'] < 1:
                raise UserError(
                    f'ProgressiveStageHook: stage {number} has epochs={stage["epochs"]!r}; give a '
                    'whole number, 1 or more'
                )
        self.stages = stages
        # Stage s runs in epochs begins[s] .. begins[s + 1] - 1.
        self.begins = list(accumulate((stage['epochs'] for stage in stages), initial=0))
        self.fresh_schedule = fresh_schedule
        self.keep_optimizer_state = keep_optimizer_state

    def before_train(self, runner: Runner) -> None:
        """Check the epochs, and start the first stage of a new run.

        A resumed run keeps the checkpoint's stage until the next one begins.
        """
        if self.begins[-1] != runner.max_epochs:
            raise UserError(
                f'ProgressiveStageHook: the stages have {self.begins[-1]} epochs in all, but '
                f'train_cfg.max_epochs={runner.max_epochs}; make them equal'
            )
        for stage in self.stages:  # a wrong one must not wait for its turn
            check_stage(runner.model, stage['position'], stage['grid'])
            if self.fresh_schedule:
                _check_schedulers(runner, stage['epochs'])
        if runner.epoch == 0:
            self._start(runner, 0)
        else:
            self._warn_of_stage(runner)

    def before_train_epoch(self, runner: Runner) -> None:
        """Start the stage that begins with this epoch, if one does."""
        if runner.epoch and runner.epoch in self.begins:
            self._start(runner, self.begins.index(runner.epoch))

    def span(self, epoch: int) -> tuple[int, int]:
        """Return the first epoch of the stage that an epoch is in, and of the next one.

        Args:
            epoch: Counted from 0. After the last epoch it is the last stage's.
        """
        index = self._index(epoch)
        return self.begins[index], self.begins[index + 1]

    def _index(self, epoch: int) -> int:
        return bisect_right(self.begins[1:-1], epoch)

    def _warn_of_stage(self, runner: Runner) -> None:
        """Warn where the last epoch of a resumed run had another stage than the config says."""
        index = self._index(runner.epoch - 1)
        stage = self.stages[index]
        neck = check_stage(runner.model, stage['position'], stage['grid'])
        saved, own = neck.stage.tolist(), [stage['position'], *as_grid(stage['grid'])]
        if not is_same_stage(runner.model, saved, own):
            runner.logger.warning(
                f'epoch {runner.epoch} was trained with patches of a {saved[1]} x {saved[2]} grid '
                f'after block {saved[0]}, but stage {index + 1} of the config has {own[1]} x '
                f'{own[2]} after block {own[0]}: the stages have changed; the old one stays until '
                'the next stage begins'
            )

    def _start(self, runner: Runner, index: int) -> None:
        stage = self.stages[index]
        set_stage(runner, stage['position'], stage['grid'])
        if self.fresh_schedule:
            restart_schedule(runner, stage['epochs'])
        if index and not self.keep_optimizer_state:
            for wrapper in optim_wrappers(runner):
                wrapper.optimizer.state.clear()
        runner.logger.info(
            f'Stage {index + 1} of {len(self.stages)}: patches of a {stage["grid"]} grid after '
            f'block {stage["position"]}, for {stage["epochs"]} epochs'
        )


def _check_schedulers(runner: Runner, epochs: int) -> None:
    """Refuse a scheduler that would begin after its stage has ended."""
    for scheduler in schedulers_of(runner, epochs):
        begin, end = scheduler.get('begin', 0), scheduler['end']
        if begin >= end:
            raise UserError(
                f'ProgressiveStageHook: {scheduler["type"]} begins at {begin}, and a stage '
                f'of {epochs} epochs is over at {end}; shorten what comes before, lengthen the '
                'stage, or set fresh_schedule=False'
            )
