"""own_data.py: odd photos, deep photos, and files that are no photos at all."""

import csv
import json
import os

import cv2
import numpy as np
import pytest
from PIL import Image

from ppl_mm.formats.found_files import HIDDEN, IRREGULAR, MASKS, UNKNOWN
from ppl_mm.formats.images.image_file import read_image
from ppl_mm.utils import cli

RNG = np.random.default_rng(0)

HIDDEN_FOLDERS = ('.ipynb_checkpoints', '@eaDir', '__MACOSX')


@pytest.fixture
def folder(tmp_path):
    """Two classes of six small photos each."""
    for name in ('cat', 'dog'):
        (tmp_path / 'photos' / name).mkdir(parents=True)
        for number in range(6):
            blotches = Image.fromarray(RNG.integers(0, 256, (6, 7, 3), np.uint8))
            blotches.resize((70, 60)).save(tmp_path / f'photos/{name}/{number}.jpg')
    return tmp_path / 'photos'


def rows(out):
    with open(out / 'sources.csv', encoding='utf-8', newline='') as file:
        return {row['photo']: row for row in csv.DictReader(file)}


def deep(path, top=4095, shape=(60, 70)):
    values = RNG.integers(0, top + 1, shape).astype(np.uint16)
    cv2.imwrite(str(path), values)
    return values if values.ndim == 2 else values[..., ::-1]


def scaled(values, white):
    found = np.clip(np.rint(values * (255 / white)), 0, 255).astype(np.uint8)
    return np.dstack([found] * 3) if found.ndim == 2 else found


@pytest.mark.parametrize('shape', [(60, 70), (60, 70, 3)])
def test_12_bits_in_16_become_8_by_one_white_for_all(make, folder, shape, capsys):
    dark = deep(folder / 'cat/dark.png', 1000, shape)
    deep(folder / 'dog/light.tif', 4095, shape)
    out = make()
    assert json.loads((out / 'image_values.json').read_text()) == dict(white_level=4095)
    found = read_image(out / 'JPEGImages/cat_dark.jpg').astype(int)
    # A JPEG of noise: right on average.
    assert abs(found.mean() - scaled(dark, 4095).mean()) < 1
    printed = capsys.readouterr().out
    assert '2 16 bits to 8' in printed and '0..4095 of 16 bits became 0..255' in printed


@pytest.mark.parametrize('shape', [(60, 70), (60, 70, 3)])
def test_the_white_may_be_given_for_grey_and_colour(make, folder, shape):
    values = deep(folder / 'cat/deep.png', 4095, shape)
    out = make('--white-level', 8191)
    assert json.loads((out / 'image_values.json').read_text()) == dict(white_level=8191)
    found = read_image(out / 'JPEGImages/cat_deep.jpg').astype(int)
    assert abs(found.mean() - scaled(values, 8191).mean()) < 1


def test_photos_of_8_bits_have_no_white(make):
    assert not (make() / 'image_values.json').exists()


def test_an_interrupted_run_with_another_white_starts_those_photos_again(make, folder, capsys):
    deep(folder / 'cat/deep.png', 1000)
    (folder / 'dog/broken.jpg').write_bytes(b'')
    with pytest.raises(ValueError, match='1 photo or mask cannot be used'):
        make()
    (folder / 'dog/broken.jpg').unlink()
    before = deep(folder / 'dog/brighter.png', 4095)
    assert before.max() > 1023
    out = make()
    assert json.loads((out / 'image_values.json').read_text()) == dict(white_level=4095)
    assert read_image(out / 'JPEGImages/cat_deep.jpg').mean() < 50


def test_every_file_is_accounted_for(make, folder, capsys):
    (folder / 'Thumbs.db').write_bytes(b'x')
    (folder / 'cat/notes.txt').touch()
    (folder / 'cat/new\nline.xyz').touch()
    (folder / '.DS_Store').touch()
    (folder / 'cat/.ipynb_checkpoints').mkdir()
    (folder / 'cat/.ipynb_checkpoints/0.jpg').touch()
    for system in ('@eaDir', '__MACOSX'):  # a class, else
        (folder / system).mkdir()
        Image.new('RGB', (9, 9)).save(folder / system / 'small.jpg')
    os.mkfifo(folder / 'dog/pipe.jpg')
    (folder / 'dog/zero.png').symlink_to('/dev/zero')
    (folder / 'dog/gone.png').symlink_to('nowhere')
    (folder / 'dog/link.jpg').symlink_to('0.jpg')
    Image.new('RGB', (1, 1)).save(folder / 'cat/pixel.png')
    Image.new('RGB', (2000, 3)).save(folder / 'cat/thin.png')
    (folder / 'cat/page.jpg').write_text('<html>')
    found = rows(out := make('--skip-bad'))
    every = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob('*')
        if not path.is_dir() and path.parent.name not in HIDDEN_FOLDERS
    }
    assert every - {name.replace('\\n', '\n') for name in found} == set()
    kinds = {name: row['problem'] for name, row in found.items() if not row['image']}
    assert kinds == {
        'Thumbs.db': UNKNOWN,
        'cat/notes.txt': UNKNOWN,
        'cat/new\nline.xyz': UNKNOWN,
        '.DS_Store': HIDDEN,
        'cat/.ipynb_checkpoints': HIDDEN,
        '@eaDir': HIDDEN,
        '__MACOSX': HIDDEN,
        'dog/pipe.jpg': IRREGULAR,
        'dog/zero.png': IRREGULAR,
        'dog/gone.png': IRREGULAR,
    }
    assert found['dog/link.jpg']['image'] == found['dog/0.jpg']['image']
    for name, words in (
        ('pixel.png', '1 x 1 pixels; each side'),
        ('thin.png', '2000 x 3 pixels'),
        ('page.jpg', 'cannot be read'),
    ):
        assert words in found[f'cat/{name}']['problem']
        assert not list((out / 'JPEGImages').glob(f'cat_{name[:4]}*'))
    printed = capsys.readouterr().out
    for count, kind in ((3, UNKNOWN), (4, HIDDEN), (3, IRREGULAR)):
        assert f'  {count} not used: {kind}' in printed
    assert '3 left out, see' in printed


@pytest.mark.parametrize('ending', ['.jfif', '.jpe', '.tga', '.TIFF', '.bmp', '.webp', '.gif'])
def test_photos_of_all_endings_are_used(make, folder, ending):
    kind = dict(format='JPEG') if ending in ('.jfif', '.jpe') else {}
    Image.open(folder / 'cat/0.jpg').resize((40, 30)).save(folder / f'cat/odd{ending}', **kind)
    out = make()
    assert rows(out)[f'cat/odd{ending}']['image'] == 'cat_odd'
    assert read_image(out / 'JPEGImages/cat_odd.jpg').shape == (30, 40, 3)


def mask_of(size, colours=False):
    label = np.zeros(size, np.uint8)
    label[10:40, 20:50] = 1
    if colours:
        return Image.fromarray(np.array([(0, 0, 0), (128, 0, 0)], np.uint8)[label])
    return Image.fromarray(label)


@pytest.mark.parametrize('colours', [False, True])
def test_masks_beside_photos_of_the_same_name_are_not_trained_on(make, folder, colours, capsys):
    for number in range(3):
        mask_of((60, 70), colours).save(folder / f'cat/{number}.png')
    # A photo saved twice, and a mask without a photo.
    Image.open(folder / 'dog/0.jpg').resize((50, 40)).save(folder / 'dog/0.png')
    mask_of((60, 70)).save(folder / 'dog/alone.png')
    found = rows(make())
    assert {name for name, row in found.items() if row['problem'] == MASKS} == {
        f'cat/{number}.png' for number in range(3)
    }
    assert found['dog/0.png']['image'] != found['dog/0.jpg']['image']
    assert found['dog/alone.png']['image']
    assert f'3 not used: {MASKS}' in capsys.readouterr().out


def test_masks_beside_photos_are_used_where_they_are_named(make, folder):
    for number in range(6):
        mask_of((60, 70)).save(folder / f'cat/{number}.png')
        mask_of((60, 70)).point(lambda value: 2 * value).save(folder / f'dog/{number}.png')
    out = make('--masks', folder)
    assert len(list((out / 'SegmentationClass').iterdir())) == 12
    assert len(list((out / 'JPEGImages').iterdir())) == 12


def test_a_mask_that_is_a_pipe_does_not_hang(make, folder, tmp_path, monkeypatch, capsys):
    (tmp_path / 'masks/cat').mkdir(parents=True)
    os.mkfifo(tmp_path / 'masks/cat/0.png')
    with pytest.raises(ValueError, match='0.png: is not a regular file'):
        make('--masks', tmp_path / 'masks')


def test_names_that_act_on_a_terminal_are_escaped(make, folder, capsys):
    (folder / 'cat/a\n\x1b[2J.jpg').write_bytes(b'no photo')
    with pytest.raises(SystemExit):
        cli.run(make)
    printed = capsys.readouterr().err
    assert r'a\n\x1b[2J.jpg' in printed and '\x1b[2J' not in printed
