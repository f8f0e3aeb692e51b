"""Images with bands: values are kept, networks see all bands, persons three."""

import io
import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from ppl_mm.errors import UserError
from ppl_mm.formats.images.bands import ImageBands
from ppl_mm.formats.images.image_file import image_size, read_image, read_pixels
from ppl_mm.formats.images.photo import read_photo
from ppl_mm.formats.images.stored_values import StoredValues, read_values, values_for, write_values
from ppl_mm.formats.images.tiff_bands import needs_bands, read_bands, write_bands

RNG = np.random.default_rng(0)


def bands_of(count=4, low=0, high=255, rgb=(1, 2, 3)):
    return ImageBands(count, low, high, (100.0,) * count, (50.0,) * count, rgb)


def save(path, values, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, 'wb') as file:
        tifffile.imwrite(file, values, **{'photometric': 'minisblack', **options})
    return path


@pytest.fixture
def data(tmp_path):
    """Writes an image of a data set with bands, returns its path."""

    def write(values, bands, name='a.tif', **options):
        path = save(tmp_path / 'data/JPEGImages' / name, values, **options)
        write_values(tmp_path / 'data', StoredValues(bands=bands))
        return path

    return write


def test_a_fourth_band_changes_nothing_that_persons_see(data, tmp_path):
    rgb = RNG.integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / 'photo.tif')
    path = data(np.dstack([rgb, np.zeros((20, 30), np.uint8)]), bands_of(), planarconfig='contig')
    assert np.array_equal(read_image(path), read_image(tmp_path / 'photo.tif'))
    seen = read_pixels(path)
    assert seen.dtype == np.float32 and seen.shape == (20, 30, 4)
    assert np.array_equal(seen[..., :3], rgb) and not seen[..., 3].any()


def test_16_bits_are_their_8_bits_up_to_rounding(data):
    deep = RNG.integers(0, 4096, (20, 30, 4)).astype(np.uint16)
    path = data(deep, bands_of(high=4095), planarconfig='contig')
    seen, flat = read_pixels(path), np.rint(deep * (255 / 4095))
    assert abs(seen - flat).max() <= 0.5 and len(np.unique(seen)) > 256
    assert np.array_equal(read_image(path), flat[..., :3])


def test_the_bands_that_are_shown_may_be_chosen(data):
    values = RNG.integers(0, 256, (20, 30, 5), np.uint8)
    path = data(values, bands_of(5, rgb=(5, 2, 2)), planarconfig='contig')
    assert np.array_equal(read_image(path), values[..., [4, 1, 1]])


def test_one_band_is_grey_and_values_outside_the_range_are_black_and_white(data):
    path = data(
        np.array([[-5, 0], [1, 9]] * 2, np.float32).repeat(2, 1), bands_of(1, 0, 1, (1, 1, 1))
    )
    seen = read_pixels(path)
    assert seen.shape == (4, 4, 3) and seen[:2, ::2, 0].tolist() == [[0, 0], [255, 255]]
    assert (read_image(path) == np.rint(seen)).all()


@pytest.mark.parametrize('missing', [np.nan, np.inf, -np.inf])
def test_pixels_without_a_value_are_the_mean(data, missing):
    values = np.ones((8, 8, 2), np.float32)
    values[0, 0, 1] = missing
    path = data(values, bands_of(2, 0, 2, (1, 2, 2)), planarconfig='contig')
    assert read_pixels(path)[0, 0].tolist() == [127.5, 100]
    assert read_photo(path).changes == ('pixels without a value filled with the mean',)
    empty = data(values * np.nan, bands_of(2, 0, 2, (1, 2, 2)), 'b.tif', planarconfig='contig')
    with pytest.raises(UserError, match='b.tif: has no value, only NaN'):
        read_pixels(empty)


@pytest.mark.parametrize(
    'kind', ['uint8', 'uint16', 'int16', 'uint32', 'int32', 'float16', 'float32', 'float64']
)
@pytest.mark.parametrize('planar', ['contig', 'separate'])
@pytest.mark.parametrize('compression', [None, 'zlib', 'lzw'])
def test_all_kinds_of_values_are_read_as_stored(tmp_path, kind, planar, compression):
    values = RNG.integers(0, 100, (9, 12, 4)).astype(kind)
    stored = values if planar == 'contig' else values.transpose(2, 0, 1)
    path = save(tmp_path / 'a.tif', stored, planarconfig=planar, compression=compression)
    found = read_bands(path.read_bytes())
    assert found.dtype == values.dtype and np.array_equal(found, values)
    assert needs_bands(path) and image_size(path) == (12, 9)


def test_channels_that_are_pages_are_bands_and_other_pages_are_not(tmp_path):
    stack = RNG.integers(0, 100, (3, 9, 12)).astype(np.float32)
    options = dict(imagej=True, photometric='minisblack', metadata=dict(axes='CYX'))
    channels = save(tmp_path / 'a.tif', stack, **options)
    assert np.array_equal(read_bands(channels.read_bytes()), stack.transpose(1, 2, 0))
    times = save(tmp_path / 'b.tif', stack, **dict(options, metadata=dict(axes='TYX')))
    assert np.array_equal(read_bands(times.read_bytes()), stack[0, ..., None])


@pytest.mark.parametrize('orientation', range(1, 9))
def test_bands_are_upright(tmp_path, orientation):
    values = RNG.integers(0, 256, (5, 8, 3), np.uint8)
    tag = [(274, 'H', 1, orientation, True)]
    save(tmp_path / 'photo.tif', values, photometric='rgb', extratags=tag)
    wanted = read_image(tmp_path / 'photo.tif')  # by Pillow
    path = save(
        tmp_path / 'bands.tif', np.dstack([values] * 2), planarconfig='contig', extratags=tag
    )
    assert np.array_equal(read_bands(path.read_bytes())[..., :3], wanted)
    assert image_size(path) == wanted.shape[1::-1]


def test_what_is_written_is_read(tmp_path):
    for bands in (1, 2, 7):
        values, file = RNG.normal(size=(9, 12, bands)).astype(np.float32), io.BytesIO()
        write_bands(file, values)
        assert np.array_equal(read_bands(file.getvalue()), values)


@pytest.mark.parametrize(
    'kind, shape, photometric, extra, wanted',
    [
        (np.uint8, (9, 9, 3), 'rgb', None, False),
        (np.uint16, (9, 9), 'minisblack', None, True),
        (np.uint16, (9, 9, 3), 'rgb', None, True),
        (np.uint8, (9, 9), 'minisblack', None, False),
        (np.uint8, (9, 9, 4), 'separated', None, False),
        (np.uint16, (9, 9, 4), 'separated', None, True),
        (np.uint16, (9, 9, 4), 'rgb', ['unassalpha'], False),
        (np.uint16, (9, 9, 4), 'rgb', ['unspecified'], True),
        (np.uint8, (9, 9, 2), 'minisblack', ['assocalpha'], False),
        (np.uint8, (9, 9, 2), 'minisblack', ['unspecified'], True),
        (np.int16, (9, 9), 'minisblack', None, True),
        (np.float32, (9, 9, 3), 'rgb', None, True),
    ],
)
def test_photos_need_no_bands(tmp_path, kind, shape, photometric, extra, wanted):
    path = save(
        tmp_path / 'a.tif', np.zeros(shape, kind), photometric=photometric, extrasamples=extra
    )
    assert needs_bands(path) is wanted


def test_other_files_need_no_bands(tmp_path):
    (tmp_path / 'a.tif').write_bytes(b'II*\0nonsense')
    Image.new('RGB', (9, 9)).save(tmp_path / 'b.png')
    assert not any(needs_bands(tmp_path / name) for name in ('a.tif', 'b.png', 'gone.tif'))


def test_the_bands_of_the_data_set_count_for_all_that_is_below_it(data, tmp_path):
    bands = bands_of(4, -1.5, 7)
    path = data(np.zeros((9, 9, 4), np.float32), bands, planarconfig='contig')
    values = values_for(path)
    assert values == read_values(tmp_path / 'data') == StoredValues(bands=bands)
    assert values_for(tmp_path) == StoredValues()
    assert values.record() == dict(bands=bands.record())
    assert ImageBands.from_record(bands.record()) == bands


@pytest.mark.parametrize(
    'change, message',
    [
        (dict(count=33), 'count must be from 1 to 32'),
        (dict(low=9, high=9), 'low must be below high'),
        (dict(mean=[1.0]), 'mean and std need a value a band'),
        (dict(std=[0.0] * 4), 'std must be above 0'),
        (dict(rgb_bands=[1, 2, 5]), 'rgb_bands must be three bands from 1 to 4'),
        (dict(colour=1), 'a value is missing'),
    ],
)
def test_a_damaged_record_is_one_line(tmp_path, change, message):
    record = bands_of().record() | change
    (tmp_path / 'image_values.json').write_text(json.dumps(dict(bands=record)))
    with pytest.raises(UserError, match=f'image_values.json: bands: {message}') as caught:
        read_values(tmp_path)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    'values, message',
    [
        (np.zeros((9, 9, 5), np.uint8), 'has 5 bands, but the data set has 4'),
        (np.zeros((9, 9, 33), np.uint8), 'has 33 bands; at most 32 are read'),
        (np.zeros((9, 9, 4), np.complex64), 'values are of type complex64'),
    ],
)
def test_what_does_not_fit_is_named(data, values, message):
    path = data(values, bands_of(), planarconfig='contig')
    for read in (read_pixels, read_image, read_photo):
        with pytest.raises(UserError, match=f'a.tif: .*{message}'):
            read(path)


def test_a_photo_among_bands_is_named(data, tmp_path):
    data(np.zeros((9, 9, 4), np.uint8), bands_of(), planarconfig='contig')
    path = tmp_path / 'data/JPEGImages/b.jpg'
    Image.new('RGB', (9, 9)).save(path)
    with pytest.raises(UserError, match='b.jpg: not a TIFF; the data set has TIFFs of 4 bands'):
        read_pixels(path, bands=bands_of())


@pytest.mark.parametrize('read', [read_image, read_pixels, read_photo])
def test_bands_outside_such_a_data_set_are_named(tmp_path, read):
    path = save(tmp_path / 'a.tif', np.zeros((9, 9, 7), np.uint16), planarconfig='contig')
    with pytest.raises(UserError, match='a.tif: a TIFF that has more than a photo; .*own_data.py'):
        read(path)
    broken = tmp_path / 'b.tif'
    broken.write_bytes(b'II*\0nonsense')
    with pytest.raises(UserError, match='b.tif: the image cannot be read'):
        read(broken)
