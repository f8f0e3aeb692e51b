"""From exported maps to sure labels, an AffinityNet and a random walk."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from forked_commands import run_ranks
from networks import same
from test_tools.trained_files import RANK_HOOK, load

from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import read_mask

ROOT = Path(__file__).parents[2]
SURE = """
refiners = []
label = dict(type='ppl_mm.Agreement', chains=[
    [dict(type='ppl_mm.ConstantBackground', threshold=threshold)]
    for threshold in (0.7, 0.2)])
"""
AFFINITY = """
_base_ = '{configs}/affinity_net.py'
model = dict(
    type='ppl_mm.AffinityNet',
    data_preprocessor=dict(
        mean=[124.] * 3, std=[58.] * 3, bgr_to_rgb=True, size=(48, 48),
        seg_pad_val=255),
    backbone=dict(
        type='mmpretrain.ResNet', depth=18, stem_channels=4, base_channels=4),
    taps=(2, 4), channels=(4, 4), stride=4)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01, momentum=0.9))
train_cfg = dict(by_epoch=True, max_epochs=2)
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(48, 48), ratio_range=(0.75, 1.5),
         keep_ratio=True),
    dict(type='RandomCrop', crop_size=(48, 48)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs')]
train_dataloader = dict(
    batch_size=4, num_workers=0, dataset=dict(
        data_root='{data_root}', label_dir='{labels}',
        ann_file='ImageSets/Segmentation/train.txt', pipeline=train_pipeline))
log_level = 'WARNING'
"""
WALK = """
refiners = [
    dict(type='ppl_mm.RandomWalk', affinity_net='{config}',
         checkpoint='{work}', beta=40, steps_log2=1),
    dict(type='ppl_mm.Renormalize'),
    dict(type='ppl_mm.ConstantBackground', threshold=0.4)]
"""


@pytest.fixture
def maps(cam_dir):
    """An export whose maps are the masks, at a quarter of their size."""
    for path in (cam_dir.parent / 'data/SegmentationClass').iterdir():
        mask = read_mask(path)
        ids = np.setdiff1d(np.unique(mask), [0, 255]) - 1
        cam = np.stack([(mask == k + 1).reshape(12, 4, 12, 4).mean(axis=(1, 3)) for k in ids])
        write_cam(
            ExportFolder(cam_dir).cam_path(path.stem),
            CamFile(ids, cam / cam.max(axis=(1, 2), keepdims=True), mask.shape),
        )
    return cam_dir


@pytest.fixture
def sure(tool, maps, tmp_path):
    """The folder of sure labels."""
    (tmp_path / 'sure.py').write_text(SURE)
    done = tool('refine', tmp_path / 'sure.py', maps, out_dir=tmp_path / 'sure', workers=0)
    assert done.code == 0, done.output
    return tmp_path / 'sure'


@pytest.fixture
def config(sure, tmp_path):
    path = tmp_path / 'tiny_affinity.py'
    path.write_text(
        AFFINITY.format(configs=ROOT / 'configs/_base_', data_root=tmp_path / 'data', labels=sure)
    )
    return path


@pytest.fixture
def train(tool, config, tmp_path):
    """Runs tools/train.py on the config, in tmp_path/work."""

    def run(*args):
        done = tool('train', config, '--work-dir', tmp_path / 'work', *args)
        assert done.code == 0, done.output
        return tmp_path / 'work'

    return run


def weights(path):
    return load(path)['state_dict']


def test_from_maps_to_walked_labels(train, tool, config, maps, sure, tmp_path):
    stem = 'train_00000'
    known = read_mask(ExportFolder(sure).label_path(stem))
    assert 255 in known and 0 in known and len(np.unique(known)) > 2
    (tmp_path / 'walk.py').write_text(WALK.format(config=config, work=train()))
    done = tool('refine', tmp_path / 'walk.py', maps, out_dir=tmp_path / 'out', workers=0)
    assert done.code == 0 and '12 refined' in done.output, done.output
    label = read_mask(ExportFolder(tmp_path / 'out').label_path(stem))
    mask = read_mask(tmp_path / f'data/SegmentationClass/{stem}.png')
    assert set(np.unique(label)) <= set(np.unique(mask))
    assert (label == mask)[mask != 255].mean() > 0.7


def test_it_may_start_from_weights_of_its_backbone(train, fails, config, tmp_path):
    path = shutil.copy(train() / 'epoch_2.pth', tmp_path / 'start.pth')
    start = f'load_from={path}'
    train(
        '--overwrite',
        '--cfg-options',
        start,
        'model.channels=[3,3]',
        'model.taps=[2,4]',
        'optim_wrapper.optimizer.lr=0',
    )
    key = 'backbone.layer1.0.conv1.weight'
    assert torch.equal(weights(path)[key], weights(tmp_path / 'work/epoch_1.pth')[key])
    line = fails('train', config, '--cfg-options', start, 'model.backbone.base_channels=8')
    assert 'does not fit AffinityNet' in line


def test_wrong_settings(fails, config, tmp_path):
    assert 'taps has 30, outside the chain' in fails(
        'train', config, cfg_options='model.taps=[2,30]'
    )
    line = fails('train', config, cfg_options='train_dataloader.dataset.label_dir=nowhere')
    assert 'nowhere: no pseudo-labels are there' in line


def test_a_walk_without_its_network(fails, config, maps, tmp_path):
    (tmp_path / 'walk.py').write_text(WALK.format(config=config, work=tmp_path / 'not_trained'))
    line = fails('refine', tmp_path / 'walk.py', maps, out_dir=tmp_path / 'out')
    assert 'not_trained: no checkpoint is there' in line


def test_a_walk_with_weights_of_another_network(train, fails, config, maps, tmp_path):
    work = train()
    config.write_text(config.read_text().replace('(4, 4)', '(4, 5)'))
    (tmp_path / 'walk.py').write_text(WALK.format(config=config, work=work))
    line = fails('refine', tmp_path / 'walk.py', maps, out_dir=tmp_path / 'out', workers=0)
    assert 'does not fit AffinityNet' in line


@pytest.mark.slow
def test_two_processes_end_with_equal_weights(config, tmp_path):
    (tmp_path / 'rank_hook.py').write_text(RANK_HOOK)
    with config.open('a') as file:
        file.write(
            "custom_imports = dict(imports=['ppl_mm', 'rank_hook'])\n"
            "custom_hooks = [dict(type='SaveEveryRank')]\n"
            "train_dataloader['batch_size'] = 2\n"
        )
    command = [sys.executable, ROOT / 'tools/train.py', config, '--work-dir', tmp_path / 'work']
    run_ranks(command, 2, dict(os.environ, PYTHONPATH=str(tmp_path)), cwd=tmp_path)
    assert same(*(load(tmp_path / f'work/rank_{rank}.pth') for rank in (0, 1)))
