import pytest
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ppl_mm.engine.stages import patch_learning_of


class Recorder(Hook):
    """What was trained and measured when."""

    priority = 'VERY_LOW'

    def __init__(self):
        self.stages = []  # (epoch, position, grid) of each iteration
        self.val_stages = []
        self.rates = []
        self.states = []  # entries of the optimiser's state, before each epoch
        self.weights = []  # state dicts, before and after each epoch

    def _weights(self, runner):
        self.weights.append(
            {key: value.clone() for key, value in runner.model.state_dict().items()}
        )

    def before_train_epoch(self, runner):
        self.states.append(len(runner.optim_wrapper.optimizer.state))
        self._weights(runner)

    def after_train_epoch(self, runner):
        self._weights(runner)

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        neck = patch_learning_of(runner.model)
        if neck is not None:
            self.stages.append((runner.epoch, *neck.positions, neck.grid))
            recorded = [*neck.positions, *neck.grid]
            assert neck.stage.tolist() == recorded
        self.rates.append(
            [
                (group['lr'], group.get('momentum'))
                for group in runner.optim_wrapper.optimizer.param_groups
            ]
        )

    def before_val_iter(self, runner, batch_idx, data_batch=None):
        neck = patch_learning_of(runner.model)
        if neck is not None:
            self.val_stages.append((*neck.positions, neck.grid))


@pytest.fixture
def train():
    """Trains a config; returns the runner, with a Recorder as .record."""

    def run(cfg):
        runner = Runner.from_cfg(cfg)
        runner.record = Recorder()
        runner.register_hook(runner.record)
        runner.train()
        return runner

    return run


@pytest.fixture
def stages():
    """Makes a ProgressiveStageHook of (position, grid, epochs) triples."""

    def make(*triples, **kwargs):
        return dict(
            type='ppl_mm.ProgressiveStageHook',
            stages=[
                dict(zip(('position', 'grid', 'epochs'), triple, strict=True)) for triple in triples
            ],
            **kwargs,
        )

    return make
