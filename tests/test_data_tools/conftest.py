"""A folder of photos as people have them, made by the tests."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tool_modules
from PIL import Image

from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.utils import cli

ROOT = Path(__file__).parents[2]
CLASSES = ('apple', 'blue bird', 'leaf')
_COLOURS = ((220, 40, 40), (50, 70, 230), (40, 190, 60))
_ORIENTATION = 0x0112


def draw(rng, labels, size=(80, 60)):
    """A noisy picture with a bright box for each label, and its mask."""
    width, height = size
    image = rng.integers(60, 160, (height, width, 3)).astype(np.uint8)
    mask = np.zeros((height, width), np.uint8)
    step = width // len(labels)
    for place, label in enumerate(labels):
        box = np.s_[height // 4 : height * 3 // 4, place * step + 4 : place * step + step * 2 // 3]
        image[box], mask[box] = _COLOURS[label], label + 1
    return image, mask


class Photos:
    """A folder of photos and a folder of masks."""

    def __init__(self, folder):
        self.folder, self.masks = folder / 'photos', folder / 'masks'

    def fill(self):
        """Photos in a folder for each class, and their masks.

        Besides eight photos a class of odd sizes there are: a grey one, one
        with transparency, one turned by EXIF, a huge one, one that is cut
        short, and the same photo in two folders.
        """
        rng = np.random.default_rng(0)
        for label, name in enumerate(CLASSES):
            for number in range(8):
                size = (61 + 4 * number, 50 + 3 * label)
                self.add(f'{name}/{number}.jpg', *draw(rng, [label], size))
        image, mask = draw(rng, [0])
        self.add('apple/grey.png', image.mean(2).astype(np.uint8), mask)
        image, mask = draw(rng, [2], (70, 66))
        alpha = np.full((66, 70, 1), 255, np.uint8)
        alpha[:8] = 0
        self.add('leaf/açaí 1,2.png', np.dstack([image, alpha]), mask)
        # Stored on its side, as a phone does: shown at 66 x 88.
        image, mask = draw(rng, [1], (66, 88))
        self.add('blue bird/turned.jpg', np.rot90(image), mask, orientation=6)
        image, mask = draw(rng, [0], (2400, 900))
        self.add('apple/huge.jpg', image, mask)
        self.add('leaf/cut.jpg', *draw(rng, [2]))
        path = self.folder / 'leaf/cut.jpg'
        path.write_bytes(path.read_bytes()[:-600])
        image, mask = draw(rng, [0, 2], (120, 70))
        self.add('apple/both.jpg', image, mask)
        self.add('leaf/both too.jpg', image, mask)

    def add(self, name, image, mask, orientation=None):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        if orientation:
            exif[_ORIENTATION] = orientation
        options = dict(exif=exif, quality=95) if name.endswith('jpg') else {}
        Image.fromarray(np.ascontiguousarray(image)).save(path, **options)
        target = (self.masks / name).with_suffix('.png')
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask).save(target)


@pytest.fixture(scope='session')
def all_photos(tmp_path_factory):
    """The folder; do not change it."""
    photos = Photos(tmp_path_factory.mktemp('own'))
    photos.fill()
    return photos


@pytest.fixture
def photos(all_photos, tmp_path):
    """A copy of the folder, free to be broken."""
    for folder in (all_photos.folder, all_photos.masks):
        shutil.copytree(folder, tmp_path / folder.name)
    return Photos(tmp_path)


@pytest.fixture(scope='session')
def load_tool():
    """Gives the module of a script in tools/."""
    return tool_modules.load_tool


@pytest.fixture
def convert(photos, tmp_path, load_tool):
    """Runs own_data.py on the photos; returns the folder that it makes."""
    tool = load_tool('own_data')

    def run(*more, folder=photos.folder):
        out = tmp_path / 'mine'
        tool.main([str(folder), '--out', str(out), '--workers', '2', *map(str, more)])
        return out

    return run


@pytest.fixture
def mine(convert, photos):
    return convert('--skip-bad', '--masks', photos.masks)


@pytest.fixture(scope='session')
def good(tmp_path_factory):
    """Data without a fault, of the usual layout; do not change it."""
    root = tmp_path_factory.mktemp('good') / 'data'
    write_demo_data(root, train=80, val=16, size=64)
    return root


@pytest.fixture
def data(good, tmp_path):
    return shutil.copytree(good, tmp_path / 'data')


@pytest.fixture
def check(tmp_path, capsys, load_tool):
    """Runs the command; returns status, output and report."""
    tool = load_tool('check_dataset')

    def run(root, *more):
        out = tmp_path / 'report'
        with pytest.raises(SystemExit) as end:
            cli.run(lambda: tool.main([str(root), '--out', str(out), '--workers', '2', *more]))
        text = capsys.readouterr().out
        assert (out / 'report.png').is_file()
        return end.value.code, text, json.loads((out / 'report.json').read_text())

    return run


@pytest.fixture
def make(load_tool, folder, tmp_path):
    """Runs own_data.py on the module's ``folder``; returns the folder that it makes."""

    def run(*more):
        out = tmp_path / 'mine'
        options = ['--out', str(out), '--workers', '2', *map(str, more)]
        load_tool('own_data').main([str(folder), *options])
        return out

    return run
