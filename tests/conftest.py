import os

os.environ.setdefault('OMP_NUM_THREADS', '1')

import ppl_mm  # noqa: F401, I001  (before anything that imports mmseg)

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from forked_commands import forget
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import Runner

from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.data_tools.demo.data import write_demo_data

torch.set_num_threads(1)

TINY = """
_base_ = '{configs}/classifier.py'

model = dict(
    type='ppl_mm.CAMClassifier',
    backbone=dict(
        type='ResNet', depth=18, stem_channels=4, base_channels=4,
        strides=(1, 2, 1, 1)),
    neck=dict(type='ppl_mm.PatchLearning', position=2, grid=2),
    head=dict(type='ppl_mm.CAMHead', num_classes=4),
    data_preprocessor=dict(mean=[124] * 3, std=[58] * 3, to_rgb=True))
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='TestTimeAug', transforms=[
        [dict(type='Resize', scale_factor=scale, keep_ratio=True)
         for scale in (1.0, 1.5)],
        _base_.flips, [_base_.pack]])]

data_root = '{data_root}'
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.RandomResizeLong', min_size=48, max_size=64),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=48),
    dict(type='PackInputs')]
train_dataloader = dict(
    batch_size=4, num_workers=0,
    dataset=dict(data_root=data_root, pipeline=train_pipeline,
                 serialize_data=False))
val_dataloader = dict(
    num_workers=0, dataset=dict(data_root=data_root, serialize_data=False))
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01, momentum=0.9))
train_cfg = dict(by_epoch=True, max_epochs=1)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1))
log_level = 'WARNING'
"""

TINY_SEG = """
_base_ = '{configs}/demo/seg_deeplab_demo.py'
model = dict(
    # Fewer, in channels last, make oneDNN fail: uxlfoundation/oneDNN#6035.
    backbone=dict(stem_channels=16, base_channels=16),
    decode_head=dict(
        in_channels=64, channels=8, c1_in_channels=16, c1_channels=4))
train_dataloader = dict(dataset=dict(data_root='{data_root}'))
val_dataloader = dict(num_workers=0, dataset=dict(data_root='{data_root}'))
test_dataloader = val_dataloader
tta_model = dict(_delete_=True, type='SegTTAModel')
"""


@pytest.fixture(autouse=True)
def fresh_state(monkeypatch):
    """The same random numbers for each test, and no Runner before it."""
    torch.manual_seed(0)
    # A Runner writes its config often; most of its time would be this style.
    monkeypatch.setattr('mmengine.config.config.FormatCode', lambda text, **_: (text, True))
    yield
    forget()


@pytest.fixture(scope='session')
def demo_root(tmp_path_factory):
    """A tiny data set in VOC's layout: do not write into it."""
    root = tmp_path_factory.mktemp('data') / 'demo'
    write_demo_data(root, train=8, val=4, size=48)
    return root


@pytest.fixture(scope='session')
def tiny_config(demo_root, request):
    """The path of a config that trains in a second: two batches an epoch."""
    path = demo_root.parent / 'tiny.py'
    path.write_text(
        TINY.format(configs=request.config.rootpath / 'configs/_base_', data_root=demo_root)
    )
    return path


@pytest.fixture(scope='session')
def trained(tiny_config, tmp_path_factory):
    """The path of a checkpoint of that config."""
    cfg = Config.fromfile(tiny_config)
    cfg.work_dir = str(tmp_path_factory.mktemp('trained'))
    Runner.from_cfg(cfg).train()
    return Path(cfg.work_dir) / 'epoch_1.pth'


@pytest.fixture
def tiny_cfg(tiny_config, tmp_path):
    """Makes that config, with changes to it, for a Runner.

    Called with the name of the work folder in tmp_path and keyword settings
    that are merged into the config.
    """

    def make(work_dir='work', **changes):
        cfg = Config.fromfile(tiny_config)
        cfg.merge_from_dict(changes)
        cfg.work_dir = str(tmp_path / work_dir)
        cfg.experiment_name = os.urandom(4).hex()
        return cfg

    return make


@pytest.fixture
def cam_dir(demo_root, tmp_path):
    """An export of random maps beside data/, both free to be broken."""
    data_root = shutil.copytree(demo_root, tmp_path / 'data')
    rng = np.random.default_rng(0)
    for path in sorted((data_root / 'JPEGImages').iterdir()):
        ids = rng.choice(4, rng.integers(1, 4), replace=False)
        maps = rng.random((len(ids), 6, 6))
        maps /= maps.max(axis=(1, 2), keepdims=True)
        write_cam(
            ExportFolder(tmp_path / 'export').cam_path(path.stem), CamFile(ids, maps, (48, 48))
        )
    (tmp_path / 'export/export.json').write_text(
        json.dumps(
            dict(
                config='cls.py',
                checkpoint='epoch_1.pth',
                checkpoint_sha256='0' * 64,
                data_root=str(data_root),
                cam_stride=8,
                threshold=0.4,
                classes=(data_root / 'classes.txt').read_text().split()[1:],
                threshold_from='default',
            )
        )
    )
    return tmp_path / 'export'


def vary_labels(model):
    """Give a segmentation network random weights with which it sees all its classes."""
    torch.manual_seed(0)
    head = model.eval().decode_head.conv_seg
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
    image = torch.nn.functional.interpolate(torch.randn(1, 3, 8, 8), (64, 64), mode='bicubic')
    with torch.no_grad():
        logits = model.encode_decode(image, [dict(img_shape=(64, 64))])
        head.bias -= logits.mean(dim=(0, 2, 3))


@pytest.fixture(scope='session')
def tiny_seg(demo_root, tmp_path_factory, request):
    """The config of a tiny segmentation network."""
    path = tmp_path_factory.mktemp('tiny_seg') / 'tiny_seg.py'
    configs = request.config.rootpath / 'configs'
    path.write_text(TINY_SEG.format(configs=configs, data_root=demo_root))
    return path


@pytest.fixture(scope='session')
def seg_work(tiny_seg, demo_root, tmp_path_factory):
    """A work folder of a tiny segmentation network, with random weights: do not write into it."""
    folder = tmp_path_factory.mktemp('seg_work')
    cfg = Config.fromfile(tiny_seg)
    cfg.dump(folder / 'tiny_seg.py')
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
    vary_labels(model)
    classes = (demo_root / 'classes.txt').read_text().split()
    state = dict(state_dict=model.state_dict(), meta=dict(dataset_meta=dict(classes=classes)))
    torch.save(state, folder / 'iter_1.pth')
    return folder
