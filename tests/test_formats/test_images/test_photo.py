"""Photos of every kind become what a person sees, in 8 bits."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from ppl_mm.errors import UserError
from ppl_mm.formats.images.orientation import turn_upright
from ppl_mm.formats.images.photo import read_photo

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (20, 30, 3), np.uint8)


def save(path, image, **options):
    Image.fromarray(np.ascontiguousarray(image)).save(path, **options)
    return path


@pytest.mark.parametrize('orientation', range(1, 9))
def test_every_orientation_is_turned_as_pillow_turns_it(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / 'a.png', PIXELS, exif=exif)
    photo = read_photo(path)
    expected = ImageOps.exif_transpose(Image.open(path))
    assert photo.orientation == orientation
    assert (np.array(photo.picture) == np.array(expected)).all()
    assert photo.full_size == photo.picture.size == expected.size
    stored = turn_upright(Image.open(path), orientation)
    assert (np.array(stored) == np.array(expected)).all()


@pytest.mark.parametrize('compression', [None, 'tiff_lzw'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_a_tiff_is_turned_once_though_pillow_turns_it_while_loading(
    tmp_path, orientation, compression
):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(PIXELS)
    path = save(tmp_path / 'a.tif', PIXELS, exif=exif, compression=compression)
    photo = read_photo(path)
    expected = np.array(turn_upright(stored, orientation))
    assert (np.array(photo.picture) == expected).all()
    assert photo.full_size == photo.picture.size == expected.shape[1::-1]
    assert photo.orientation == orientation
    assert photo.changes == (('turned upright',) if orientation > 1 else ())
    small = read_photo(path, max_long_side=15)
    assert small.full_size == photo.full_size
    assert small.picture.size == ((10, 15) if orientation > 4 else (15, 10))


@pytest.mark.parametrize(
    'name, suffix',
    [
        ('a.jpg', '.jpg'),
        ('a.png', '.png'),
        ('a.bmp', None),
        ('a.webp', None),
        ('a.tif', None),
        ('a.gif', None),
        ('a.ppm', None),
    ],
)
def test_plain_jpeg_and_png_serve_as_they_are(tmp_path, name, suffix):
    photo = read_photo(save(tmp_path / name, PIXELS))
    assert photo.suffix == suffix and photo.changes == ()
    assert photo.picture.mode == 'RGB' and photo.picture.size == (30, 20)


def test_the_content_not_the_name_says_what_a_file_is(tmp_path):
    path = save(tmp_path / 'a.png', PIXELS)
    assert read_photo(path.rename(tmp_path / 'a.jpg')).suffix == '.png'


def test_transparent_parts_say_nothing(tmp_path):
    alpha = np.full((20, 30, 1), 255, np.uint8)
    alpha[:5] = 0
    photo = read_photo(save(tmp_path / 'a.png', np.dstack([PIXELS, alpha])))
    found = np.array(photo.picture)
    assert (found[5:] == PIXELS[5:]).all()
    assert (found[:5] == (124, 116, 104)).all()
    assert photo.suffix is None and 'transparent' in photo.changes[0]


def test_a_palette_with_a_transparent_colour(tmp_path):
    image = Image.fromarray(PIXELS).quantize(8)
    image.save(tmp_path / 'a.png', transparency=3)
    found = np.array(read_photo(tmp_path / 'a.png').picture)
    clear = np.array(image) == 3
    assert (found[clear] == (124, 116, 104)).all()
    assert (found[~clear] == np.array(image.convert('RGB'))[~clear]).all()


def test_cmyk_and_grey_and_black_and_white(tmp_path):
    Image.fromarray(PIXELS).convert('CMYK').save(tmp_path / 'c.jpg')
    photo = read_photo(tmp_path / 'c.jpg')
    assert photo.picture.mode == 'RGB' and photo.suffix is None
    assert photo.changes == ('CMYK to RGB',)
    grey = read_photo(save(tmp_path / 'g.jpg', PIXELS[..., 0]))
    assert grey.picture.mode == 'L' and grey.suffix == '.jpg'
    save(tmp_path / 'b.png', PIXELS[..., 0] > 99)
    assert set(np.unique(read_photo(tmp_path / 'b.png').picture)) == {0, 255}


def test_a_large_photo_shrinks_and_remembers_its_size(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    flat = np.full((300, 800, 3), 99, np.uint8)
    photo = read_photo(save(tmp_path / 'a.jpg', flat, exif=exif), 64)
    assert photo.full_size == (300, 800) and photo.picture.size == (24, 64)
    assert abs(np.array(photo.picture).astype(int) - 99).max() <= 1
    assert read_photo(tmp_path / 'a.jpg', 800).full_size == (300, 800)


def cut(path):
    save(path, np.repeat(np.repeat(PIXELS, 9, 0), 9, 1))
    path.write_bytes(path.read_bytes()[:-500])


def empty(path):
    path.write_bytes(b'')


def words(path):
    path.write_text('no picture')


@pytest.mark.parametrize('name', ['a.jpg', 'a.png', 'a.tif', 'a.webp'])
@pytest.mark.parametrize('spoil', [cut, empty, words])
def test_what_is_broken_is_named_in_one_line(tmp_path, spoil, name):
    spoil(tmp_path / name)
    with pytest.raises(UserError, match='cannot be read .*replace') as caught:
        read_photo(tmp_path / name)
    line = str(caught.value)
    assert line.startswith(str(tmp_path / name)) and '\n' not in line


def test_what_cannot_be_shown_is_refused(tmp_path, monkeypatch):
    empty(tmp_path / 'a.HEIC')
    with pytest.raises(UserError, match='save it as JPEG'):
        read_photo(tmp_path / 'a.HEIC')
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 250)
    with pytest.raises(UserError, match='more than 500 pixels; cut it'):
        read_photo(save(tmp_path / 'a.png', PIXELS))
