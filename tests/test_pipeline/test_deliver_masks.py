"""Masks are delivered under the names of photographs, at their sizes and places."""

import shutil

import numpy as np
import pytest
from geo_tiffs import NORTH_UP, georeference_of, write_geotiff
from PIL import Image

from ppl_mm.data_tools.own.corrections import read_corrections, write_corrections
from ppl_mm.data_tools.own.data import OwnData
from ppl_mm.data_tools.own.settings import OwnDataSettings
from ppl_mm.formats.mask_file import read_any_mask, read_mask, write_label
from ppl_mm.formats.photo_names import images_of
from ppl_mm.formats.result_folder import ResultFolder
from ppl_mm.pipeline.closing import closing_lines
from ppl_mm.pipeline.deliver import deliver_masks
from ppl_mm.pipeline.predict import LABELS

SIZE, SHRUNK = (120, 80), (60, 40)


def take(folder, results):
    """Take corrected masks; return how many there are."""
    found = read_corrections(folder, results)
    write_corrections(found, results)
    return len(found.corrected)


@pytest.fixture
def deliver(tmp_path):
    """Makes the data set of the photos, which it shrinks, and delivers masks of noise."""
    results = ResultFolder(tmp_path / 'out')

    def make(seed=0):
        settings = OwnDataSettings(tmp_path / 'photos', results.data, max_long_side=SHRUNK[0])
        OwnData(settings, workers=1).make()
        rng = np.random.default_rng(seed)
        for image in images_of(results.data).values():
            label = rng.integers(0, 3, SHRUNK[::-1], np.uint8)
            write_label(tmp_path / 'predicted' / LABELS / f'{image}.png', label)
        deliver_masks(results.data, tmp_path / 'predicted', results)
        return results

    return make


@pytest.fixture
def scenes(tmp_path):
    """GeoTIFFs of fields, and JPEGs of water."""
    rng = np.random.default_rng(0)
    for number in range(6):
        write_geotiff(tmp_path / f'photos/field/{number}.tif', NORTH_UP, SIZE)
        path = tmp_path / f'photos/water/{number}.jpg'
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (*SIZE[::-1], 3), np.uint8)).save(path)
    return tmp_path / 'photos'


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*.*'))


def test_masks_of_geotiffs_lie_where_their_photos_do(deliver, scenes):
    results = deliver()
    assert files(results.masks_geo) == [f'field/{number}.tif' for number in range(6)]
    assert f'as GeoTIFFs:  {results.masks_geo}' in closing_lines(results)
    for path in results.masks_geo.rglob('*.tif'):
        name = path.relative_to(results.masks_geo)
        assert georeference_of(path) == georeference_of(scenes / name) != {}
        mask = read_any_mask(path)
        assert mask.shape == SIZE[::-1]
        assert (mask == read_mask(results.masks / name.with_suffix('.png'))).all()


@pytest.mark.parametrize('name', ['masks/water/1.png', 'masks_geo/field/1.tif', 'masks_geo'])
def test_what_was_deleted_is_noticed(deliver, scenes, name):
    results = deliver()
    assert results.written_masks.is_whole() and results.written_geo.is_whole()
    path = results.root / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert results.written_masks.is_whole() == name.startswith('masks_geo')
    assert results.written_geo.is_whole() == name.startswith('masks/')


def test_a_copy_of_either_folder_corrects_nothing_before_it_is_changed(deliver, scenes):
    results = deliver()
    assert take(results.masks, results) == 0
    assert take(results.masks_geo, results) == 0
    path = results.masks_geo / 'field/0.tif'
    changed = Image.open(path).copy()
    changed.paste(1, (10, 10, 50, 50))
    changed.save(path)
    assert take(results.masks_geo, results) == 1


def edit(path, value):
    label = np.full_like(read_mask(path), value)
    Image.fromarray(label).save(path)
    return label


def test_a_mask_that_was_edited_in_its_place_stays(deliver, scenes, capsys):
    """When others are written again; the line says what to do with it."""
    results = deliver()
    mine, lost = results.masks / 'water/0.png', results.masks / 'water/1.png'
    before, drawn = lost.read_bytes(), edit(mine, 1)
    lost.unlink()
    for _ in range(2):
        deliver()
        assert lost.read_bytes() == before and (read_mask(mine) == drawn).all()
        assert '1 mask edited there, and kept (first: water/0.png)' in capsys.readouterr().out


def test_a_copy_of_a_mask_that_was_edited_in_its_place_is_a_correction(
    deliver, scenes, tmp_path, capsys
):
    results = deliver()
    edit(results.masks / 'water/0.png', 1)
    assert take(shutil.copytree(results.masks, tmp_path / 'copy'), results) == 1
    drawn = edit(tmp_path / 'copy/water/0.png', 2)  # which is newer than the first
    assert take(tmp_path / 'copy', results) == 1
    deliver()
    assert (read_mask(results.masks / 'water/0.png') == drawn).all()
    later = edit(results.masks / 'water/0.png', 1)
    deliver()
    assert (read_mask(results.masks / 'water/0.png') == later).all()
    assert 'edited there' in capsys.readouterr().out


def test_masks_of_the_same_photo_do_not_undo_a_correction(deliver, scenes, tmp_path):
    """The fields are one image, of which one mask is corrected."""
    results = deliver()
    edit(shutil.copytree(results.masks, tmp_path / 'copy') / 'field/0.png', 1)
    for _ in range(2):
        assert take(tmp_path / 'copy', results) == 1
        (drawn,) = (results.data / 'Corrected').iterdir()
        assert (read_mask(drawn) == 1).all()


def test_masks_of_photos_that_are_gone_are_removed(deliver, scenes):
    results = deliver()
    (results.masks_geo / 'mine.tif').write_bytes(b'mine')
    (scenes / 'field/3.tif').unlink()
    results.data.rename(results.root / 'old')
    deliver()
    kept = [f'field/{number}.tif' for number in (0, 1, 2, 4, 5)]
    assert files(results.masks_geo) == [*kept, 'mine.tif']


def test_an_edited_mask_of_a_photo_that_is_gone_stays(deliver, scenes, capsys):
    results = deliver()
    drawn = edit(results.masks / 'field/3.png', 1)
    for number in (2, 3):
        (scenes / f'field/{number}.tif').unlink()
    results.data.rename(results.root / 'old')
    for _ in range(2):
        deliver()
        assert (read_mask(results.masks / 'field/3.png') == drawn).all()
        assert not (results.masks / 'field/2.png').exists()
        assert '1 mask edited there, and kept (first: field/3.png)' in capsys.readouterr().out


def test_the_geotiff_of_an_edited_mask_becomes_as_it_is(deliver, scenes):
    results = deliver()
    drawn = edit(results.masks / 'field/0.png', 2)
    results.data.rename(results.root / 'old')
    deliver()
    path = results.masks_geo / 'field/0.tif'
    assert (read_any_mask(path) == drawn).all()
    assert georeference_of(path) == georeference_of(scenes / 'field/0.tif') != {}


@pytest.mark.parametrize(
    'drawn, message',
    [
        (Image.new('RGB', SIZE, (1, 2, 3)), 'a colour of no class'),
        (Image.new('L', (60, 80)), 'is not 120 x 80 pixels large, as its photo'),
    ],
)
def test_the_geotiff_of_a_mask_that_cannot_be_read_stays(deliver, scenes, capsys, drawn, message):
    results = deliver()
    before = (results.masks_geo / 'field/0.tif').read_bytes()
    drawn.save(results.masks / 'field/0.png')
    results.data.rename(results.root / 'old')
    deliver(seed=1)
    assert (results.masks_geo / 'field/0.tif').read_bytes() == before
    said = capsys.readouterr().out
    assert message in said and 'edited there, and kept (first: field/0.png)' in said


@pytest.mark.parametrize('gone', [False, True])
def test_a_geotiff_that_was_edited_in_its_place_stays(deliver, scenes, capsys, gone):
    results = deliver()
    path = results.masks_geo / 'field/0.tif'
    changed = Image.open(path).copy()
    changed.paste(1, (10, 10, 50, 50))
    changed.save(path)
    if gone:
        (scenes / 'field/0.tif').unlink()
    content = path.read_bytes()
    results.data.rename(results.root / 'old')
    for _ in range(2):
        deliver()
        assert path.read_bytes() == content
        said = capsys.readouterr().out
        assert f'{results.masks_geo}: 1 mask edited there, and kept' in said
        assert f'{results.masks}: 1 mask' not in said


def test_photos_without_a_place_have_no_such_folder(deliver, scenes):
    for number in range(6):
        write_geotiff(scenes / f'field/{number}.tif', {}, SIZE)
    results = deliver()
    assert len(list(results.masks.rglob('*.png'))) == 12
    assert not results.masks_geo.exists() and 'GeoTIFF' not in '\n'.join(closing_lines(results))
