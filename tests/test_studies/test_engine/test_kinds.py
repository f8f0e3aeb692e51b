from functools import partial
from pathlib import Path

from mmengine.config import Config
from test_studies.test_engine.noted_commands import PIPELINE_REPORT, ROOT, argument, tools_of

from studies.engine.kinds import KINDS
from studies.engine.kinds.cam import CamRun
from studies.engine.plan import make_runs


def test_final_measures_val_once_at_the_threshold(commands, row, data, tmp_path):
    (run,) = make_runs([row(round='final')], data)
    record = CamRun(run, tmp_path)()
    assert tools_of(commands) == [
        'train.py',
        'studies.engine.cost',
        'export_cam.py',
        'eval_cam.py',
        'export_cam.py',
        'eval_labels.py',
    ]
    _, _, export, evaluate, val, _ = commands
    assert argument(export, '--split') == argument(evaluate, '--split')
    assert argument(val, '--split') == 'val'
    assert argument(val, '--threshold') == '0.3' == str(record['threshold'])
    assert record['val']['images'] == 2 and record['val']['threshold'] == 0.3
    assert record['measured']['confusion_matrix'] == [[1]]
    assert record['curve']['threshold'] == [0.3]
    assert record['cost'] == dict(flops=5)
    assert not list(tmp_path.glob('runs/*/*/export*/cams'))


def test_screen_leaves_val_alone_and_keeps_maps_if_told(commands, row, data, tmp_path):
    (run,) = make_runs([row()], data)
    record = CamRun(run, tmp_path, keep=True)()
    assert 'val' not in record and 'eval_labels.py' not in tools_of(commands)
    assert list(tmp_path.glob('runs/*/*/export/cams'))


def test_a_previous_run_makes_the_labels_that_a_run_learns_from(
    commands, row, data, tmp_path, monkeypatch, tiny_config
):
    monkeypatch.setattr('studies.engine.kinds.self_training.last_checkpoint', lambda work: work)
    monkeypatch.chdir(ROOT)
    extra = dict(
        previous=dict(config=str(tiny_config), epochs=3),
        views={'tta_model.cam_stride': 8},
        refine='configs/demo/confident_demo.py',
    )
    learns = partial(row, kind='self_trained')
    sharper = extra | dict(refine='configs/voc6/confident_voc6.py')
    rows = [
        row('plain', epochs=3, round='half'),
        learns('ours', extra=extra),
        learns('sharper', extra=sharper),
        learns('other', extra=extra, options={'model.neck.position': 3}),
    ]
    plain, ours, sharper, other = make_runs(rows, data)
    record = KINDS['self_trained'](ours, tmp_path)()
    assert tools_of(commands) == [
        'train.py',
        'export_cam.py',
        'refine.py',
        'train.py',
        'studies.engine.cost',
        'studies.engine.cost',
        'studies.engine.cost',
        'export_cam.py',
        'eval_cam.py',
    ]
    previous, export, refine, train, *_ = commands
    # A plain CAM of the same budget is the same training.
    work = argument(previous, '--work-dir')
    assert CamRun(plain, tmp_path).training == Path(work).parent
    assert argument(export, '--split') == 'train'
    assert Config.fromfile(export[2]).tta_model.cam_stride == 8
    assert argument(export, '--out-dir') in refine
    cfg = Config.fromfile(train[2])
    assert cfg.load_from == work
    labels = Path(argument(refine, '--out-dir'))
    assert Path(cfg.train_dataloader.dataset.label_dir) == labels.absolute()
    # Both trainings, and the export between; so are the epochs.
    assert record['cost'] == dict(flops=15, previous=5, labels=5)
    assert (ours.epochs, ours.all_epochs) == (1, 4)
    again = KINDS['self_trained'](other, tmp_path)
    assert again.labels == labels.parent
    assert len({run.training_key for run in (ours, sharper, other)}) == 3


def test_a_pipeline_is_the_command_of_a_user(commands, row, data, tmp_path):
    (run,) = make_runs([row(kind='pipeline', seeds=(3,))], data)
    record = KINDS['pipeline'](run, tmp_path)()
    assert tools_of(commands) == ['pipeline.py']
    assert argument(commands[0], '--seed') == '3'
    # Each part is what the report says of that method and role.
    scores = {
        key: part['mIoU']
        for key, part in record.items()
        if isinstance(part, dict) and 'mIoU' in part
    }
    assert scores == dict(
        plain_seed=0.0,
        plain_seed_val=0.1,
        ppl_seed=0.2,
        ppl_seed_val=0.3,
        measured=0.4,
        val=0.5,
        segmentation=0.6,
        segmentation_val=0.7,
    )
    assert record['val']['split'] == 'val' and record['val']['images'] == 2
    assert record['settings'] == dict(methods=PIPELINE_REPORT['methods'], segmentation=['seg.py'])
    assert record['steps']['pipeline']['seconds'] == 1.0
    assert record['steps']['train_seg'] == dict(seconds=60.0)


def test_a_pipeline_is_asked_again_what_is_left(commands, row, data, tmp_path):
    """Its command is the same where its configs have changed."""
    (run,) = make_runs([row(kind='pipeline')], data)
    work = KINDS['pipeline'](run, tmp_path)
    path = work.folder / 'steps/pipeline.json'
    path.parent.mkdir(parents=True)
    path.write_text('{"done": true, "command": "tools/pipeline.py"}')
    work()
    assert tools_of(commands) == ['pipeline.py'] and not path.exists()
