import csv
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis import SegInferencer, predict_images
from ppl_mm.apis.inference.given_images import find_images
from ppl_mm.apis.inference.prediction_folder import PredictionFolder, PredictionTable
from ppl_mm.apis.inference.trained_model import find_model
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import read_mask, voc_palette

NAMES = (
    'plain.jpg',
    'one folder/two  spaces.jpg',
    'one folder/"quotes", \'both\'.jpg',
    'Київ/кіт 猫.jpg',
    '<script>.jpg',
    'same.jpg',
    'same.png',
)


@pytest.fixture
def infer(seg_work):
    return SegInferencer(seg_work, device='cpu')


@pytest.fixture
def photos(tmp_path):
    """Photos of many names, a file that is none and a broken one."""
    rng = np.random.default_rng(0)
    root = tmp_path / 'photos'
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 48, 3), np.uint8)).save(root / name)
    (root / 'notes.txt').write_text('cat')
    (root / 'broken.jpg').write_bytes((root / 'plain.jpg').read_bytes()[:500])
    return root


def rows_of(folder):
    with open(folder / 'predictions.csv', encoding='utf-8', newline='') as file:
        return {row['image']: row for row in csv.DictReader(file)}


def state_of(folder):
    """What is in each file, and when it was written."""
    files = [path for path in folder.rglob('*') if path.is_file() and path.name != '.lock']
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_every_photo_gets_the_mask_that_the_network_gives(infer, photos, tmp_path):
    done = predict_images(photos, infer, tmp_path / 'out', overlays=True)
    assert (done.num_images, done.predicted) == (len(NAMES) + 1, len(NAMES))
    assert list(done.problems) == ['broken.jpg']
    assert list(done.skipped) == ['notes.txt']
    rows = rows_of(tmp_path / 'out')
    assert set(rows) == set(NAMES)
    assert len({row['mask'] for row in rows.values()}) == len(NAMES)
    for name in NAMES:
        (found,) = infer(photos / name)['predictions']
        row = rows[name]
        mask = tmp_path / 'out/masks' / row['mask']
        assert np.array_equal(read_mask(mask), found['label'])
        assert Image.open(mask).getpalette() == list(voc_palette())
        assert (row['width'], row['height']) == ('48', '40')
        for key, value in found['coverage'].items():
            assert float(row[f'coverage {key}']) == pytest.approx(value, abs=1e-4)
        for key, value in found['scores'].items():
            assert float(row[f'score {key}']) == pytest.approx(value, abs=1e-4)
        overlay = tmp_path / 'out/overlays' / row['mask'].replace('.png', '.jpg')
        if not name.startswith('same'):
            assert Image.open(overlay).size == (48, 40)
    assert rows['one folder/two  spaces.jpg']['mask'] == 'one folder/two  spaces.png'
    assert rows['same.jpg']['mask'] == 'same.jpg.png'
    problems = (tmp_path / 'out/problems.txt').read_text()
    assert 'broken.jpg: the image cannot be read' in problems
    assert len(problems.splitlines()) == 1


def test_a_second_run_writes_nothing(infer, photos, tmp_path):
    predict_images(photos, infer, tmp_path / 'out', overlays=True)
    before = state_of(tmp_path / 'out')
    assert predict_images(photos, infer, tmp_path / 'out', overlays=True).predicted == 0
    assert state_of(tmp_path / 'out') == before


@pytest.mark.parametrize('batch_size', [1, 3])
def test_a_photo_that_the_network_cannot_take_stops_no_other(
    seg_work, photos, tmp_path, batch_size
):
    Image.new('RGB', (60, 4)).save(photos / 'one folder/thin.jpg')
    config, weights = find_model(seg_work)
    smaller = dict(type='Resize', scale_factor=0.1, keep_ratio=True)
    config.test_dataloader.dataset.pipeline.insert(1, smaller)
    infer = SegInferencer(config, weights, device='cpu')
    for predicted in (len(NAMES), 0):
        done = predict_images(photos, infer, tmp_path / 'out', batch_size=batch_size)
        assert done.predicted == predicted
        assert sorted(done.problems) == ['broken.jpg', 'one folder/thin.jpg']
        assert (
            'thin.jpg: an image is not even 2 pixels wide' in done.problems['one folder/thin.jpg']
        )
    for name, row in rows_of(tmp_path / 'out').items():
        (found,) = infer(photos / name)['predictions']
        assert np.mean(read_mask(tmp_path / 'out/masks' / row['mask']) == found['label']) > 0.99


def test_an_interrupted_run_continues(infer, photos, tmp_path, monkeypatch):
    predict_images(photos, infer, tmp_path / 'whole')
    read, seen = infer.read, []

    def fail(path, **kwargs):
        seen.append(path)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return read(path, **kwargs)

    monkeypatch.setattr(infer, 'read', fail)
    with pytest.raises(KeyboardInterrupt):
        predict_images(photos, infer, tmp_path / 'out')
    with open(tmp_path / 'out/predictions.csv', 'ab') as file:
        file.write(b'plain.jpg,pla')  # killed while it wrote
    done = len(rows_of(tmp_path / 'out')) - 1
    assert done == 3  # of the four that were read, one is broken
    assert predict_images(photos, infer, tmp_path / 'out').predicted == len(NAMES) - done
    for path, (content, _) in state_of(tmp_path / 'whole').items():
        assert (tmp_path / 'out' / path.relative_to(tmp_path / 'whole')).read_bytes() == content


def test_what_is_new_or_has_changed_is_predicted(infer, photos, tmp_path):
    predict_images(photos, infer, tmp_path / 'out')
    shutil.copy(photos / 'plain.jpg', photos / 'new.jpg')
    os.utime(photos / 'plain.jpg', (2**31, 2**31))
    (tmp_path / 'out/masks/<script>.png').unlink()
    shutil.copy(photos / 'same.jpg', photos / 'broken.jpg')
    done = predict_images(photos, infer, tmp_path / 'out')
    assert done.predicted == 4
    assert not done.problems
    assert not (tmp_path / 'out/problems.txt').exists()


def test_the_order_does_not_matter(infer, photos, tmp_path):
    paths = [photos / name for name in NAMES]
    predict_images(paths, infer, tmp_path / 'a')
    predict_images(paths[::-1], infer, tmp_path / 'b')
    contents = [
        {path.relative_to(root): content for path, (content, _) in state_of(root).items()}
        for root in (tmp_path / 'a', tmp_path / 'b')
    ]
    assert contents[0] == contents[1]


@pytest.mark.parametrize('change', ['classes', 'weights', 'images', 'others'])
def test_a_folder_of_something_else_is_refused(infer, photos, tmp_path, seg_work, change):
    out, given = tmp_path / 'out', dict(classes=None)
    if change == 'others':
        out.mkdir()
        (out / 'thesis.tex').touch()
        with pytest.raises(UserError, match='holds other files than predictions'):
            predict_images(photos, infer, out)
        return
    predict_images(photos / 'plain.jpg', infer, out)
    images = photos / 'plain.jpg'
    if change == 'classes':
        given['classes'] = infer.class_names[1:2]
    elif change == 'weights':
        shutil.copytree(seg_work, tmp_path / 'other')
        with open(tmp_path / 'other/iter_1.pth', 'ab') as file:
            file.write(b'\0')
        infer.checkpoint = str(tmp_path / 'other/iter_1.pth')
    else:
        images = photos / 'one folder'
    before = state_of(out)
    with pytest.raises(UserError, match='holds predictions made with other settings'):
        predict_images(images, infer, out, **given)
    assert state_of(out) == before


def test_a_mask_keeps_its_ending_once_it_must(infer, photos, tmp_path):
    predict_images(photos, infer, tmp_path / 'out')
    shutil.copy(photos / 'same.png', photos / 'plain.png')
    assert predict_images(photos, infer, tmp_path / 'out').predicted == 2
    masks = {path.name for path in (tmp_path / 'out/masks').glob('plain*')}
    assert masks == {'plain.jpg.png', 'plain.png.png'}


def test_the_output_may_lie_in_the_folder_of_images(infer, photos):
    for _ in range(2):
        done = predict_images(photos, infer, photos / 'out', overlays=True)
        assert done.num_images == len(NAMES) + 1


@pytest.mark.parametrize(
    'given, names',
    [
        (['{root}'], [*NAMES, 'broken.jpg']),
        (['{root}/plain.jpg'], ['plain.jpg']),
        (['{root}/one folder', '{root}/Київ'], [*NAMES[1:4]]),
        (['{root}/*.png'], ['same.png']),
        (['{root}/**/*s*.jpg'], [*NAMES[1:3], '<script>.jpg', 'same.jpg']),
        (['{root}/plain.jpg', '{root}/./plain.jpg', '{root}'], [*NAMES, 'broken.jpg']),
    ],
)
def test_images_are_found(photos, given, names):
    found = find_images([one.format(root=photos) for one in given])
    paths = {found.path(name) for name in found.names}
    assert {path.relative_to(photos).as_posix() for path in paths} == set(names)
    assert len(found.names) == len(paths)


@pytest.mark.parametrize('given', ['{root}', '{root}/**', '{root}/**/*.*', '{root}/*'])
def test_masks_below_the_photos_are_not_photos(photos, given):
    given, out = given.format(root=photos), photos / 'out'
    found = find_images([given], PredictionFolder(out)).names
    (out / 'masks/one').mkdir(parents=True)
    for name in ('a.png', 'one/b.png'):
        shutil.copy(photos / 'same.png', out / 'masks' / name)
    assert find_images([given], PredictionFolder(out)).names == found
    with pytest.raises(UserError, match='is where masks are written; give'):
        find_images([out / 'masks'], PredictionFolder(out))


@pytest.mark.parametrize('given', ['{root}', '{root}/*', '{root}/Київ'])
def test_photos_may_lie_in_the_folder_of_their_masks(photos, given):
    given, out = given.format(root=photos), PredictionFolder(photos)
    found = find_images([given], out).names
    out.masks.mkdir()
    shutil.copy(photos / 'same.png', out.masks)
    assert find_images([given], out).names == found


def test_names_are_below_what_was_given(photos):
    assert find_images([photos / 'Київ']).names == ['кіт 猫.jpg']
    assert set(find_images([photos / 'Київ', photos / 'same.png']).names) == {
        'Київ/кіт 猫.jpg',
        'same.png',
    }


@pytest.mark.parametrize(
    'given, message',
    [
        ([], 'no images; give'),
        (['none'], 'none: no such file or folder'),
        (['{root}/*.gif'], r'\*.gif: matches nothing'),
        (['{root}/notes.txt'], 'photos: nothing there is an image'),
    ],
)
def test_where_nothing_is_found(photos, given, message):
    with pytest.raises(UserError, match=message):
        find_images([one.format(root=photos) for one in given])


def test_a_table_is_read_as_it_was_written(tmp_path):
    table = PredictionTable(tmp_path / 't.csv', ['image', 'a, "b"'])
    table.write()
    rows = [{'image': name, 'a, "b"': k} for k, name in enumerate(['b,c', '"', 'ü', '10', '9'])]
    for row in rows:
        table.add(row)
    again = PredictionTable(tmp_path / 't.csv', ['image', 'a, "b"'])
    assert (
        again.rows
        == table.rows
        == {row['image']: {**row, 'a, "b"': str(row['a, "b"'])} for row in rows}
    )
    assert not PredictionTable(tmp_path / 't.csv', ['image', 'c']).rows
    table.add({'image': 'last', 'a, "b"': 1234})
    content = (tmp_path / 't.csv').read_bytes()
    for cut in range(1, len('last,1234\n') + 1):  # killed while it wrote
        (tmp_path / 't.csv').write_bytes(content[:-cut])
        assert PredictionTable(tmp_path / 't.csv', ['image', 'a, "b"']).rows == again.rows
    (tmp_path / 'bad.csv').write_bytes(b'\xff\xfe\0\n"')
    assert not PredictionTable(tmp_path / 'bad.csv', ['image']).rows


def test_one_run_at_a_time(infer, photos, tmp_path, monkeypatch):
    monkeypatch.setattr('ppl_mm.utils.locks._PATIENCE', 0.1)
    folder = PredictionFolder(tmp_path / 'out')
    with folder.claim({}), pytest.raises(UserError, match='another run is at work there'):
        predict_images(photos, infer, tmp_path / 'out')
