import json
import subprocess
import sys
from pathlib import Path

import forked_commands
import numpy as np
import pytest
from PIL import Image

from ppl_mm.formats.mask_file import write_label

ROOT = Path(__file__).parents[2]
VOC = (
    'aeroplane bicycle bird boat bottle bus car cat chair cow diningtable '
    'dog horse motorbike person pottedplant sheep sofa train tvmonitor'
)


def draw(rng, labels):
    """A picture of 72 x 64 pixels with a bright rectangle, and its mask."""
    image = rng.integers(0, 120, (64, 72, 3), np.uint8)
    mask = np.zeros((64, 72), np.uint8)
    y, x = rng.integers(8, 24, 2)
    label = rng.choice(labels)
    image[y : y + 30, x : x + 34] += np.uint8(40 + 4 * label)
    mask[y : y + 30, x : x + 34] = label
    mask[:, :2] = 255
    return image, mask


def write_voc(root, classes):
    """A data set in VOC's layout: 4 images to train on, 3 to test on."""
    rng = np.random.default_rng(0)
    (root / 'JPEGImages').mkdir(parents=True)
    (root / 'ImageSets/Segmentation').mkdir(parents=True)
    stems = dict(train=['a', 'b', 'c', 'd'], val=['v', 'w', 'x'])
    stems['train_aug'] = stems['train']
    for split, names in stems.items():
        path = root / f'ImageSets/Segmentation/{split}.txt'
        path.write_text('\n'.join(names) + '\n')
    for stem in stems['train'] + stems['val']:
        image, mask = draw(rng, range(1, len(classes) + 1))
        Image.fromarray(image).save(root / f'JPEGImages/{stem}.jpg')
        write_label(root / f'SegmentationClass/{stem}.png', mask)
    (root / 'classes.txt').write_text('\n'.join(['background', *classes]))


@pytest.fixture(scope='session')
def voc(tmp_path_factory):
    """Data of VOC's classes; its masks also stand for an export."""
    root = tmp_path_factory.mktemp('voc')
    classes = VOC.split()
    write_voc(root / 'data', classes)
    for stem in 'abcd':
        mask = np.array(Image.open(root / f'data/SegmentationClass/{stem}.png'))
        write_label(root / f'export/labels/{stem}.png', mask)
    (root / 'export/export.json').write_text(json.dumps(dict(classes=classes, threshold=0.2)))
    return root


@pytest.fixture
def command(tmp_path):
    """Runs a command of the project from a folder that is not the clone.

    Called with a path below tools/, or an absolute one, and arguments;
    returns the finished process, whose output is text.
    """

    def run(script, *arguments):
        return forked_commands.run(
            [sys.executable, ROOT / 'tools' / script, *arguments],
            cwd=tmp_path,
            stderr=subprocess.STDOUT,
        )

    return run
