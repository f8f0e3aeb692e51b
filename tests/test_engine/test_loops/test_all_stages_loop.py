import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner

from ppl_mm.errors import UserError

STAGES = [dict(position=2, grid=2), dict(position=4, grid=(1, 3)), dict(position=6, grid=2)]


@pytest.fixture
def all_stages(tiny_cfg):
    """Makes a config of the loop."""

    def make(stages=STAGES, work_dir='work', **changes):
        cfg = tiny_cfg(work_dir, **changes)
        cfg.train_cfg = dict(
            type='ppl_mm.AllStagesTrainLoop', max_epochs=2, val_interval=100, stages=stages
        )
        return cfg

    return make


def by_hand(runner, epochs):
    """The same training as a plain loop, without mmengine's."""
    model, loader = runner.model.train(), runner.train_dataloader
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    count = epochs * len(loader)
    losses = []
    for epoch in range(epochs):
        loader.sampler.set_epoch(epoch)
        for batch in loader:
            for stage in STAGES:
                # The power of PolyLR, over all iterations but the first.
                optimizer.param_groups[0]['lr'] = 0.01 * (1 - len(losses) // 3 / (count - 1)) ** 0.9
                model.neck.set_stage(stage['position'], stage['grid'])
                data = model.data_preprocessor(batch, training=True)
                loss = model(**data, mode='loss')['loss']
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
    return losses


class LossRecorder:
    """Keeps what the loop hands to the hooks."""

    def __init__(self, runner):
        self.outputs = []
        call_hook = runner.call_hook

        def record(name, **kwargs):
            if name == 'after_train_iter':
                self.outputs.append(kwargs['outputs'])
            call_hook(name, **kwargs)

        runner.call_hook = record


def without_random_crops(cfg):
    """Data that do not depend on how often a number was drawn before."""
    pipeline = cfg.train_dataloader.dataset.pipeline
    pipeline[1:4] = [dict(type='ResizeEdge', scale=48)]
    return cfg


def test_it_is_a_loop_over_the_stages(all_stages, train, tiny_cfg):
    cfg = without_random_crops(all_stages())
    start = Runner.from_cfg(without_random_crops(all_stages(work_dir='hand')))
    start.model.load_state_dict(train(cfg).model.state_dict())  # any weights
    torch.save(start.model.state_dict(), f'{start.work_dir}/start.pth')
    losses = by_hand(start, 2)

    runner = Runner.from_cfg(
        without_random_crops(all_stages(work_dir='loop', load_from=f'{start.work_dir}/start.pth'))
    )
    record = LossRecorder(runner)
    runner.train()
    names = ['stage1_loss', 'stage2_loss', 'stage3_loss']
    assert [output[name].item() for output in record.outputs for name in names] == pytest.approx(
        losses, rel=1e-4
    )
    for output in record.outputs:
        assert output['loss'] == output['stage3_loss']
    for key, value in start.model.state_dict().items():
        torch.testing.assert_close(runner.model.state_dict()[key], value, rtol=1e-4, atol=1e-5)


def test_the_last_stage_is_kept(all_stages, train):
    ema = dict(type='mmengine.EMAHook', update_buffers=True)
    runner = train(all_stages(custom_hooks=[ema]))
    assert runner.model.neck.positions == (6,) and runner.iter == 4
    saved = torch.load(f'{runner.work_dir}/epoch_2.pth')
    assert saved['state_dict']['neck.stage'].tolist() == [6, 2, 2]
    assert saved['ema_state_dict']['module.neck.stage'].tolist() == [6, 2, 2]


def test_one_stage_is_ordinary_training(all_stages, tiny_cfg, train):
    one = train(all_stages([dict(position=2, grid=2)]))
    plain = train(tiny_cfg('plain', train_cfg=dict(max_epochs=2, val_interval=100)))
    for key, value in plain.model.state_dict().items():
        assert torch.equal(one.model.state_dict()[key], value)


def test_a_resumed_run_ends_as_one_that_was_not_interrupted(all_stages, train):
    whole = train(all_stages(work_dir='whole'))
    resumed = train(
        all_stages(work_dir='resumed', resume=True, load_from=f'{whole.work_dir}/epoch_1.pth')
    )
    for key, value in whole.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[key], value)


@pytest.mark.parametrize(
    'stages, changes, message',
    [
        ([], {}, 'stages is empty'),
        ([dict(position=2)], {}, 'stage 1 needs the keys'),
        ([*STAGES, dict(position=2, grid=2, epochs=1)], {}, 'stage 4 needs'),
        ([dict(position=8, grid=2)], {}, 'position=8 is outside'),
        ([dict(position=2, grid=-1)], {}, 'grid must be'),
        (STAGES, {'model.neck': None}, 'stages need model.neck'),
    ],
)
def test_wrong_stages(all_stages, train, stages, changes, message):
    with pytest.raises(UserError, match=message):
        train(all_stages(stages, **changes))


@pytest.mark.parametrize('count', [2, 3])
def test_gradients_accumulate_over_stages(all_stages, count, monkeypatch):
    """Every count-th backward pass steps, and a last one what is left."""
    runner = Runner.from_cfg(all_stages(optim_wrapper=dict(accumulative_counts=count)))
    seen = []
    for name in ('backward', 'step'):
        method = getattr(OptimWrapper, name)
        monkeypatch.setattr(
            OptimWrapper,
            name,
            lambda *args, _name=name, _method=method, **kw: (
                seen.append(_name),
                _method(*args, **kw),
            )[1],
        )
    runner.train()
    passes = len(STAGES) * 2 * len(runner.train_dataloader)
    assert seen.count('backward') == passes
    whole, rest = divmod(passes, count)
    expected = (['backward'] * count + ['step']) * whole
    assert seen == expected + (['backward'] * rest + ['step']) * bool(rest)
