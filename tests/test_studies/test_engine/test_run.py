import pytest
from mmengine.config import Config

from ppl_mm.errors import UserError
from studies.engine.kinds.files import write_config
from studies.engine.plan import make_runs
from studies.engine.run import scale_stages, write_list

STAGES = [dict(position=2, grid=2, epochs=1), dict(position=4, grid=2, epochs=1)]
PROGRESSIVE = dict(custom_hooks=[dict(type='ppl_mm.ProgressiveStageHook', stages=STAGES)])


@pytest.mark.parametrize(
    'shares, epochs, expected',
    [
        ((1, 1, 1), 3, [1, 1, 1]),
        ((1, 1, 1), 9, [3, 3, 3]),
        ((1, 1, 4), 3, [1, 1, 1]),
        ((1, 2, 3), 12, [2, 4, 6]),
        ((1, 1), 3, [2, 1]),
        ((1, 8), 4, [1, 3]),
    ],
)
def test_stages_share_the_budget(shares, epochs, expected):
    stages = [dict(position=k, grid=2, epochs=share) for k, share in enumerate(shares)]
    scaled = scale_stages(stages, epochs, 'row')
    lengths = [stage['epochs'] for stage in scaled]
    assert sum(lengths) == epochs and min(lengths) >= 1
    assert sorted(lengths) == sorted(expected)
    assert [stage['position'] for stage in scaled] == [*range(len(shares))]


def test_more_stages_than_epochs():
    with pytest.raises(UserError, match='3 stages do not fit'):
        scale_stages(STAGES + STAGES[:1], 2, 'row')


def test_config_of_a_run(row, data, tmp_path):
    one = row(
        options=PROGRESSIVE | {'optim_wrapper.optimizer': dict(_delete_=True, type='SGD', lr=0.5)},
        test_options={'tta_model.cam_stride': 8},
        round='final',
        seeds=(7,),
    )
    (run,) = make_runs([one], data)
    path = tmp_path / 'config.py'
    write_config(run.config(), path)
    cfg = Config.fromfile(path)
    assert cfg.train_cfg.max_epochs == 4 and cfg.randomness.seed == 7
    assert [s.epochs for s in cfg.custom_hooks[0].stages] == [2, 2]
    assert cfg.optim_wrapper.optimizer.lr == 0.5
    assert 'cam_stride' not in cfg.tta_model
    assert run.config(for_test=True).tta_model.cam_stride == 8
    # The row itself stays as it was declared.
    assert one.options['custom_hooks'][0]['stages'] == STAGES
    assert '_delete_' in one.options['optim_wrapper.optimizer']


def test_only_what_trains_differently_is_trained_again(row, data):
    rows = [
        row('a'),
        row('b', test_options={'tta_model.cam_stride': 8}),
        row('c', options={'optim_wrapper.optimizer.lr': 0.5}),
        row('d', repeat=1),
        row('e', round='half'),
        row('f', epochs=2),
    ]
    a, b, c, d, e, f = make_runs(rows, data)
    assert a.training_key == b.training_key
    assert len({run.training_key for run in (a, c, d, e)}) == 4
    assert e.training_key == f.training_key  # both two epochs
    assert len({run.settings_key for run in (a, b, c, d, e, f)}) == 6


def test_halves_share_no_image(row, data, tmp_path, demo_root):
    def stems(part):
        (run,) = make_runs([row(measured=part)], data)
        return write_list(run, tmp_path).read_text().split()

    whole = (demo_root / 'ImageSets/Segmentation/train.txt').read_text()
    assert stems('all') == whole.split()
    assert stems('even') == whole.split()[::2]
    assert stems('odd') == whole.split()[1::2]
