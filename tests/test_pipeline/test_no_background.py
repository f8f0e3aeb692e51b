"""make_masks.py --no-background: three textures that fill the pictures, from labels to mIoU."""

import csv
import json
import shutil
import sys

import forked_commands
import numpy as np
import pytest
from PIL import Image
from test_pipeline.mini_configs import write_own_preset

from ppl_mm.apis import CAMInferencer
from ppl_mm.apis.seg_inferencer import SegInferencer
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import read_mask

CLASSES = ('field', 'rock', 'sea')
COLOURS = ((90, 160, 60), (150, 130, 120), (40, 80, 180))
REFINE = """
refiners = [
    dict(type='ppl_mm.ConstantBackground', threshold=None),
    dict(type='ppl_mm.PAMR', iterations=2, dilations=(1, 2))]
"""
LONGER = """
max_iters = 40
custom_hooks = []  # no average over so few steps
optim_wrapper = dict(optimizer=dict(lr=0.01))
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
param_scheduler = [dict(type='ConstantLR', factor=1.0, by_epoch=False)]
default_hooks = dict(checkpoint=dict(interval=40))
"""


def texture(rng, label, size):
    """A noisy surface of a class's colour."""
    noise = rng.normal(0, 12 + 8 * label, (size[1], size[0], 1))
    return (np.array(COLOURS[label]) + noise).clip(0, 255).astype(np.uint8)


def draw(rng, labels, size=(64, 48)):
    """A picture that its classes fill, one beside the other, and its mask from 0 on."""
    image = texture(rng, labels[0], size)
    mask = np.full((size[1], size[0]), labels[0], np.uint8)
    if len(labels) > 1:
        right = np.s_[:, rng.integers(16, 48) :]
        image[right], mask[right] = texture(rng, labels[1], size)[right], labels[1]
    return image, mask


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    """A folder of pictures of one or two classes, masks with values from 0 on, labels."""
    root, rng, rows = tmp_path_factory.mktemp('land'), np.random.default_rng(0), ['image,labels']
    for number in range(24):
        labels = rng.choice(3, 1 + number % 2, replace=False).tolist()
        image, mask = draw(rng, labels)
        for kind, pixels in (('images', image), ('masks', mask)):
            (root / kind).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(root / kind / f'{number}.png')
        rows.append(f'{number}.png,{" ".join(CLASSES[k] for k in labels)}')
    (root / 'labels.csv').write_text('\n'.join(rows))
    return root / 'images'


@pytest.fixture
def run(mini, images, tmp_path):
    """Runs make_masks.py on the images; returns what it wrote."""
    preset = write_own_preset(mini, REFINE, LONGER)

    def make(*more):
        tool = str(mini.root / 'tools/make_masks.py')
        given = [images, '--out', tmp_path / 'out', '--preset', preset]
        given += ['--no-background', '--labels', images.parent / 'labels.csv', *more]
        return forked_commands.run([sys.executable, tool, *given], cwd=tmp_path), tmp_path / 'out'

    return make


@pytest.mark.slow
def test_from_labels_to_scores(run, images, mini):
    done, out = run('--masks', images.parent / 'masks')
    assert done.returncode == 0, done.stdout + done.stderr
    masks = {path.stem: read_mask(path) for path in (out / 'masks').glob('*.png')}
    assert len(masks) == 24
    assert set(np.unique(np.stack(list(masks.values())))) <= {1, 2, 3}
    _labels_are_of_the_images_classes(out, images)
    _scores_are_those_of_the_masks(out, images)
    _pages_know_of_no_background(out)
    _networks_are_used_again(out, images, mini)


def _rows(images):
    with open(images.parent / 'labels.csv', newline='') as file:
        rows = {row['image'][:-4]: row['labels'].split() for row in csv.DictReader(file)}
    return {name: {1 + CLASSES.index(one) for one in labels} for name, labels in rows.items()}


def _labels_are_of_the_images_classes(out, images):
    exported, refined = (ExportFolder(out / 'work' / name) for name in ('export_cam', 'refine'))
    for folder in (exported, refined):
        assert folder.read().background is False and folder.read().reference is None
        for name, shown in _rows(images).items():
            if not folder.label_path(name).is_file():
                continue
            values = set(np.unique(read_mask(folder.label_path(name))))
            assert values == shown if len(shown) == 1 else values <= shown | {255}


def _scores_are_those_of_the_masks(out, images):
    report = json.loads((out / 'work/report.json').read_text())
    found = {(one['method'], one['role']): one['scores'] for one in report['measurements']}
    assert {tuple(scores['per_class']) for scores in found.values()} == {CLASSES}
    val = (out / 'data/ImageSets/Segmentation/val.txt').read_text().split()
    folder = out / 'work/test_seg_val/predictions'
    truth = np.stack([np.array(Image.open(images.parent / f'masks/{name}.png')) for name in val])
    label = np.stack([read_mask(folder / f'{name}.png') for name in val]) - 1
    expected = [
        ((truth == k) & (label == k)).sum() / ((truth == k) | (label == k)).sum()
        for k in range(3)
        if (truth == k).any()
    ]
    assert found['segmentation', 'val']['mIoU'] == pytest.approx(np.mean(expected))
    for key in ('cam', 'pseudo_labels', 'segmentation'):
        assert found[key, 'masked']['mIoU'] > 0.7


def _pages_know_of_no_background(out):
    page = (out / 'gallery/index.html').read_text()
    assert 'background included' not in page and 'all background' not in page
    assert '3 classes' in (out / 'work/report.html').read_text()
    assert not (out / 'gallery/thresholds.jpg').exists()


def _networks_are_used_again(out, images, mini):
    (found,) = SegInferencer(out)(str(images / '0.png'))['predictions']
    assert set(np.unique(found['label'])) <= {1, 2, 3}
    assert list(found['coverage']) == list(CLASSES) and sum(found['coverage'].values()) == 1
    cams = CAMInferencer(out / 'work/train_cam')
    (found,) = cams(str(images / '0.png'))['predictions']
    assert len(found['classes']) >= 1
    assert set(np.unique(found['label'])) <= {1, 2, 3, 255}
    new, command = out.parent / 'new', [sys.executable, mini.root / 'tools/predict.py']
    done = forked_commands.run([*command, images, out, '--out', new, '--overlays'])
    assert done.returncode == 0, done.stderr
    header = (new / 'predictions.csv').read_text().splitlines()[0]
    assert 'coverage field' in header and 'background' not in header
    shutil.rmtree(new)
