import numpy as np
import pytest
import tifffile
from PIL import Image

from ppl_mm.errors import UserError
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import (
    channels_from_label,
    label_from_channels,
    mask_size,
    read_any_mask,
    read_mask,
    voc_palette,
    write_label,
)


@pytest.fixture
def label():
    return np.random.default_rng(0).integers(0, 256, (9, 13)).astype(np.uint8)


def test_what_is_written_is_read(tmp_path, label):
    path = ExportFolder(tmp_path).label_path('a')
    assert path == tmp_path / 'labels' / 'a.png'
    write_label(path, label)
    np.testing.assert_array_equal(read_mask(path), label)


def test_one_class_is_still_an_eight_bit_palette_picture(tmp_path):
    write_label(tmp_path / 'a.png', np.zeros((4, 4), np.uint8))
    data = (tmp_path / 'a.png').read_bytes()
    assert data[24:26] == bytes([8, 3])  # bit depth, colour type palette
    with Image.open(tmp_path / 'a.png') as image:
        assert image.mode == 'P'
        assert bytes(image.getpalette()) == voc_palette()


def test_the_colours_are_those_of_pascal_voc():
    colours = np.frombuffer(voc_palette(), np.uint8).reshape(256, 3).tolist()
    assert colours[:9] == [
        [0, 0, 0],
        [128, 0, 0],
        [0, 128, 0],
        [128, 128, 0],
        [0, 0, 128],
        [128, 0, 128],
        [0, 128, 128],
        [128, 128, 128],
        [64, 0, 0],
    ]
    assert colours[20] == [0, 64, 128] and colours[255] == [224, 224, 192]
    assert len({tuple(colour) for colour in colours}) == 256


def test_mmseg_reads_the_labels(tmp_path, label):
    from mmcv.transforms import LoadAnnotations

    write_label(tmp_path / 'a.png', label)
    results = LoadAnnotations(
        with_bbox=False, with_label=False, with_seg=True, imdecode_backend='pillow'
    )(dict(seg_map_path=str(tmp_path / 'a.png')))
    np.testing.assert_array_equal(results['gt_seg_map'], label)


def test_grey_masks_are_read_too(tmp_path, label):
    Image.fromarray(label).save(tmp_path / 'a.png')
    np.testing.assert_array_equal(read_mask(tmp_path / 'a.png'), label)


@pytest.mark.parametrize('mode', ['RGB', 'RGBA', 'I;16', '1'])
def test_other_pictures_are_refused(tmp_path, mode):
    Image.new(mode, (4, 4)).save(tmp_path / 'a.png')
    with pytest.raises(UserError, match='a.png: a mask must be an 8-bit'):
        read_mask(tmp_path / 'a.png')


@pytest.mark.parametrize(
    'damage',
    [
        lambda data: b'',
        lambda data: data[:-60],
        lambda data: data[:40],
        lambda data: data[:60] + bytes(20) + data[80:],
        lambda data: b'no image',
    ],
)
def test_a_damaged_mask_is_one_line(tmp_path, label, damage):
    write_label(tmp_path / 'a.png', label)
    data = (tmp_path / 'a.png').read_bytes()
    (tmp_path / 'a.png').write_bytes(damage(data))
    with pytest.raises(UserError, match='a.png: not a readable mask') as error:
        read_mask(tmp_path / 'a.png')
    assert '\n' not in str(error.value)


def test_a_missing_mask(tmp_path):
    with pytest.raises(UserError, match='none.png: no such mask'):
        read_mask(tmp_path / 'none.png')


@pytest.mark.parametrize('bad', [np.zeros((4, 4), np.int64), np.zeros((4, 4, 3), np.uint8)])
def test_only_labels_are_written(tmp_path, bad):
    with pytest.raises(ValueError, match='expect a label'):
        write_label(tmp_path / 'a.png', bad)
    assert not list(tmp_path.iterdir())


VALUES = np.array([[0, 1, 2], [3, 2, 1]], np.uint8)


@pytest.mark.parametrize('bits', [1, 2, 4])
def test_values_of_few_bits_are_those_that_were_stored(tmp_path, png, bits):
    """Pillow would stretch them: class 1 of 4 bits would be read as 17."""
    values = VALUES % 2**bits
    (tmp_path / 'x.png').write_bytes(png(values, bits=bits))
    assert np.array_equal(read_any_mask(tmp_path / 'x.png'), values)
    with pytest.raises(UserError, match='8-bit .* got mode ' + (f'L;{bits}' if bits > 1 else '1')):
        read_mask(tmp_path / 'x.png')


@pytest.mark.parametrize('ending', ['png', 'tif', 'bmp', 'gif', 'pgm'])
def test_lossless_formats_keep_their_values(tmp_path, ending):
    Image.fromarray(VALUES).save(tmp_path / f'x.{ending}')
    assert np.array_equal(read_any_mask(tmp_path / f'x.{ending}'), VALUES)


def test_sixteen_bits_and_opaque_grey(tmp_path):
    Image.fromarray(VALUES.astype(np.uint16)).save(tmp_path / 'deep.png')
    assert np.array_equal(read_any_mask(tmp_path / 'deep.png'), VALUES)
    opaque = np.stack([VALUES, np.full_like(VALUES, 255)], axis=-1)
    Image.fromarray(opaque, 'LA').save(tmp_path / 'opaque.png')
    assert np.array_equal(read_any_mask(tmp_path / 'opaque.png'), VALUES)


@pytest.mark.parametrize(
    'pixels, mode, named',
    [
        (np.zeros((2, 3, 3), np.uint8), 'RGB', 'mode is RGB'),
        (np.zeros((2, 3, 4), np.uint8), 'RGBA', 'mode is RGBA'),
        (np.zeros((2, 3, 2), np.uint8), 'LA', 'mode is LA'),
        (np.full((2, 3), 300, np.uint16), None, 'value 300'),
    ],
)
def test_what_holds_no_classes_is_told(tmp_path, pixels, mode, named):
    Image.fromarray(pixels, mode).save(tmp_path / 'x.png')
    with pytest.raises(UserError, match=f'x.png.*{named}'):
        read_any_mask(tmp_path / 'x.png')


def test_a_jpeg_is_no_mask(tmp_path):
    Image.fromarray(VALUES).save(tmp_path / 'x.png', format='JPEG')
    with pytest.raises(UserError, match='JPEG changes the values'):
        read_any_mask(tmp_path / 'x.png')


def test_channels_and_labels_are_told_apart_by_the_background():
    label = np.array([[0, 1, 2, 255]], np.uint8)
    assert channels_from_label(label, background=True).tolist() == [[0, 1, 2, 255]]
    assert channels_from_label(label, background=False).tolist() == [[255, 0, 1, 255]]
    channels = np.array([[0, 1, 255]])
    assert label_from_channels(channels, background=True).tolist() == [[0, 1, 255]]
    found = label_from_channels(channels, background=False)
    assert found.tolist() == [[1, 2, 255]] and found.dtype == np.uint8


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('ending', ['png', 'tif', 'webp'])
def test_a_mask_is_turned_as_its_exif_says(tmp_path, orientation, ending):
    path, stored = tmp_path / f'a.{ending}', np.arange(48, dtype=np.uint8).reshape(6, 8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(
        path, exif=exif, **(dict(lossless=True) if ending == 'webp' else {})
    )
    if ending == 'webp':  # a colour picture, whose head is all that is read
        assert mask_size(path) == ((8, 6) if orientation < 5 else (6, 8))
        return
    expected = {
        1: stored, 2: stored[:, ::-1], 3: stored[::-1, ::-1], 4: stored[::-1], 5: stored.T,
        6: np.rot90(stored, -1), 7: stored[::-1, ::-1].T, 8: np.rot90(stored),
    }[orientation]  # fmt: skip
    assert np.array_equal(read_any_mask(path), expected)
    assert np.array_equal(read_mask(path), expected)


def tiff(path, values, **options):
    tifffile.imwrite(path, values, **options)
    return path


def test_values_are_those_of_the_file_where_0_is_white(tmp_path):
    values = np.random.default_rng(0).integers(0, 2, (5, 9)).astype(bool)
    path = tiff(tmp_path / 'a.tif', values, photometric='miniswhite')
    assert np.array_equal(read_any_mask(path), values)


@pytest.mark.parametrize('kind', [1, 4, 5])
def test_smaller_copies_and_opacity_of_a_mask_are_passed_over(tmp_path, kind):
    values = np.arange(12, dtype=np.uint8).reshape(3, 4)
    with tifffile.TiffWriter(tmp_path / 'a.tif') as file:
        file.write(values)
        file.write(values > 5 if kind & 4 else values[::2, ::2], subfiletype=kind)
    assert np.array_equal(read_any_mask(tmp_path / 'a.tif'), values)


@pytest.mark.parametrize('most', [2, 20, 200])
def test_a_pgm_whose_values_are_stretched_is_refused(tmp_path, most):
    path = tmp_path / 'a.pgm'
    path.write_bytes(b'P5 4 3 %d ' % most + bytes(range(2)) * 6)
    for read in (read_mask, read_any_mask):
        with pytest.raises(UserError, match=f'PGM up to {most}'):
            read(path)


def test_a_second_band_is_not_left_out_silently(tmp_path):
    values = np.dstack([np.ones((3, 4), np.uint8)] * 2)
    path = tiff(tmp_path / 'a.tif', values, photometric='minisblack', planarconfig='contig')
    with pytest.raises(UserError, match='its mode is LX'):
        read_any_mask(path)
