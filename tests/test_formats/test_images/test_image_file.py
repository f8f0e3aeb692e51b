"""The one reader: pixels as Pillow and numpy have them, faults in one line."""

import io
import os
import struct
import zlib

import mmcv
import numpy as np
import pytest
from PIL import Image, ImageOps

from ppl_mm.errors import UserError
from ppl_mm.formats.images.checks import MAX_RATIO, MIN_SIDE, check_sides
from ppl_mm.formats.images.image_file import (
    PHOTO_SUFFIXES,
    decode_image,
    image_size,
    read_image,
    read_pixels,
)

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (20, 30, 3), np.uint8)
MEAN = (124, 116, 104)


def as_pillow(data):
    """Upright RGB by Pillow alone."""
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image).convert('RGB')
    return np.array(upright)


def jpeg(mode='RGB', exif=None, **settings):
    """A JPEG of 50 x 37 pixels with blotches, as photographs have them."""
    coarse = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    image = Image.fromarray(coarse).resize((50, 37)).convert(mode)
    if exif:
        settings['exif'] = Image.Exif()
        settings['exif'][0x0112] = exif
    file = io.BytesIO()
    image.save(file, 'JPEG', **settings)
    return file.getvalue()


JPEGS = dict(
    plain=jpeg(),
    small=jpeg(quality=20),
    full_colour=jpeg(subsampling=0),
    half_colour=jpeg(subsampling=1),
    progressive=jpeg(progressive=True),
    grey=jpeg('L'),
    print_colours=jpeg('CMYK'),
    upright=jpeg(exif=1),
    turned=jpeg(exif=6),
    mirrored=jpeg(exif=2),
    tail=jpeg() + b'\0' * 9,
    thumbnail=jpeg()[:2] + b'\xff\xe1\x10\x02' + jpeg()[:4096].ljust(4096, b'\0') + jpeg()[2:],
)


@pytest.mark.parametrize('name', sorted(set(JPEGS) - {'print_colours'}))
def test_every_jpeg_has_the_pixels_of_pillow(name):
    found = decode_image(JPEGS[name])
    assert np.array_equal(found, as_pillow(JPEGS[name]))
    assert found.flags.c_contiguous
    assert np.array_equal(decode_image(JPEGS[name], bgr=True), found[..., ::-1])


def test_colours_for_print_are_those_of_mmcv():
    data = JPEGS['print_colours']
    expected = mmcv.imfrombytes(data, channel_order='rgb', backend='pillow')
    assert np.array_equal(decode_image(data), expected)


def test_opencv_decodes_what_is_usual_and_nothing_else(monkeypatch):
    used = []
    monkeypatch.setattr('cv2.imdecode', lambda *_: used.append(1))
    for name, data in JPEGS.items():
        used.clear()
        decode_image(data)
        usual = name not in ('print_colours', 'turned', 'mirrored')
        assert bool(used) == usual, name


@pytest.mark.parametrize('name', ['plain', 'progressive', 'grey', 'thumbnail'])
def test_a_jpeg_cut_anywhere_is_refused(name):
    data = JPEGS[name]
    for length in range(1, len(data) - 2, 97):
        with pytest.raises((OSError, SyntaxError)):
            decode_image(data[:length])


def test_a_cut_jpeg_before_a_whole_one_is_refused():
    """The second one may be a small copy, and its end is not that of the first."""
    data = JPEGS['plain']
    with pytest.raises(OSError, match='broken data|truncated'):
        decode_image(data[: len(data) * 2 // 3] + JPEGS['small'])
    whole = decode_image(data + JPEGS['small'])
    assert np.array_equal(whole, decode_image(data))


def test_a_bomb_is_left_to_pillow(monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 50 * 37 // 3)
    with pytest.raises(Image.DecompressionBombError):
        decode_image(JPEGS['plain'])


@pytest.mark.parametrize('suffix', sorted(set(PHOTO_SUFFIXES) - {'.avif'}))
@pytest.mark.parametrize('mode', ['RGB', 'L', '1', 'P', 'RGBA'])
def test_every_kind_is_read_as_pillow_shows_it(tmp_path, suffix, mode):
    path = tmp_path / f'a{suffix}'
    try:
        Image.fromarray(PIXELS).convert(mode).save(path)
    except (OSError, ValueError):
        pytest.skip(f'{suffix} cannot hold {mode}')
    with Image.open(path) as image:
        expected = np.array(image.convert('RGB'))
    found = read_image(path)
    assert found.dtype == np.uint8 and np.array_equal(found, expected)
    assert np.array_equal(read_pixels(path), expected[..., ::-1])
    assert image_size(path) == (30, 20)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.tif', '.webp'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_every_kind_is_turned_once(tmp_path, suffix, orientation):
    path, exif = tmp_path / f'a{suffix}', Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(PIXELS)
    stored.save(path, exif=exif, **dict(lossless=True) if suffix == '.webp' else {})
    if suffix == '.jpg':
        with Image.open(path) as image:
            stored = image.convert('RGB')
    stored.getexif()[0x0112] = orientation
    expected = np.array(ImageOps.exif_transpose(stored))
    assert np.array_equal(read_image(path), expected)
    assert image_size(path) == expected.shape[1::-1]


def test_of_several_frames_the_first_is_read(tmp_path):
    frames = [Image.fromarray(np.full((9, 9, 3), value, np.uint8)) for value in (10, 200)]
    for suffix in ('.tif', '.webp', '.png', '.gif'):
        path = tmp_path / f'a{suffix}'
        frames[0].save(path, save_all=True, append_images=frames[1:])
        assert abs(read_image(path).astype(int) - 10).max() <= 2


@pytest.mark.parametrize('extra, is_alpha', [(None, False), (0, False), (1, True), (2, True)])
def test_a_fourth_band_of_a_tiff_is_alpha_where_it_says_so(tmp_path, tiff, extra, is_alpha):
    bands = RNG.integers(0, 256, (20, 30, 4), np.uint8)
    bands[..., 3] = 255
    bands[:5, :, 3] = 0
    if extra == 1:  # multiplied by its alpha
        bands[:5] = 0
    (tmp_path / 'a.tif').write_bytes(tiff(bands, extra))
    found = read_image(tmp_path / 'a.tif')
    assert np.array_equal(found[5:], bands[5:, :, :3])
    assert np.array_equal(found[:5], bands[:5, :, :3]) != is_alpha
    if is_alpha:
        assert (found[:5] == MEAN).all()


def fifo(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to('/dev/zero')


def folder(path):
    path.mkdir()


@pytest.mark.parametrize('make', [fifo, device, folder])
@pytest.mark.parametrize('read', [read_image, image_size])
def test_what_would_never_end_is_not_opened(tmp_path, make, read):
    path = tmp_path / 'a.jpg'
    make(path)
    with pytest.raises(UserError, match='a.jpg: is not a regular file') as caught:
        read(path)
    assert str(caught.value).count('a.jpg') == 1


def huge_png(path):
    """The head of a PNG of 60,000 x 60,000 pixels."""
    head = struct.pack('>4sIIBBBBB', b'IHDR', 60000, 60000, 8, 2, 0, 0, 0)
    content = b'\x89PNG\r\n\x1a\n' + struct.pack('>I', 13) + head
    path.write_bytes(content + struct.pack('>I', zlib.crc32(head)) + b'\0\0\0\0IDAT' + b'\0' * 100)


def long_ago(path):
    """A page where a photo was meant to be."""
    path.write_text('<html>404</html>')


@pytest.mark.parametrize(
    'make, message',
    [
        (huge_png, r'more than 178,956,970 pixels; cut it'),
        (long_ago, r'cannot be read \(cannot identify image file the file\); replace'),
        (lambda path: None, r'the image is missing; restore'),
    ],
)
def test_a_fault_is_one_line_with_the_file(tmp_path, make, message):
    path = tmp_path / 'a b.png'
    make(path)
    with pytest.raises(UserError, match=message) as caught:
        read_image(path)
    assert str(caught.value).startswith(f'{path}: ') and '\n' not in str(caught.value)


def test_an_address_is_read_through_mmengine(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / 'a.png')
    found = read_pixels(str(tmp_path / 'a.png'), backend_args=dict(backend='local'))
    assert np.array_equal(found, PIXELS[..., ::-1])
    with pytest.raises(UserError, match='^ftp://nowhere/a.png: the image cannot be read'):
        read_image('ftp://nowhere/a.png')


@pytest.mark.parametrize('short', [MIN_SIDE - 1, MIN_SIDE])
def test_the_smallest_and_the_thinnest(short):
    for size in ((short, 10), (10, short), (short, short * MAX_RATIO)):
        if short < MIN_SIDE:
            with pytest.raises(UserError, match=f'{size[0]} x {size[1]} pixels; each side'):
                check_sides(size)
        else:
            check_sides(size)
    with pytest.raises(UserError, match='64 times the short one'):
        check_sides((short * MAX_RATIO + 1, short))
