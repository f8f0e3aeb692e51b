import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from networks import same

from ppl_mm.engine import ProgressiveStageHook
from ppl_mm.errors import UserError

TWO = ((2, 2, 2), (6, (1, 3), 2))


@pytest.fixture
def progressive(tiny_cfg, stages):
    """Makes a config of these stages."""

    def make(*triples, hooks=(), work_dir='work', hook=None, **changes):
        return tiny_cfg(
            work_dir,
            custom_hooks=[stages(*triples, **(hook or {})), *hooks],
            **{
                'train_cfg.max_epochs': sum(t[2] for t in triples),
                'train_cfg.val_interval': 100,
                **changes,
            },
        )

    return make


def test_each_stage_has_its_epochs(progressive, train):
    runner = train(progressive((2, 2, 1), (6, (1, 3), 2), **{'train_cfg.val_interval': 1}))
    expected = [(0, 2, (2, 2)), (1, 6, (1, 3)), (2, 6, (1, 3))]
    assert runner.record.stages == [s for s in expected for _ in range(2)]
    assert runner.record.val_stages == [s[1:] for s in expected for _ in range(4)]
    for epoch, stage in zip((1, 2, 3), ([2, 2, 2], [6, 1, 3], [6, 1, 3]), strict=True):
        saved = torch.load(f'{runner.work_dir}/epoch_{epoch}.pth')
        assert saved['state_dict']['neck.stage'].tolist() == stage


def test_the_next_stage_changes_no_weight_and_no_key(progressive, train):
    weights = train(progressive(*TWO)).record.weights
    for before, after in zip(weights[1:-1:2], weights[2::2], strict=True):
        assert before.pop('neck.stage').shape == after.pop('neck.stage').shape
        assert same(before, after)
    assert not same(weights[0], weights[-1])


@pytest.mark.parametrize('workers', [0, 1])
@pytest.mark.parametrize('epoch', [1, 2, 3])
def test_a_resumed_run_ends_as_one_that_was_not_interrupted(progressive, train, epoch, workers):
    settings = {'train_dataloader.num_workers': workers}
    whole = train(progressive(*TWO, work_dir='whole', **settings))
    resumed = train(
        progressive(
            *TWO,
            work_dir='resumed',
            resume=True,
            load_from=f'{whole.work_dir}/epoch_{epoch}.pth',
            **settings,
        )
    )
    count = 2 * (4 - epoch)
    assert resumed.record.stages == whole.record.stages[-count:]
    assert resumed.record.rates == whole.record.rates[-count:]
    assert same(resumed.model.state_dict(), whole.model.state_dict())


@pytest.mark.parametrize(
    'later, epoch, told',
    [
        (TWO, 1, False),
        (((2, 2, 2), (5, 2, 2)), 2, False),  # that stage is still to come
        (((2, (2, 2), 2), (-3, (1, 3), 2)), 3, False),  # the same block, counted from the end
        (((2, 3, 2), (6, (1, 3), 2)), 1, True),
        (((2, 2, 2), (5, (1, 3), 2)), 3, True),
        (((2, 2, 3), (6, (1, 3), 1)), 3, True),
    ],
)
def test_a_resumed_stage_that_the_config_no_longer_has_is_told(
    progressive, train, capsys, later, epoch, told
):
    before = train(progressive(*TWO, work_dir='before'))
    assert 'was trained with patches' not in capsys.readouterr().out
    load_from = f'{before.work_dir}/epoch_{epoch}.pth'
    after = train(progressive(*later, work_dir='after', resume=True, load_from=load_from))
    assert after.epoch == 4
    said = f'epoch {epoch} was trained with patches of a'
    assert (said in capsys.readouterr().out) == told


def curve(train, cfg):
    return train(cfg).record.rates


SCHEDULES = dict(
    poly_by_iteration=dict(type='PolyLR', power=0.9, by_epoch=True, convert_to_iter_based=True),
    poly_by_epoch=[dict(type='PolyLR', power=0.9, by_epoch=True)],
    steps=[dict(type='MultiStepLR', milestones=[1, 2])],
    warmup=[
        dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=2),
        dict(type='CosineAnnealingLR', by_epoch=True, begin=1, convert_to_iter_based=True),
    ],
    by_iterations=[
        dict(type='PolyLR', power=1.0, by_epoch=False, eta_min=1e-3),
        dict(type='CosineAnnealingMomentum', by_epoch=False),
    ],
    none=None,
)


@pytest.mark.parametrize('schedule', SCHEDULES)
def test_a_fresh_schedule_is_that_of_a_run_of_the_stages_length(
    progressive, tiny_cfg, train, schedule
):
    changes = dict(param_scheduler=SCHEDULES[schedule])
    alone = []
    for epochs in (2, 3):
        alone += curve(
            train, tiny_cfg('alone', **changes, train_cfg=dict(max_epochs=epochs, val_interval=100))
        )
    both = curve(train, progressive((2, 2, 2), (6, 2, 3), **changes))
    assert len(both) == 10 and both == alone
    if schedule != 'none':
        assert len({rate[0][0] for rate in both}) > 2


@pytest.mark.parametrize('schedule', ['poly_by_iteration', 'warmup'])
def test_a_continued_schedule_is_that_of_a_run_of_all_epochs(
    progressive, tiny_cfg, train, schedule
):
    changes = dict(param_scheduler=SCHEDULES[schedule])
    alone = curve(
        train, tiny_cfg('alone', **changes, train_cfg=dict(max_epochs=4, val_interval=100))
    )
    both = curve(train, progressive(*TWO, hook=dict(fresh_schedule=False), **changes))
    assert both == alone


def test_each_parameter_group_returns_to_its_own_rate(progressive, train):
    rates = train(
        progressive(
            (2, 2, 1),
            (6, 2, 1),
            optim_wrapper=dict(paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10.0)))),
        )
    ).record.rates
    assert rates[0] == rates[2]
    assert {lr for lr, _ in rates[2]} == {0.01, 0.1}
    assert rates[1] != rates[0]


@pytest.mark.parametrize('keep', [True, False])
def test_state_of_the_optimiser(progressive, train, keep):
    states = train(progressive(*TWO, hook=dict(keep_optimizer_state=keep))).record.states
    count = states[1]
    assert count > 0
    assert states == [0, count, count if keep else 0, count]


@pytest.mark.parametrize(
    'hook, message',
    [
        (dict(stages=[dict(position=1, grid=2)]), 'stage 1 needs the keys'),
        (
            dict(stages=[dict(position=1, grid=2, epochs=1), dict(position=1, grid=2, epoch=1)]),
            'stage 2 needs',
        ),
    ],
)
def test_a_stage_without_its_keys(hook, message):
    with pytest.raises(UserError, match=message):
        ProgressiveStageHook(**hook)


@pytest.mark.parametrize(
    'triples, changes, message',
    [
        (TWO, {'train_cfg.max_epochs': 3}, 'have 4 epochs in all, but train_cfg.max_epochs=3'),
        (((2, 2, 1), (8, 2, 1)), {}, r'position=8 is outside .* 0\.\.7'),
        (((2, 2, 1), (6, 0, 1)), {}, 'grid must be an int >= 1'),
        (((2, 2, 1), (6, 2, 1)), {'model.neck': None}, 'stages need model.neck'),
    ],
)
def test_wrong_stages_stop_the_run_before_it_trains(progressive, triples, changes, message):
    runner = Runner.from_cfg(progressive(*triples, **changes))
    with pytest.raises(UserError, match=message) as caught:
        runner.train()
    assert runner.iter == 0 and '\n' not in str(caught.value)


def test_a_fresh_schedule_needs_its_config(progressive):
    runner = Runner.from_cfg(progressive((2, 2, 1)))
    runner.cfg = Config()  # as of a Runner that was built without one
    with pytest.raises(UserError, match='param_scheduler is not in the config'):
        runner.train()


@pytest.mark.parametrize('epochs', [0, -1, 1.5, True])
def test_a_stage_has_at_least_one_epoch(epochs):
    with pytest.raises(UserError, match=f'stage 2 has epochs={epochs}'):
        ProgressiveStageHook(
            [dict(position=2, grid=2, epochs=1), dict(position=4, grid=2, epochs=epochs)]
        )


def test_a_schedule_longer_than_a_stage_is_refused_before_training(progressive, train):
    schedule = [
        dict(type='LinearLR', begin=0, end=1, start_factor=0.1),
        dict(type='PolyLR', begin=1),
    ]
    cfg = progressive((2, 2, 3), (4, 2, 1))
    cfg.param_scheduler = schedule
    with pytest.raises(UserError, match='PolyLR begins at 1, and a stage of 1 epochs is over at 1'):
        train(cfg)
    cfg = progressive((2, 2, 3), (4, 2, 2))
    cfg.param_scheduler = schedule
    train(cfg)
