import json
from pathlib import Path

import pytest
from mmengine.config import Config

from studies.engine.kinds import KINDS
from studies.engine.kinds.cam import CamRun
from studies.engine.plan import make_runs
from studies.engine.steps import Steps

ROOT = Path(__file__).parents[3]
NETWORK = 'configs/demo/seg_deeplab_demo.py'

SUMMARY = dict(
    mIoU=0.5,
    precision=0.6,
    recall=0.7,
    over_activation=0.2,
    under_activation=0.3,
    confusion_matrix=[[1]],
    per_class=dict(background={}, wug={}),
)
REPORTS = {
    'eval_cam.py': dict(
        best_threshold=0.3, scores_at_best=SUMMARY, num_images=4, curve=dict(threshold=[0.30000001])
    ),
    'eval_labels.py': dict(SUMMARY, num_images=2),
    'test.py': dict(scores=SUMMARY, num_images=3),
}
ROLES = dict(masked='train', val='val')
PIPELINE_REPORT = dict(
    methods=[dict(key='cam', configs=['cam.py']), dict(key='ppl_st', configs=['one.py', 'two.py'])],
    segmentation=['seg.py'],
    seed=3,
    classes=['background', 'wug'],
    steps=[dict(step='train_seg', seconds=60.0, title='train', command=[])],
    measurements=[
        dict(
            method=method,
            role=role,
            split=split,
            num_images=2,
            threshold=None,
            scores=dict(SUMMARY, mIoU=round(0.2 * number + 0.1 * (role == 'val'), 1)),
        )
        for number, method in enumerate(('cam', 'ppl_st', 'pseudo_labels', 'segmentation'))
        for role, split in ROLES.items()
    ],
)


@pytest.fixture
def commands(monkeypatch):
    """The commands of a run, which are noted instead of run."""
    noted = []

    def fake(self, name, command, resume=()):
        command = [*map(str, command)]
        noted.append(command)
        tool = tool_of(command)
        if tool in REPORTS:
            flag = '--report' if tool == 'test.py' else '--out'
            path = command[command.index(flag) + 1]
            if tool == 'eval_cam.py':
                path += '.json'
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(json.dumps(REPORTS[tool]))
        elif tool == 'studies.engine.cost':
            Path(command[-1]).parent.mkdir(parents=True, exist_ok=True)
            Path(command[-1]).write_text('{"flops": 5}')
        elif tool == 'pipeline.py':
            folder = Path(command[command.index('--work-dir') + 1])
            folder.mkdir(parents=True)
            (folder / 'report.json').write_text(json.dumps(PIPELINE_REPORT))
        elif tool == 'export_cam.py':
            folder = Path(command[command.index('--out-dir') + 1])
            (folder / 'cams').mkdir(parents=True)
        return dict(done=True, command=tool, seconds=1.0)

    monkeypatch.setattr(Steps, 'run', fake)
    monkeypatch.setattr('studies.engine.kinds.cam.drop_optimizer', lambda path: None)
    return noted


def tool_of(command):
    return command[2] if command[1] == '-m' else Path(command[1]).name


def tools_of(commands):
    return [tool_of(command) for command in commands]


def argument(command, flag):
    return command[command.index(flag) + 1]


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
    plain, ours, sharper, other = make_runs(
        [
            row('plain', epochs=3, round='half'),
            row('ours', kind='self_trained', extra=extra),
            row(
                'sharper',
                kind='self_trained',
                extra=extra | dict(refine='configs/voc6/confident_voc6.py'),
            ),
            row('other', kind='self_trained', extra=extra, options={'model.neck.position': 3}),
        ],
        data,
    )
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
    assert (
        Path(cfg.train_dataloader.dataset.label_dir)
        == Path(argument(refine, '--out-dir')).absolute()
    )
    # Both trainings, and the export between; so are the epochs.
    assert record['cost'] == dict(flops=15, previous=5, labels=5)
    assert (ours.epochs, ours.all_epochs) == (1, 4)
    again = KINDS['self_trained'](other, tmp_path)
    assert again.labels == Path(argument(refine, '--out-dir')).parent
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


def test_full_supervision_trains_the_same_network_on_masks(
    commands, row, data, tmp_path, monkeypatch
):
    monkeypatch.chdir(ROOT)
    (run,) = make_runs(
        [row(kind='full', config=NETWORK, seeds=(3,), options={'train_cfg.max_iters': 7})], data
    )
    record = KINDS['full'](run, tmp_path)()
    assert tools_of(commands) == ['train.py', 'test.py', 'test.py']
    train, test, val = commands
    assert argument(test, '--report') != argument(val, '--report')
    assert val[-1].endswith('ImageSets/Segmentation/val.txt')
    assert record['segmentation_val']['split'] == 'val'
    assert record['settings']['segmentation'] == NETWORK
    ours, theirs = Config.fromfile(NETWORK), Config.fromfile(train[2])
    dataset = theirs.train_dataloader.dataset
    assert dataset.type == 'ppl_mm.VOCLayoutDataset'
    assert dataset.data_prefix.seg_map_path == 'SegmentationClass'
    assert dataset.ann_file == ours.train_dataloader.dataset.ann_file
    assert dataset.pipeline == ours.train_dataloader.dataset.pipeline
    assert theirs.randomness.seed == 3 and theirs.train_cfg.max_iters == 7
    for key in ('model', 'optim_wrapper', 'param_scheduler'):
        assert ours[key] == theirs[key]


@pytest.fixture
def network(row, data, tmp_path, monkeypatch):
    """A network on labels of a pipeline, which is a row as well."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr('studies.engine.kinds.network.last_checkpoint', lambda work: work)

    def make(**extra):
        pipeline = dict(name='path', config='configs/demo/pipeline.py')
        path, run = make_runs(
            [
                row(kind='pipeline', **pipeline),
                row(
                    'network',
                    kind='network',
                    config=NETWORK,
                    seeds=(0,),
                    options={'custom_hooks': []},
                    extra=dict(extra, pipeline=pipeline),
                ),
            ],
            data,
        )
        source = KINDS['pipeline'](path, tmp_path).folder / 'pipeline'
        return KINDS['network'](run, tmp_path), source

    return make


def test_a_network_learns_from_the_labels_of_the_pipelines_own_run(commands, network):
    work, source = network()
    record = work()
    assert tools_of(commands) == ['pipeline.py', 'train.py', 'test.py', 'test.py']
    pipeline, train, *_ = commands
    assert argument(pipeline, '--until') == 'refine'
    assert argument(pipeline, '--work-dir') == str(source)
    cfg = Config.fromfile(train[2])
    dataset = cfg.train_dataloader.dataset
    assert dataset.type == 'ppl_mm.CAMPseudoLabelDataset'
    assert Path(dataset.label_dir) == source / 'refine'
    assert cfg.load_from == str(source / 'train_ppl')
    assert cfg.custom_hooks == [] and record['measured'] is None
    assert record['segmentation_val']['split'] == 'val'


def test_a_network_may_have_other_labels_of_the_same_maps(commands, network):
    walk = dict(type='ppl_mm.RandomWalk', affinity_net='net.py')
    work, source = network(refine=dict(refiners=[walk]))
    work()
    assert tools_of(commands)[:3] == ['pipeline.py', 'refine.py', 'train.py']
    _, refine, train, *_ = commands
    assert str(source / 'export_ppl') in refine
    walk = Config.fromfile(refine[2]).refiners[0]
    assert walk.checkpoint == str(source / 'train_affinity')
    label_dir = Config.fromfile(train[2]).train_dataloader.dataset.label_dir
    assert Path(label_dir) == Path(argument(refine, '--out-dir'))
    plain, _ = network()
    assert plain.run.training_key != work.run.training_key
