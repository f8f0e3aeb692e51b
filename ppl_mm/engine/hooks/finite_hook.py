"""Stop a training when its loss is no longer a number."""

from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.hooks import Hook, LoggerHook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner

from ...errors import UserError
from ...evaluation.finite import require_finite
from ...registry import HOOKS
from ...utils.weights.last_checkpoint import last_checkpoint


@HOOKS.register_module()
class FiniteHook(Hook):
    """Stop a run whose loss, or whose predictions, are NaN or infinite.

    A NaN loss makes every weight NaN with the next step, and no later step can repair them. The
    loss is checked once an interval, and before a checkpoint is saved: a check makes a GPU wait.
    In mixed precision, one loss that overflows is harmless, because its step is skipped; two in a
    row are not.

    Args:
        interval: Iterations between two checks. Defaults to None: as often as the loss is logged.
    """

    def __init__(self, interval: int | None = None) -> None:
        self.interval = interval
        self._streak = torch.zeros(())  # bad losses in a row, on the loss's device
        self._iteration = 0
        self._rates: list[float] = []  # since the last check, and one before

    def before_train(self, runner: Runner) -> None:
        """Take the interval of the log."""
        loggers = [hook.interval for hook in runner.hooks if isinstance(hook, LoggerHook)]
        self.interval = self.interval or min(loggers, default=1)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: object = None, outputs: dict | None = None
    ) -> None:
        """Count the losses in a row that are not numbers."""
        loss = (outputs or {}).get('loss')
        if loss is None:
            return
        loss = torch.as_tensor(loss).detach()
        self._streak = (self._streak.to(loss.device) + 1) * ~loss.isfinite()
        self._iteration = runner.iter + 1
        self._rates.append(_learning_rate(runner.optim_wrapper))
        if self.every_n_inner_iters(batch_idx, self.interval):
            self._check(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Save no weights that are not numbers."""
        self._check(runner)

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Check the predictions."""
        for sample in outputs or ():
            require_finite(sample)

    after_test_iter = after_val_iter

    def _check(self, runner: Runner) -> None:
        streak = int(self._streak)
        # The step before the first bad loss has done it.
        rate = self._rates[-streak - 1 :][:1]
        self._rates = self._rates[-2:]
        skips_steps = hasattr(runner.optim_wrapper, 'loss_scaler')
        if streak <= skips_steps:
            return
        saved = last_checkpoint(Path(runner.work_dir))
        raise UserError(
            f'the loss is NaN or infinite since iteration {self._iteration - streak + 1} '
            f'(learning rate {rate[0]:g}): lower optim_wrapper.optimizer.lr, or set '
            'optim_wrapper.clip_grad.max_norm, and train again with --overwrite'
            + (f', or from load_from={saved} in another --work-dir' if saved else '')
        )


def _learning_rate(wrapper: OptimWrapper) -> float:
    """Return the highest learning rate of an optimizer, or of several."""
    rates = wrapper.get_lr()
    return max((rate for group in rates.values() for rate in group), default=0.0)
