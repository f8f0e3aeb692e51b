"""One command from a folder of images to masks of all of them."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import forked_commands
import numpy as np
import pytest
from PIL import Image
from test_pipeline.mini_configs import write_own_preset

from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.data_tools.own.settings import OwnDataSettings
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import read_mask
from ppl_mm.formats.photo_names import mask_names
from ppl_mm.formats.result_folder import ResultFolder
from ppl_mm.pipeline import load_settings
from ppl_mm.pipeline.closing import closing_lines
from ppl_mm.pipeline.data_check import fit_to_masks
from ppl_mm.pipeline.guess import networks
from ppl_mm.pipeline.make_masks import PRESETS, MaskJob, make_masks
from ppl_mm.pipeline.plan import make_plan
from ppl_mm.utils.project import find_config, tools_dir

ORIENTATION = 0x0112
COLOURS = {'apple': (220, 40, 40), 'leaf': (40, 190, 60)}
REFINE = "refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.3)]"


def draw(label, size=(64, 48), seed=0):
    """A noisy picture with a bright box, and its mask."""
    width, height = size
    image = np.random.default_rng(seed).integers(60, 160, (height, width, 3)).astype(np.uint8)
    mask = np.zeros((height, width), np.uint8)
    if label:
        box = np.s_[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4]
        image[box], mask[box] = COLOURS[label], 1 + list(COLOURS).index(label)
    return Image.fromarray(image), mask


class Job:
    """A folder of images, a tiny preset, and the command."""

    def __init__(self, folder, mini):
        self.folder, self.root = folder, mini.root
        self.images, self.out = folder / 'my images', folder / 'out'
        self.preset = write_own_preset(mini, REFINE)

    def fill(self):
        """Images of two classes, some without any class, one without a label, odd ones."""
        for number in range(6):
            for label in COLOURS:
                self.add(f'{label}/{number}.jpg', draw(label, seed=number)[0])
            self.add(f'_negative/{number}.jpg', draw(None, seed=number)[0])
        self.add('nobody knows.jpg', draw('leaf', (50, 40))[0])
        self.add('apple/0.png', draw('apple', (40, 30))[0])  # beside 0.jpg
        exif = Image.Exif()
        exif[ORIENTATION] = 6
        self.add('leaf/açaí 1,2.jpg', draw('leaf', (60, 40))[0], exif=exif)
        (self.images / 'apple/cut.jpg').write_bytes((self.images / 'apple/0.jpg').read_bytes()[:99])
        (self.images / 'notes.txt').write_text('not an image')

    def add(self, name, picture, **options):
        path = self.images / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, **options)

    def command(self, *more):
        tool = str(self.root / 'tools/make_masks.py')
        where = [str(self.images), '--out', str(self.out), '--preset', str(self.preset)]
        return [sys.executable, tool, *where, *map(str, more)]

    def run(self, *more):
        return forked_commands.run(self.command(*more), cwd=self.folder)

    def masks(self):
        folder = self.out / 'masks'
        return {path.relative_to(folder).as_posix() for path in folder.rglob('*.png')}


@pytest.fixture
def job(tmp_path, mini):
    job = Job(tmp_path, mini)
    job.fill()
    return job


def shown(job):
    """What the gallery says of each image."""
    text = (job.out / 'gallery/data.js').read_text()
    return json.loads(text[text.index('{') :].rstrip(';\n'))['images']


def expected(job):
    """The path of the mask of each image, and the image's size upright."""
    found = {}
    for path in sorted(job.images.rglob('*.*')):
        if path.suffix in ('.jpg', '.png') and path.stem != 'cut':
            name = path.relative_to(job.images).with_suffix('.png').as_posix()
            size = Image.open(path).size
            found[name] = size[::-1] if 'açaí' in name else size
    del found['apple/0.png']  # of two images that differ in their endings only
    found |= {'apple/0.jpg.png': (64, 48), 'apple/0.png.png': (40, 30)}
    return found


@pytest.mark.parametrize('preset', PRESETS)
def test_each_preset_is_a_pipeline_that_needs_no_masks(preset, tmp_path):
    write_demo_data(tmp_path / 'data', train=4, val=2, size=48)
    options = dict(data_root=str(tmp_path / 'data'), results=str(tmp_path))
    settings = fit_to_masks(load_settings(PRESETS[preset], options))
    steps = make_plan(settings, tmp_path / 'work', tools_dir())
    assert not any(step.kind in ('measure', 'test') for step in steps)
    assert [step.name for step in steps[-4:]] == ['report', 'predict', 'deliver', 'gallery']
    assert len(settings.methods) == 1  # nothing to compare with
    assert {Path(config).parent.name for config in networks(steps)} == {'own'}


def test_the_last_lines_name_the_photos_of_each_class_where_they_are_drawn(tmp_path):
    sheet = tmp_path / 'data/check/classes.jpg'
    assert str(sheet) not in '\n'.join(closing_lines(ResultFolder(tmp_path)))
    sheet.parent.mkdir(parents=True)
    sheet.touch()
    assert f'your classes: {sheet}' in closing_lines(ResultFolder(tmp_path))


def test_a_preset_by_the_short_name_of_its_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'photos').mkdir()
    name = 'configs/own/pipeline_quick.py'
    data = OwnDataSettings(tmp_path / 'photos', tmp_path / 'out/data')
    with pytest.raises(UserError, match='photos: '):  # of the photos, not of the preset
        make_masks(MaskJob(data, tmp_path / 'out', preset=name))
    record = json.loads((tmp_path / 'out/make_masks.json').read_text())
    assert Path(record['preset']) == find_config(name) and Path(record['preset']).is_file()


@pytest.mark.slow
def test_a_mask_of_every_image(job):
    done = job.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert '1 left out' in done.stdout and ' in all, a first guess' in done.stdout
    assert len(json.loads((job.out / 'work/costs.json').read_text())) == 2  # of two networks
    assert 'OWN_DATA' not in done.stdout + done.stderr
    assert f'the network:  {job.out}/model' in done.stdout
    assert f'look at them: {job.out}/gallery/index.html' in done.stdout
    assert f'your classes: {job.out}/data/check/classes.jpg' in done.stdout
    wanted = expected(job)
    assert job.masks() == set(wanted)
    for name, size in wanted.items():
        mask = Image.open(job.out / 'masks' / name)
        assert mask.mode == 'P' and mask.size == size, name
        values = set(np.unique(mask))
        if name.startswith('_negative'):
            assert values == {0}
        elif '/' in name:  # its own class only
            assert values <= {0, 1 + list(COLOURS).index(name.split('/')[0])}
    config, weights = sorted((job.out / 'model').glob('[!.]*'), key=lambda path: path.suffix)[::-1]
    assert config.suffix == '.py' and weights.suffix == '.pth'
    assert json.loads((job.out / 'make_masks.json').read_text())['preset'] == str(job.preset)
    assert {image['mask'] for image in shown(job)} == set(wanted)
    assert {'apple/1.jpg', 'nobody knows.jpg'} < {image['photo'] for image in shown(job)}

    before = {path: path.stat().st_mtime_ns for path in job.out.rglob('*.png')}
    again = job.run()
    assert again.returncode == 0, again.stderr
    assert 'steps are finished' in again.stdout and 'done in' not in again.stdout
    assert {path: path.stat().st_mtime_ns for path in job.out.rglob('*.png')} == before


@pytest.mark.slow
def test_killed_anywhere_it_goes_on(job):
    """Killed when each of several files appears, it ends with the same masks."""
    marks = ['data/own_data.json', 'work/steps/train_cam.started.json', 'work/steps/predict.json']
    for mark in marks:
        running = forked_commands.Popen(
            job.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=job.folder
        )
        while not (job.out / mark).exists() and running.poll() is None:
            time.sleep(0.05)
        running.kill()
        printed, _ = running.communicate()
        assert (job.out / mark).exists(), printed.decode()
    done = job.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert job.masks() == set(expected(job))


@pytest.mark.slow
def test_what_was_deleted_comes_back_without_a_training(job):
    assert job.run().returncode == 0
    names = [
        'sources.csv',
        'classes.txt',
        'ImageSets/Segmentation/val.txt',
        'JPEGImages/apple_1.jpg',
    ]
    lost = [job.out / name for name in ('masks/apple/1.png', 'gallery/main.js', 'model/seg.py')]
    lost += [job.out / 'data' / name for name in names]
    lost.append(min((job.out / 'gallery/photos').iterdir()))
    before = [path.read_bytes() for path in lost]
    for path in lost:
        path.unlink()
    again = job.run()
    assert again.returncode == 0, again.stdout + again.stderr
    assert [path.read_bytes() for path in lost] == before
    assert again.stdout.count(': done in') == 2  # masks and gallery


@pytest.mark.slow
def test_with_masks_everything_is_measured(job):
    for label in COLOURS:
        for path in job.images.glob(f'{label}/[0-9].jpg'):
            mask = draw(label, seed=int(path.stem))[1]
            target = job.folder / 'drawn' / label / f'{path.stem}.png'
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(mask).save(target)
    (job.images / 'apple/0.png').unlink()
    done = job.run('--masks', job.folder / 'drawn')
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((job.out / 'work/report.json').read_text())
    assert {one['role'] for one in report['measurements']} == {'masked', 'val'}
    assert read_mask(job.out / 'masks/apple/1.png').shape == (48, 64)


@pytest.mark.slow
def test_corrected_masks_are_learnt_from_and_kept(job):
    assert job.run().returncode == 0
    names = mask_names(job.out / 'data')
    train = (job.out / 'data/ImageSets/Segmentation/train.txt').read_text().split()
    name, image = next((a, b) for a, b in names.items() if b in train and 'apple/' in a)
    copy = shutil.copytree(job.out / 'masks', job.folder / 'copy')
    drawn = np.zeros_like(read_mask(copy / name))
    drawn[:7] = 1
    Image.fromarray(drawn).save(copy / name)
    val = (job.out / 'data/ImageSets/Segmentation/val.txt').read_text().split()
    other = next(a for a, b in names.items() if b in val and 'leaf/' in a)
    held = np.zeros_like(read_mask(copy / other))
    held[:7] = 2
    Image.fromarray(held).save(copy / other)

    trained = job.out / 'work/steps/train_cam.json'
    before = trained.stat().st_mtime_ns
    done = job.run('--corrected', copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '2 corrected masks: 1 of training images' in done.stdout
    assert '% mIoU with 1 corrected mask that nothing has learnt from' in done.stdout
    assert 'corrected, not learnt from' in (job.out / 'gallery/index.html').read_text()
    assert (read_mask(job.out / 'masks' / other) == held).all()
    refined = job.out / 'work/refine'
    assert trained.stat().st_mtime_ns == before  # the classifier is not trained again
    assert (read_mask(refined / f'labels/{image}.png') == drawn).all()
    assert (read_mask(job.out / 'masks' / name) == drawn).all()
    record = json.loads((job.out / 'work/export_cam/export.json').read_text())
    assert record['threshold_from']['split'] == 'corrected'

    again = job.run()  # they stay without the option
    assert 'steps are finished' in again.stdout, again.stdout + again.stderr
    drawn[:7] = 2
    Image.fromarray(drawn).save(copy / name)
    changed = job.run('--corrected', copy)
    assert changed.returncode == 0 and trained.stat().st_mtime_ns == before
    assert (read_mask(job.out / 'masks' / name) == drawn).all()
