"""Draw the same random numbers in a resumed run as in one that was not interrupted."""

import numpy as np
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner, set_random_seed

from ...registry import HOOKS


@HOOKS.register_module()
class ReseedHook(Hook):
    """Make the random numbers of an iteration independent of what was drawn before.

    A checkpoint of mmengine does not hold the state of the random generators, so after
    ``--resume`` dropout and the like draw other numbers than in a run that was not interrupted.
    Here each epoch and each iteration starts from a seed of its own, made from the run's seed, the
    process and the number of the iteration.

    Data are as exact if they are loaded by worker processes (``num_workers`` of 1 or more) that
    live for one epoch (``persistent_workers=False``) or are driven by an ``InfiniteSampler``.
    """

    priority = 'VERY_HIGH'  # before hooks that may draw

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed what is drawn before the first iteration."""
        _reseed(runner)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: object = None) -> None:
        """Seed the forward pass."""
        _reseed(runner)


def _reseed(runner: Runner) -> None:
    mixed = np.random.SeedSequence([runner.seed, get_rank(), runner.iter])
    set_random_seed(int(mixed.generate_state(1)[0]))
