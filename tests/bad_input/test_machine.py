"""Failures of the machine in the middle of a run, and lists that a command does not need."""

import pytest
from PIL import Image

# What a step of the data loader's worker does.
FAILURES = {
    'killed': ('os.kill(os.getpid(), 9)', 'a data-loader worker was killed'),
    'shared memory': (
        "raise RuntimeError('unable to write to file </torch_1_2>: No space left on device (28)')",
        'shared memory (/dev/shm) is too small for the data loaders: set train_dataloader.num',
    ),
    'memory': (
        "raise RuntimeError('DefaultCPUAllocator: not enough memory: you tried to allocate 9')",
        'memory is short',
    ),
}
STEP = """
import os
from mmengine.registry import TRANSFORMS

@TRANSFORMS.register_module()
class Failing:
    def __call__(self, results):
        {failure}
"""
CONFIG = """
_base_ = 'cls.py'
custom_imports = dict(imports=['failing'])
train_dataloader = dict(
    num_workers=1, dataset=dict(pipeline=[dict(type='Failing')]))
"""


@pytest.mark.parametrize('name', ['train'])
@pytest.mark.parametrize('fault', FAILURES)
def test_a_worker_that_fails_is_one_line(refuses, folder, monkeypatch, name, fault):
    failure, said = FAILURES[fault]
    monkeypatch.syspath_prepend(folder)
    (folder / 'failing.py').write_text(STEP.format(failure=failure))
    (folder / 'mine.py').write_text(CONFIG)
    assert said in refuses(name, 'mine.py', '--work-dir', 'work')


@pytest.mark.parametrize('name', ['export_cam'])
def test_a_split_that_is_given_needs_no_other_list(command, folder, name):
    (folder / 'data/ImageSets/Segmentation/val.txt').unlink()
    done = command(name, 'cls.py', 'cls.pth', '--out-dir', 'out', '--split', 'train')
    assert done.code == 0, done.output
    assert len(list((folder / 'out/cams').iterdir())) == 8


@pytest.mark.parametrize('name', ['test seg'])
def test_images_of_unequal_sizes_go_one_by_one(play, folder, name):
    for kind in ('JPEGImages', 'SegmentationClass'):
        path = next((folder / 'data' / kind).glob('val_00000.*'))
        with Image.open(path) as image:
            image.resize((70, 41), Image.Resampling.NEAREST).save(path)
    done = play(name, '--cfg-options', 'test_dataloader.batch_size=3')
    assert done.code == 2 and len(done.errors) == 1 and 'Traceback' not in done.output, done.output
    assert 'set test_dataloader.batch_size=1' in done.errors[0], done.output
    done = play(name, '--out', 'predictions_here')
    assert done.code == 0, done.output
    with Image.open(folder / 'predictions_here/val_00000.png') as prediction:
        assert prediction.size == (70, 41)
