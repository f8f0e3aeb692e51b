"""16 bits become 8 by the one white of the data set, in every kind of file."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from ppl_mm.errors import UserError
from ppl_mm.formats.images.bit_depth import to_8_bits
from ppl_mm.formats.images.image_file import read_image, read_pixels
from ppl_mm.formats.images.photo import develop, read_photo, used_white_of
from ppl_mm.formats.images.stored_values import StoredValues, values_for, write_values

RNG = np.random.default_rng(0)


def deep(bands, top=65535):
    shape = (24, 32) if bands == 1 else (24, 32, bands)
    return RNG.integers(0, top + 1, shape).astype(np.uint16)


def expected(values, white):
    """What is meant, value by value."""
    return np.clip(np.rint(values.astype(np.float64) * (255 / white)), 0, 255).astype(np.uint8)


def as_rgb(values):
    return np.repeat(values[..., None], 3, axis=2) if values.ndim == 2 else values


@pytest.mark.parametrize('white', [65535, 4095, 255, 1])
def test_scaling_is_rounding(white):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    found = to_8_bits(values, white)
    assert found.dtype == np.uint8 and np.array_equal(found, expected(values, white))
    assert found.ravel()[0] == 0 and found.ravel()[white] == 255


@pytest.mark.parametrize('white', [65535, 4095])
@pytest.mark.parametrize('bands', [1, 3])
@pytest.mark.parametrize('kind', ['png', 'tif'])
def test_grey_and_colour_are_scaled_alike(tmp_path, png, tiff, kind, bands, white):
    values, path = deep(bands, white), tmp_path / f'a.{kind}'
    path.write_bytes(png(values) if kind == 'png' else tiff(values))
    assert np.array_equal(read_pixels(path, white)[..., ::-1], as_rgb(expected(values, white)))
    photo = read_photo(path, white_level=white)
    assert photo.picture.mode == ('L' if bands == 1 else 'RGB')
    assert photo.changes == ('16 bits to 8',) and photo.suffix is None
    assert np.array_equal(np.asarray(photo.picture), expected(values, white))


@pytest.mark.parametrize('compression', [None, 'zlib'])
def test_bands_one_after_another(tmp_path, compression):
    values, path = deep(3), tmp_path / 'a.tif'
    tifffile.imwrite(
        path, np.moveaxis(values, 2, 0), photometric='rgb', planarconfig='separate',
        compression=compression,
    )  # fmt: skip
    assert np.array_equal(read_pixels(path, 65535)[..., ::-1], expected(values, 65535))


def test_grey_that_is_white_where_it_is_0(tmp_path):
    tifffile.imwrite(tmp_path / 'a.tif', deep(1), photometric='miniswhite')
    with pytest.raises(UserError, match='a.tif: its 16 bits call 0 white; save it with 0 as black'):
        read_image(tmp_path / 'a.tif')


@pytest.mark.parametrize('bands', [2, 4])
def test_opaque_is_65535_whatever_white_is(tmp_path, png, bands):
    values = deep(bands, 4095)
    values[..., -1] = 65535
    values[:5, :, -1] = 0
    (tmp_path / 'a.png').write_bytes(png(values))
    found = read_pixels(tmp_path / 'a.png', 4095)[..., ::-1]
    colours = as_rgb(values[..., 0] if bands == 2 else values[..., :3])
    assert np.array_equal(found[5:], expected(colours[5:], 4095))
    assert (found[:5] == (124, 116, 104)).all()


@pytest.mark.parametrize('extra, is_alpha', [(None, False), (0, False), (1, True), (2, True)])
def test_a_fourth_band_of_a_tiff(tmp_path, tiff, extra, is_alpha):
    values = deep(4, 4095)
    values[..., 3] = 65535
    values[:5, :, 3] = 0
    if extra == 1:
        values[:5] = 0
    (tmp_path / 'a.tif').write_bytes(tiff(values, extra))
    found = read_pixels(tmp_path / 'a.tif', 4095)[..., ::-1]
    assert np.array_equal(found[5:], expected(values[5:, :, :3], 4095))
    filled = (found[:5] == (124, 116, 104)).all()
    assert filled == is_alpha
    changes = read_photo(tmp_path / 'a.tif').changes
    assert ('further bands left out' in changes) != is_alpha


@pytest.mark.parametrize('bands', [1, 3])
def test_one_transparent_value(tmp_path, png, bands):
    values = deep(bands, 4095)
    clear = values[3, 4].copy()
    near = np.array(clear) + np.uint16(1)
    values[:3], values[3] = clear, near  # the same in 8 bits, and not clear
    (tmp_path / 'a.png').write_bytes(png(values, clear))
    found = read_pixels(tmp_path / 'a.png', 4095)[..., ::-1]
    assert (found[:3] == (124, 116, 104)).all()
    assert np.array_equal(found[3:], as_rgb(expected(values[3:], 4095)))
    assert read_photo(tmp_path / 'a.png').changes == ('transparent parts filled', '16 bits to 8')


@pytest.mark.parametrize('bands', [1, 3])
def test_the_white_of_the_data_set_counts_for_all_that_is_below_it(tmp_path, png, bands):
    folder = tmp_path / 'data/JPEGImages/more'
    folder.mkdir(parents=True)
    values = deep(bands, 1023)
    (folder / 'a.png').write_bytes(png(values))
    assert values_for(folder / 'a.png') == StoredValues()
    assert np.array_equal(read_image(folder / 'a.png'), as_rgb(expected(values, 65535)))
    write_values(tmp_path / 'data', StoredValues(1023))
    for place in (tmp_path / 'data', folder, folder / 'a.png'):
        assert values_for(place).white_level == 1023
    assert np.array_equal(read_image(folder / 'a.png'), as_rgb(expected(values, 1023)))
    # What is given wins, and what lies nearer.
    given = read_pixels(folder / 'a.png', 511)[..., ::-1]
    assert np.array_equal(given, as_rgb(expected(values, 511)))
    write_values(folder, StoredValues(2047))
    assert values_for(folder / 'a.png').white_level == 2047


def test_images_of_8_bits_never_ask(tmp_path):
    (tmp_path / 'image_values.json').write_text('{')
    pixels = RNG.integers(0, 256, (9, 9, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / 'a.png')
    assert np.array_equal(read_image(tmp_path / 'a.png'), pixels)


_DAMAGED = ['{', '[]', '{}', '{"white_level": 0}', '{"white_level": true}', '[' * 100_000]


@pytest.mark.parametrize('text', _DAMAGED)
def test_a_damaged_record_is_named(tmp_path, png, text):
    (tmp_path / 'image_values.json').write_text(text)
    (tmp_path / 'a.png').write_bytes(png(deep(1)))
    with pytest.raises(UserError, match=r'image_values.json: must hold \{"white_level": N\}'):
        read_image(tmp_path / 'a.png')
    write_values(tmp_path, StoredValues(4095))
    assert json.loads((tmp_path / 'image_values.json').read_text()) == dict(white_level=4095)


@pytest.mark.parametrize(
    'top, white', [(200, 255), (255, 255), (256, 511), (1000, 1023), (4095, 4095), (4096, 8191)]
)
@pytest.mark.parametrize('bands', [1, 3, 4])
def test_the_fewest_bits_that_hold_a_photo(tmp_path, png, top, white, bands):
    values = deep(bands, top)
    values[0, :4] = top
    if bands == 4:
        values[..., 3] = 65535  # opacity says nothing about white
    (tmp_path / 'a.png').write_bytes(png(values))
    assert used_white_of(tmp_path / 'a.png') == white


def test_a_hot_pixel_in_a_thousand_does_not_count(tmp_path, png):
    values = RNG.integers(0, 4096, (100, 100)).astype(np.uint16)
    values[0, :10] = 65535
    (tmp_path / 'a.png').write_bytes(png(values))
    assert used_white_of(tmp_path / 'a.png') == 4095
    values[1, :10] = 65535
    (tmp_path / 'a.png').write_bytes(png(values))
    assert used_white_of(tmp_path / 'a.png') == 65535


def test_a_photo_of_8_bits_has_no_such_white(tmp_path):
    Image.new('RGB', (9, 9)).save(tmp_path / 'a.png')
    assert used_white_of(tmp_path / 'a.png') is None


@pytest.mark.parametrize(
    'values, message',
    [
        (np.full((9, 9), 70000, np.int32), '70000 to 70000, are not of 16 bits'),
        (np.full((9, 9), -5, np.int32), '-5 to -5, are not of 16 bits'),
        (np.ones((9, 9), np.float32), 'floating point'),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, values, message):
    Image.fromarray(values).save(tmp_path / 'a.tif')
    with pytest.raises(UserError, match=f'a.tif: its .*{message}.*; save it with 8 or 16 bits'):
        read_image(tmp_path / 'a.tif')


def test_32_bits_that_fit_into_16_are_read(tmp_path):
    values = RNG.integers(0, 4096, (9, 9)).astype(np.int32)
    Image.fromarray(values).save(tmp_path / 'a.tif')
    found = read_pixels(tmp_path / 'a.tif', 4095)[..., ::-1]
    assert np.array_equal(found, as_rgb(expected(values, 4095)))


def test_a_truncated_deep_file_is_refused(tmp_path, png):
    content = png(deep(3))
    (tmp_path / 'a.png').write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match='a.png: the image cannot be read'):
        read_image(tmp_path / 'a.png')


def test_a_sign_is_seen_in_an_opened_picture(tmp_path):
    """Pillow would take -1 for 255."""
    tifffile.imwrite(tmp_path / 'a.tif', np.full((9, 9), -1, np.int8))
    with Image.open(tmp_path / 'a.tif') as image, pytest.raises(UserError, match='more than a'):
        develop(image)
