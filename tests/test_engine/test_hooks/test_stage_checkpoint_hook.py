import logging

import pytest
import torch
from mmengine.runner import Runner
from networks import same

from ppl_mm.engine.hooks.stage_checkpoint_hook import widen_classifier
from ppl_mm.registry import MODELS

EMA = dict(
    mmengine=dict(type='mmengine.EMAHook', momentum=0.5),
    mmengine_buffers=dict(type='mmengine.EMAHook', momentum=0.5, update_buffers=True),
    mmpretrain=dict(type='mmpretrain.EMAHook', momentum=0.5),
    mmpretrain_buffers=dict(type='mmpretrain.EMAHook', momentum=0.5, update_buffers=True),
)
PLAIN_NECK = {'model.neck': None}
FUSION = {
    'model.neck': dict(
        _delete_=True, type='ppl_mm.MultiGranularityFusion', positions=(2, 4, 6), grids=(2, 2, 2)
    )
}


@pytest.fixture(params=[None, *EMA])
def ema(request):
    """The custom hooks of runs without and with each kind of EMA."""
    return [EMA[request.param]] if request.param else []


one_ema = pytest.mark.parametrize('ema', [None, 'mmpretrain_buffers'], indirect=True)


def neck(position, grid=2):
    return {'model.neck.position': position, 'model.neck.grid': grid}


def load(path):
    return torch.load(path, map_location='cpu', weights_only=True)


def saved_stages(path):
    """The stage in each state dict of a checkpoint."""
    checkpoint = load(path)
    return [
        checkpoint[part][key].tolist()
        for part, key in (('state_dict', 'neck.stage'), ('ema_state_dict', 'module.neck.stage'))
        if part in checkpoint
    ]


def test_a_checkpoint_remembers_the_stage_in_training(tiny_cfg, train, stages, ema):
    runner = train(
        tiny_cfg(
            custom_hooks=[stages((2, 2, 1), (6, (1, 3), 2)), *ema],
            **{'train_cfg.max_epochs': 3, 'train_cfg.val_interval': 1},
        )
    )
    for epoch, stage in zip((1, 2, 3), ([2, 2, 2], [6, 1, 3], [6, 1, 3]), strict=True):
        stages = saved_stages(f'{runner.work_dir}/epoch_{epoch}.pth')
        assert stages == [stage] * (1 + len(ema))
    # The average is measured at the stage in training, too.
    assert set(runner.record.val_stages[-4:]) == {(6, (1, 3))}


@pytest.mark.parametrize('epoch', [1, 2])
def test_resuming_takes_the_checkpoints_stage(tiny_cfg, train, stages, ema, epoch):
    settings = dict(
        custom_hooks=[stages((2, 2, 2), (6, (1, 3), 2)), *ema],
        **{'train_cfg.max_epochs': 4, 'train_cfg.val_interval': 100, **neck(4, 3)},
    )
    whole = train(tiny_cfg('whole', **settings))
    resumed = train(
        tiny_cfg(
            'resumed', resume=True, **settings, load_from=f'{whole.work_dir}/epoch_{epoch}.pth'
        )
    )
    assert resumed.record.stages == whole.record.stages[2 * epoch :]
    one, two = (load(f'{runner.work_dir}/epoch_4.pth') for runner in (whole, resumed))
    assert same(one['state_dict'], two['state_dict'])
    if ema:
        assert same(one['ema_state_dict'], two['ema_state_dict'])


def test_training_from_a_checkpoint_takes_the_configs_stage(tiny_cfg, train, ema):
    first = train(tiny_cfg('first', custom_hooks=ema, **neck(2)))
    start = f'{first.work_dir}/epoch_1.pth'
    second = train(tiny_cfg('second', custom_hooks=ema, load_from=start, **neck(6, (1, 3))))
    assert second.record.stages == [(0, 6, (1, 3))] * 2
    begun = second.record.weights[0]
    assert begun.pop('neck.stage').tolist() == [6, 1, 3]
    saved = load(start)['state_dict']  # with an EMA, the average
    del saved['neck.stage']
    assert same(begun, saved)
    assert saved_stages(f'{second.work_dir}/epoch_1.pth') == [[6, 1, 3]] * (1 + len(ema))


@pytest.fixture
def warnings_of():
    """Loads a checkpoint for testing; returns the runner and its warnings."""

    def load_for_test(cfg):
        cfg.train_cfg = cfg.train_dataloader = cfg.optim_wrapper = None
        cfg.param_scheduler = None
        records = []
        runner = Runner.from_cfg(cfg)
        handler = logging.Handler()
        handler.emit = records.append
        handler.setLevel(logging.WARNING)
        runner.logger.addHandler(handler)
        runner.test()
        texts = [record.getMessage() for record in records]
        return runner, [text for text in texts if 'patches' in text]

    return load_for_test


@one_ema
@pytest.mark.parametrize(
    'position, grid, warns', [(2, 2, False), (-7, (2, 2), False), (6, 2, True), (2, (2, 3), True)]
)
def test_testing_takes_the_checkpoints_stage_with_one_warning(
    tiny_cfg, train, warnings_of, ema, position, grid, warns
):
    trained = train(tiny_cfg('first', custom_hooks=ema, **neck(2)))
    runner, texts = warnings_of(
        tiny_cfg(
            'test',
            custom_hooks=ema,
            **neck(position, grid),
            load_from=f'{trained.work_dir}/epoch_1.pth',
        )
    )
    assert runner.model.neck.positions == (2,)
    assert runner.model.neck.grid == (2, 2)
    assert len(texts) == warns
    if warns:
        assert '2 x 2 grid after block 2;' in texts[0]
        assert f'after block {position}' in texts[0]


def test_a_plain_model_is_not_concerned(tiny_cfg, train, warnings_of):
    trained = train(tiny_cfg('first', **PLAIN_NECK))
    _, texts = warnings_of(
        tiny_cfg('test', load_from=f'{trained.work_dir}/epoch_1.pth', **PLAIN_NECK)
    )
    assert not texts


@one_ema
@pytest.mark.parametrize(
    'old, new', [(PLAIN_NECK, neck(4)), (PLAIN_NECK, FUSION), (neck(4), FUSION)]
)
def test_another_kind_of_cam_starts_with_the_weights_of_the_old(tiny_cfg, train, ema, old, new):
    first = train(tiny_cfg('first', custom_hooks=ema, **old))
    start = f'{first.work_dir}/epoch_1.pth'
    second = train(tiny_cfg('second', custom_hooks=ema, load_from=start, **new))
    begun, saved = second.record.weights[0], load(start)['state_dict']
    key = 'head.classifier.weight'
    assert begun[key].shape[1] == (128 if new is FUSION else 64)
    assert torch.equal(begun[key][:, :32], saved[key][:, :32])
    for state in (saved, begun):
        state.pop(key)
        state.pop('neck.stage', None)
    assert same(begun, saved)


def model_of(neck):
    return MODELS.build(
        dict(
            type='ppl_mm.CAMClassifier',
            backbone=dict(type='mmpretrain.ResNet', depth=18, stem_channels=4, base_channels=4),
            neck=neck,
            head=dict(type='ppl_mm.CAMHead', num_classes=3),
        )
    ).eval()


def pl(position):
    return dict(type='ppl_mm.PatchLearning', position=position, grid=2)


@pytest.mark.parametrize(
    'old, new',
    [
        (None, pl(4)),
        (None, FUSION['model.neck']),
        (pl(4), dict(type='ppl_mm.MultiGranularityFusion', positions=(4, 4, 4), grids=(2, 2, 2))),
    ],
)
def test_a_widened_classifier_gives_the_scores_of_the_old_one(old, new):
    new = {key: value for key, value in new.items() if key != '_delete_'}
    old, new = model_of(old), model_of(new)
    state = {key: value for key, value in old.state_dict().items() if key != 'neck.stage'}
    state['head.classifier.weight'] = widen_classifier(
        old.head.classifier.weight, 32, new.head.classifier.in_channels
    )
    new.load_state_dict(state, strict=False)
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(new(x), old(x))
