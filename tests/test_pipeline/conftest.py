import subprocess
import sys

import forked_commands
import pytest

# A hundredth of the demo. Dropout in the segmentation head, and several
# checkpoints in each training: what makes resuming exactly hard.
CLASSIFIER = """
_base_ = '{root}/configs/_base_/classifier.py'
model = dict(
    type='ppl_mm.CAMClassifier',
    backbone=dict(
        type='ResNet', depth=18, stem_channels=4, base_channels=4,
        strides=(1, 2, 1, 1)),
    head=dict(type='ppl_mm.CAMHead', num_classes=4),
    data_preprocessor=dict(mean=[124] * 3, std=[58] * 3, to_rgb=True))
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='TestTimeAug', transforms=[
        [dict(type='Resize', scale_factor=scale, keep_ratio=True)
         for scale in (1.0, 1.5)],
        _base_.flips, [_base_.pack]])]
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.RandomResizeLong', min_size=48, max_size=64),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=48),
    dict(type='PackInputs')]
train_dataloader = dict(
    batch_size=4, num_workers=1,
    dataset=dict(data_root='data/demo', pipeline=train_pipeline))
val_dataloader = dict(num_workers=0, dataset=dict(data_root='data/demo'))
test_dataloader = val_dataloader
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=1e-3))
train_cfg = dict(by_epoch=True, max_epochs=4, val_interval=4)
default_hooks = dict(
    logger=dict(interval=1), checkpoint=dict(interval=1))
"""
PROGRESSIVE = """
_base_ = './cls_cam.py'
model = dict(neck=dict(type='ppl_mm.PatchLearning', position=2, grid=2))
custom_hooks = [dict(type='ppl_mm.ProgressiveStageHook', stages=[
    dict(position=2, grid=2, epochs=2), dict(position=6, grid=2, epochs=2)])]
"""
SEGMENTATION = """
_base_ = '{root}/configs/demo/seg_deeplab_demo.py'
model = dict(
    # With fewer, in channels last, oneDNN writes past its memory:
    # uxlfoundation/oneDNN#6035.
    backbone=dict(stem_channels=16, base_channels=16),
    decode_head=dict(in_channels=64, channels=8, c1_in_channels=16,
                     c1_channels=4, dropout_ratio=0.5))
max_iters = 8
param_scheduler = [dict(
    type='PolyLR', power=0.9, begin=0, end=max_iters, by_epoch=False)]
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
train_dataloader = dict(batch_size=4, num_workers=1)
val_dataloader = dict(num_workers=0, persistent_workers=False)
test_dataloader = dict(num_workers=0, persistent_workers=False)
default_hooks = dict(
    logger=dict(interval=1), checkpoint=dict(interval=2))
"""
CONFIDENT = """
label = dict(type='ppl_mm.Agreement', chains=[
    [dict(type='ppl_mm.ConstantBackground', threshold=threshold)]
    for threshold in (0.6, 0.3)])
refiners = []
"""
AFFINITY = """
_base_ = '{root}/configs/demo/affinity_demo.py'
crop_size = (48, 48)
model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(stem_channels=4, base_channels=4), channels=(4, 4, 4))
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs')]
train_dataloader = dict(
    batch_size=4, num_workers=1, dataset=dict(pipeline=train_pipeline))
train_cfg = dict(by_epoch=True, max_epochs=4)
default_hooks = dict(logger=dict(interval=1))
"""
REFINEMENT = """
refiners = [
    dict(type='ppl_mm.AlphaBackground', alpha=2),
    dict(type='ppl_mm.RandomWalk', affinity_net=None, checkpoint=None,
         steps_log2=2),
    dict(type='ppl_mm.PAMR', iterations=2, dilations=(1, 2))]
"""
PIPELINE = """
name = 'mini'
data_root = '{data}'
make_data = dict(tool='dataset_converters/make_demo_data.py', seed=0,
                 train=12, val=6, size=48)
methods = [
    dict(name='plain CAM', key='cam', configs='cls_cam.py'),
    dict(name='PPL', key='ppl', configs='cls_progressive.py')]
segmentation = 'seg.py'
affinity_labels = 'confident.py'
affinity = 'affinity.py'
refinement = 'refine.py'
splits = dict(train='train', threshold='train', masked='train', val='val')
seed = 3
"""


class Mini:
    """A tiny pipeline: its configs, its data, and its command."""

    def __init__(self, folder, root):
        self.folder, self.root = folder, root
        self.config = folder / 'pipeline.py'
        texts = {
            'cls_cam.py': CLASSIFIER,
            'cls_progressive.py': PROGRESSIVE,
            'seg.py': SEGMENTATION,
            'confident.py': CONFIDENT,
            'affinity.py': AFFINITY,
            'refine.py': REFINEMENT,
            'pipeline.py': PIPELINE,
        }
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(
                text.replace('{root}', str(root)).replace('{data}', str(folder / 'data'))
            )

    def command(self, work_dir, *args):
        return [
            sys.executable,
            str(self.root / 'tools/pipeline.py'),
            str(self.config),
            '--work-dir',
            str(work_dir),
            *args,
        ]

    def run(self, work_dir, *args):
        """Run it to its end; the finished process, with its output."""
        return forked_commands.run(self.command(work_dir, *args), cwd=self.root)


@pytest.fixture
def mini(tmp_path, request):
    """A tiny pipeline that nobody has run."""
    return Mini(tmp_path / 'mini', request.config.rootpath)


@pytest.fixture(scope='session')
def finished(tmp_path_factory, request):
    """A tiny pipeline that its command has run to the end, its work folder, and what it printed.

    Do not change it.
    """
    folder = tmp_path_factory.mktemp('pipeline')
    mini = Mini(folder / 'mini', request.config.rootpath)
    command = mini.command(folder / 'work')
    done = subprocess.run(command, capture_output=True, text=True, cwd=mini.root)
    assert done.returncode == 0, done.stdout + done.stderr
    return mini, folder / 'work', done.stdout
