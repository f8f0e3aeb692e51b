"""A run that is resumed with other epochs than it was saved with."""

import pytest
import torch

POLY = dict(type='PolyLR', power=0.9, eta_min=0.0, by_epoch=True, convert_to_iter_based=True)
SCHEDULES = dict(
    poly=[POLY],
    warmed_up=[
        dict(type='LinearLR', start_factor=0.1, by_epoch=True, begin=0, end=1,
             convert_to_iter_based=True),
        dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=1,
             convert_to_iter_based=True),
    ],
    steps=[dict(type='MultiStepLR', milestones=[1, 3], by_epoch=True)],
)  # fmt: skip


def run(tiny_cfg, train, work_dir, batch, epochs=4, **changes):
    cfg = tiny_cfg(
        work_dir,
        **{
            'train_dataloader.batch_size': batch,
            'train_cfg.max_epochs': epochs,
            'train_cfg.val_interval': 100,
            **changes,
        },
    )
    return train(cfg)


def resumed(tiny_cfg, train, epoch, batch, **changes):
    """A run of eight images and batches of 4, and from some epoch on of others."""
    before = run(tiny_cfg, train, 'before', 4, **changes)
    load_from = f'{before.work_dir}/epoch_{epoch}.pth'
    return run(tiny_cfg, train, 'after', batch, load_from=load_from, resume=True, **changes)


def rates(runner):
    return [groups[0][0] for groups in runner.record.rates]


@pytest.mark.parametrize('schedule', SCHEDULES)
@pytest.mark.parametrize('batch', [2, 8])
def test_the_rest_of_the_schedule_is_that_of_a_run_of_this_length(
    tiny_cfg, train, schedule, batch, capsys
):
    settings = dict(param_scheduler=SCHEDULES[schedule])
    whole = run(tiny_cfg, train, 'whole', batch, **settings)
    later = resumed(tiny_cfg, train, 2, batch, **settings)
    length = 8 // batch
    assert later.iter == later.max_iters == 4 * length
    assert rates(later) == pytest.approx(rates(whole)[2 * length :], rel=1e-6)
    assert f'was saved at iteration 4, here it ends at {2 * length}' in capsys.readouterr().out


@pytest.mark.parametrize('epoch', [1, 2, 3])
def test_within_a_stage_it_is_the_stages_schedule(tiny_cfg, train, stages, epoch):
    hook = stages((2, 2, 2), (6, 2, 2))
    whole = run(tiny_cfg, train, 'whole', 8, custom_hooks=[hook])
    later = resumed(tiny_cfg, train, epoch, 8, custom_hooks=[hook])
    assert rates(later) == pytest.approx(rates(whole)[epoch:], rel=1e-6)
    assert later.record.stages == whole.record.stages[epoch:]


def test_nothing_changes_where_the_length_is_the_same(tiny_cfg, train, capsys):
    whole = run(tiny_cfg, train, 'whole', 4)
    later = resumed(tiny_cfg, train, 2, 4)
    assert 'was saved at iteration' not in capsys.readouterr().out
    assert rates(later) == rates(whole)[4:]
    states = [
        torch.load(f'{runner.work_dir}/epoch_4.pth')['state_dict'] for runner in (whole, later)
    ]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_more_epochs_than_before_have_the_schedule_of_as_many(tiny_cfg, train):
    whole = run(tiny_cfg, train, 'whole', 4)
    before = run(tiny_cfg, train, 'before', 4, epochs=2)
    load_from = f'{before.work_dir}/epoch_2.pth'
    later = run(tiny_cfg, train, 'after', 4, load_from=load_from, resume=True)
    assert rates(later) == pytest.approx(rates(whole)[4:], rel=1e-6)


def test_another_learning_rate_is_not_taken_silently(tiny_cfg, train, capsys):
    before = run(tiny_cfg, train, 'before', 4)
    settings = dict(load_from=f'{before.work_dir}/epoch_2.pth', resume=True)
    run(tiny_cfg, train, 'same', 4, **settings)
    assert 'learning rate' not in capsys.readouterr().out
    later = run(tiny_cfg, train, 'after', 4, **settings, **{'optim_wrapper.optimizer.lr': 0.5})
    assert 'stays that of the checkpoint, 0.01, and not 0.5' in capsys.readouterr().out
    assert rates(later) == rates(before)[4:]


def test_a_training_that_is_over_says_so(tiny_cfg, train, capsys):
    before = run(tiny_cfg, train, 'before', 4, epochs=2)
    settings = dict(load_from=f'{before.work_dir}/epoch_2.pth', resume=True)
    run(tiny_cfg, train, 'after', 4, epochs=1, **settings)
    said = 'nothing is left to train: the checkpoint was saved at iteration 4 of 2'
    assert said in capsys.readouterr().out
