from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmengine.structures import PixelData

from ppl_mm.engine import FiniteHook
from ppl_mm.errors import UserError

NAN = float('nan')


class Run:
    """A training that gives its losses one by one to the hook."""

    def __init__(self, work_dir, interval=3, amp=False):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        wrapper = OptimWrapper(optimizer)
        if amp:
            wrapper.loss_scaler = None
        self.runner = SimpleNamespace(
            iter=0, hooks=[], optim_wrapper=wrapper, work_dir=str(work_dir)
        )
        self.hook = FiniteHook(interval)

    def step(self, loss):
        runner = self.runner
        self.hook.after_train_iter(
            runner, batch_idx=runner.iter, outputs=dict(loss=torch.tensor(loss))
        )
        runner.iter += 1

    def steps(self, *losses):
        """The iteration at which the run ends, if it does."""
        for loss in losses:
            try:
                self.step(loss)
            except UserError as error:
                return self.runner.iter + 1, str(error)
        return None


@pytest.mark.parametrize('bad', [NAN, float('inf'), -float('inf')])
def test_a_run_ends_within_an_interval_and_says_where_it_went_wrong(tmp_path, bad):
    end, line = Run(tmp_path).steps(1.0, 1.0, 1.0, bad, bad, bad)
    assert end == 6
    assert 'since iteration 4 (learning rate 0.5)' in line
    assert 'optim_wrapper.optimizer.lr' in line and '\n' not in line


def test_finite_losses_go_on(tmp_path):
    assert Run(tmp_path).steps(*[1.0] * 30) is None


def test_in_mixed_precision_a_step_that_is_skipped_does_not_count(tmp_path):
    assert Run(tmp_path, amp=True).steps(1.0, 1.0, NAN, 1.0, NAN, 1.0) is None
    end, line = Run(tmp_path, amp=True).steps(1.0, NAN, NAN, 1.0, 1.0, 1.0, NAN, NAN, NAN)
    assert end == 3 and 'since iteration 2' in line


def test_no_checkpoint_is_saved_of_weights_that_are_gone(tmp_path):
    run = Run(tmp_path, interval=100)
    run.hook.before_save_checkpoint(run.runner, {})
    run.step(NAN)
    with pytest.raises(UserError, match='since iteration 1'):
        run.hook.before_save_checkpoint(run.runner, {})


def test_a_real_training_stops_and_its_last_good_checkpoint_is_named(tiny_cfg, train):
    first = train(tiny_cfg())
    cfg = tiny_cfg(resume=True, **{'train_cfg.max_epochs': 3})
    runner = Runner.from_cfg(cfg)
    runner.train_dataloader.dataset.pipeline.transforms.append(_nan)
    with pytest.raises(UserError) as error:
        runner.train()
    assert f'load_from={first.work_dir}/epoch_1.pth' in str(error.value)
    assert 'iteration 3 ' in str(error.value)  # two an epoch


def _nan(results):
    results['inputs'] = torch.full_like(results['inputs'], NAN, dtype=torch.float32)
    return results


def test_the_interval_is_the_logs(tiny_cfg, train):
    runner = train(tiny_cfg(**{'default_hooks.logger.interval': 7}))
    hook = next(hook for hook in runner.hooks if isinstance(hook, FiniteHook))
    assert hook.interval == 7


@pytest.mark.parametrize(
    'sample',
    [
        dict(pred_score=torch.tensor([0.1, NAN])),
        dict(pred_score=torch.ones(2), cam=torch.full((2, 3, 3), float('inf'))),
        dict(seg_logits=PixelData(data=torch.full((2, 3, 3), NAN))),
        dict(seg_logits=dict(data=torch.full((2, 3, 3), NAN))),
    ],
)
@pytest.mark.parametrize('when', ['after_val_iter', 'after_test_iter'])
def test_predictions_that_are_not_numbers_are_refused(sample, when):
    sample = dict(sample, img_path='cat.jpg')
    with pytest.raises(UserError, match='cat.jpg: the model predicts NaN'):
        getattr(FiniteHook(), when)(None, batch_idx=0, outputs=[sample])


def test_predictions_that_are_numbers_pass():
    sample = dict(pred_score=torch.ones(2), seg_logits=PixelData(data=torch.ones(2, 3, 3)))
    FiniteHook().after_test_iter(None, batch_idx=0, outputs=[sample, {}])
