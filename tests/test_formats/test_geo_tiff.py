import struct

import numpy as np
import pytest
import tifffile
from geo_tiffs import NORTH_UP, ROTATED, georeference_of, write_geotiff
from PIL import Image

from ppl_mm.formats.geo_tiff import has_georeference, write_georeferenced
from ppl_mm.formats.mask_file import read_any_mask, voc_palette

SIZE = (60, 40)
LABEL = np.random.default_rng(0).choice(np.uint8([0, 1, 3, 255]), SIZE[::-1])


@pytest.fixture
def image(tmp_path):
    return tmp_path / 'image.tif'


@pytest.fixture
def mask(tmp_path):
    return tmp_path / 'geo/deep/mask.tif'


@pytest.mark.parametrize('tags', [NORTH_UP, ROTATED], ids=['north up', 'rotated'])
@pytest.mark.parametrize(
    'options',
    [{}, dict(byteorder='>'), dict(bigtiff=True), dict(compression='zlib', tile=(16, 16))],
    ids=['plain', 'big endian', 'big', 'tiles'],
)
def test_a_mask_lies_where_its_image_does(image, mask, tags, options):
    write_geotiff(image, tags, SIZE, **options)
    write_georeferenced(mask, LABEL, image)
    assert has_georeference(image)
    assert georeference_of(mask) == georeference_of(image)
    assert set(georeference_of(mask)) == set(tags)
    with tifffile.TiffFile(mask) as tif:
        assert (tif.pages[0].asarray() == LABEL).all()
    with Image.open(mask) as picture:
        assert (picture.mode, picture.size) == ('P', SIZE)
        assert picture.getpalette() == list(voc_palette())
    assert (read_any_mask(mask) == LABEL).all()


def test_gdal_reads_the_same_place(image, mask):
    rasterio = pytest.importorskip('rasterio')
    write_geotiff(image, NORTH_UP, SIZE)
    write_georeferenced(mask, LABEL, image)
    with rasterio.open(image) as expected, rasterio.open(mask) as found:
        assert found.crs == expected.crs == 'EPSG:32632'
        assert found.transform == expected.transform
        assert found.nodata is None and (found.read(1) == LABEL).all()


def test_no_data_of_the_image_is_not_a_class_of_its_mask(image, mask):
    write_geotiff(image, {**NORTH_UP, 42113: ('s', b'0')}, SIZE)
    write_georeferenced(mask, LABEL, image)
    with tifffile.TiffFile(mask) as tif:
        assert 42113 not in tif.pages[0].tags


@pytest.mark.parametrize('orientation', [3, 6])
def test_a_turned_image_has_another_grid(image, mask, orientation, capsys):
    write_geotiff(image, {**NORTH_UP, 274: ('H', (orientation,))}, SIZE)
    write_georeferenced(mask, LABEL, image)
    assert not mask.exists() and not has_georeference(image)
    assert 'georeference' not in ''.join(capsys.readouterr())


def test_an_image_without_a_place_has_no_such_mask(tmp_path, mask):
    write_geotiff(tmp_path / 'plain.tif', {}, SIZE)
    Image.new('RGB', SIZE).save(tmp_path / 'a.jpg')
    for name in ('plain.tif', 'a.jpg'):
        write_georeferenced(mask, LABEL, tmp_path / name)
        assert not mask.parent.exists() and not has_georeference(tmp_path / name)


def test_a_mask_of_an_earlier_image_is_removed(image, mask):
    write_geotiff(image, NORTH_UP, SIZE)
    write_georeferenced(mask, LABEL, image)
    write_geotiff(image, {}, SIZE)
    write_georeferenced(mask, LABEL, image)
    assert not mask.exists()


def without(number):
    return {key: value for key, value in NORTH_UP.items() if key != number}


@pytest.mark.parametrize(
    'tags, number',
    [
        ({**NORTH_UP, 33550: ('d', (10.0, 10.0))}, 33550),
        ({**NORTH_UP, 33550: ('s', b'ten')}, 33550),
        ({**NORTH_UP, 33922: ('d', (0.0,) * 5)}, 33922),
        ({**NORTH_UP, 33922: ('d', (0.0,) * 5 + (float('nan'),))}, 33922),
        ({34264: ('d', (1.0,) * 12)}, 34264),
        ({**NORTH_UP, 34735: ('H', (1, 1, 0))}, 34735),
        (without(33922), 33922),
        (without(34737), 34737),
    ],
)
def test_a_damaged_place_is_one_line(image, mask, tags, number, capsys):
    write_geotiff(image, tags, SIZE)
    write_georeferenced(mask, LABEL, image)
    assert not mask.exists()
    (line,) = ''.join(capsys.readouterr()).splitlines()
    assert 'image.tif: the georeference is damaged' in line and f'tag {number} is' in line


def test_a_tag_that_leads_out_of_the_file(image, mask, capsys):
    write_geotiff(image, NORTH_UP, SIZE)
    with tifffile.TiffFile(image) as tif:
        entry = tif.pages[0].tags[33922].offset
    content = bytearray(image.read_bytes())
    content[entry + 8 : entry + 12] = struct.pack('<I', len(content) + 1000)
    image.write_bytes(content)
    write_georeferenced(mask, LABEL, image)
    assert not mask.exists()
    assert ''.join(capsys.readouterr()).count('the georeference is damaged') == 1


def test_no_bytes_of_a_file_make_a_traceback(image, mask):
    write_geotiff(image, NORTH_UP, SIZE)
    content, rng = image.read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(content)
        for place in rng.integers(4, 600, 3):
            broken[place] = rng.integers(256)
        image.write_bytes(broken[: rng.integers(8, len(broken))])
        write_georeferenced(mask, LABEL, image)
