"""tools/test.py: errors in one line, both kinds of network, what it writes."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

import forked_commands
import numpy as np
import pytest
import torch
from PIL import Image
from test_tools.saved_weights import save_weights

from ppl_mm.evaluation import confusion_matrix
from ppl_mm.formats.mask_file import voc_palette

ROOT = Path(__file__).parents[2]
SET = ['--cfg-options']


def command(start, *words):
    """Run a command line; the finished process."""
    return start(
        list(map(str, words)),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(os.environ, PYTHONPATH=str(ROOT), PYTHON=sys.executable),
    )


def run_test(*arguments, start=forked_commands.run):
    return command(start, sys.executable, ROOT / 'tools/test.py', *arguments)


def scores(output):
    return {
        name: float(value)
        for name, value in re.findall(r'([\w/-]+): ([\d.]+)', output.splitlines()[-1])
    }


def test_segmentation_network(seg, demo_root, tmp_path):
    options = ['--work-dir', tmp_path / 'work', '--out', tmp_path / 'out']
    options += ['--report', tmp_path / 'val.json', '--show-dir', tmp_path / 'show']
    done = run_test(*seg, *options, start=subprocess.run)
    assert done.returncode == 0, done.stdout
    report = json.loads((tmp_path / 'val.json').read_text())
    assert report['split'] == 'val' and report['num_images'] == 4
    assert scores(done.stdout)['mIoU'] == pytest.approx(100 * report['scores']['mIoU'], abs=0.005)
    # The saved predictions are what was counted.
    paths = sorted((tmp_path / 'out').glob('*.png'))
    total = sum(
        confusion_matrix(
            np.array(Image.open(path)),
            np.array(Image.open(demo_root / 'SegmentationClass' / path.name)),
            4,
        )
        for path in paths
    )
    assert total.tolist() == report['scores']['confusion_matrix']
    assert len(list((tmp_path / 'show').rglob('*.png'))) == 4


@pytest.mark.parametrize('views', [(), ('--tta',)])
def test_a_split_without_masks(tool, seg, demo_root, tmp_path, views):
    data = shutil.copytree(demo_root, tmp_path / 'data')
    shutil.rmtree(data / 'SegmentationClass')
    lists = data / 'ImageSets/Segmentation'
    (lists / 'test.txt').write_text('val_00002\nval_00000\n')
    own = [f'test_dataloader.dataset.data_root={data}']
    own += [f'test_dataloader.dataset.ann_file={lists}/test.txt']
    options = ['--work-dir', tmp_path / 'work', '--out', tmp_path / 'out', '--predict-only']
    done = tool('test', *seg, *options, *views, *SET, *own)
    assert done.code == 0, done.output
    found = sorted((tmp_path / 'out').glob('*.png'))
    assert [path.name for path in found] == ['val_00000.png', 'val_00002.png']
    for path in found:
        with Image.open(path) as picture:
            assert picture.mode == 'P' and picture.size == (48, 48)
            assert bytes(picture.getpalette()) == voc_palette()
    with_masks = tmp_path / 'with_masks'
    done = tool('test', *seg, '--work-dir', tmp_path / 'work', '--out', with_masks, *views)
    assert done.code == 0, done.output
    for path in found:
        assert path.read_bytes() == (with_masks / path.name).read_bytes()


REFINED = """
tta_model = dict(
    type='ppl_mm.RefinedSegTTAModel',
    refiners=[dict(type='ppl_mm.DenseCRF', preset='deeplab_v2'),
              dict(type='ppl_mm.ConstantBackground', threshold=0)])
"""

ALL_BACKGROUND = [
    'tta_model.type=ppl_mm.RefinedSegTTAModel',
    'tta_model.refiners.type=ppl_mm.ConstantBackground',
    'tta_model.refiners.threshold=1',
]


@pytest.mark.slow
@pytest.mark.parametrize(
    'lines, options, all_background', [(REFINED, [], False), ('', ALL_BACKGROUND, True)]
)
def test_views_are_refined(seg, tmp_path, lines, options, all_background):
    config, weights = seg
    config.write_text(config.read_text() + lines)
    where = ['--work-dir', tmp_path / 'work', '--tta', '--out', tmp_path / 'out']
    done = run_test(config, weights, *where, *SET, 'log_level=INFO', *options)
    assert done.returncode == 0, done.stdout
    labels = [np.array(Image.open(path)) for path in (tmp_path / 'out').glob('*.png')]
    assert len(labels) == 4
    assert all((label == 0).all() if all_background else (label > 0).all() for label in labels)


@pytest.mark.slow
def test_two_processes_equal_one(seg, tmp_path):
    # One of the processes gets an image twice, which must not count.
    options = ['--cfg-options', 'test_dataloader.dataset.indices=3']
    options += ['--work-dir', tmp_path / 'work', '--report']
    done = run_test(*seg, *options, tmp_path / 'one.json')
    assert done.returncode == 0, done.stdout
    words = ['bash', ROOT / 'tools/dist_test.sh', *seg, 2, *options, tmp_path / 'two.json']
    done = command(subprocess.run, *words)
    assert done.returncode == 0, done.stdout
    one, two = (json.loads((tmp_path / f'{name}.json').read_text()) for name in ('one', 'two'))
    assert one == two and one['num_images'] == 3


@pytest.mark.slow
@pytest.mark.parametrize('views', [(), ('--tta',)])
def test_classifier(tiny_config, tmp_path, views):
    weights = save_weights(tiny_config, 'mmpretrain')
    where = ['--work-dir', tmp_path / 'work', '--out', tmp_path / 'out.pkl', *views]
    done = run_test(tiny_config, weights, *where, *SET, 'log_level=INFO')
    assert done.returncode == 0, done.stdout
    assert 0 <= scores(done.stdout)['multi-label/mAP'] <= 100
    predictions = pickle.loads((tmp_path / 'out.pkl').read_bytes())
    assert len(predictions) == 4


def rename_key(path):
    content = torch.load(path, weights_only=True)
    state = content['state_dict']
    state['head.fc.weight'] = state.pop('decode_head.conv_seg.weight')
    torch.save(content, path)


@pytest.mark.parametrize(
    'harm, arguments, message',
    [
        (rename_key, [], 'missing (decode_head.conv_seg.weight); 1 unexpected (head.fc.weight)'),
        (Path.unlink, [], 'seg.pth'),
        (lambda path: path.write_bytes(b'no weights'), [], 'seg.pth'),
        (
            Path.touch,
            [*SET, 'model.decode_head.num_classes=4'],
            'of another shape (decode_head.con',
        ),
        (Path.touch, [*SET, 'test_dataloader.dataset.data_root=nowhere'], 'nowhere/classes.txt'),
        (Path.touch, ['--tta', *SET, 'tta_pipeline=None'], '--tta needs tta_pipeline'),
    ],
)
def test_bad_input_ends_with_one_line(fails, seg, tmp_path, harm, arguments, message):
    harm(seg[1])
    assert message in fails('test', *seg, '--work-dir', tmp_path / 'work', *arguments)
