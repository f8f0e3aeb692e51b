"""Kinds of runs that train a segmentation network."""

from pathlib import Path

import pytest
from mmengine.config import Config
from test_studies.test_engine.noted_commands import ROOT, argument, tools_of

from studies.engine.kinds import KINDS
from studies.engine.plan import make_runs

NETWORK = 'configs/demo/seg_deeplab_demo.py'


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
