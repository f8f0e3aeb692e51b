import io

import mmcv
import numpy as np
import pytest
from mmengine.dataset import Compose
from PIL import Image, ImageOps
from torch.utils.data import DataLoader, Dataset

from ppl_mm.datasets import LoadImage, LoadLabel, RandomFillCrop, RandomResizeLong
from ppl_mm.errors import UserError
from ppl_mm.formats.image_file import decode_image
from ppl_mm.formats.mask_file import write_label
from ppl_mm.registry import TRANSFORMS
from ppl_mm.utils.cli import one_line


def picture(suffix='PNG', size=(6, 8), mode='RGB'):
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, suffix)
    return pixels, file.getvalue()


def test_an_image_is_loaded_as_bgr(tmp_path):
    pixels, data = picture()
    (tmp_path / 'a.png').write_bytes(data)
    results = LoadImage()(dict(img_path=str(tmp_path / 'a.png')))
    assert np.array_equal(results['img'], pixels[..., ::-1])
    assert results['img'].dtype == np.uint8
    assert results['img_shape'] == results['ori_shape'] == (8, 6)


@pytest.mark.parametrize('mode', ['L', 'P', 'RGBA', '1'])
def test_other_modes_become_three_channels(tmp_path, mode):
    (tmp_path / 'a.png').write_bytes(picture(mode=mode)[1])
    results = LoadImage(to_float32=True)(dict(img_path=tmp_path / 'a.png'))
    assert results['img'].shape == (8, 6, 3)
    assert results['img'].dtype == np.float32


def broken_files():
    jpeg, png = picture('JPEG', (64, 64))[1], picture('PNG', (64, 64))[1]
    flipped = bytearray(png)
    flipped[12] ^= 255
    return dict(
        empty=b'',
        text=b'no image',
        jpeg=jpeg[: len(jpeg) // 2],
        png=png[: len(png) // 2],
        header=jpeg[:30],
        flipped=bytes(flipped),
    )


@pytest.mark.parametrize('name', broken_files())
def test_an_unreadable_file_is_named_in_one_line(tmp_path, name):
    path = tmp_path / f'{name}.jpg'
    path.write_bytes(broken_files()[name])
    with pytest.raises(UserError, match='the image cannot be read') as caught:
        LoadImage()(dict(img_path=str(path)))
    assert str(caught.value).startswith(f'{path}: ')
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match='gone.jpg: the image is missing'):
        LoadImage()(dict(img_path=str(tmp_path / 'gone.jpg')))
    assert LoadImage(ignore_empty=True)(dict(img_path='gone.jpg')) is None


class Images(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        return LoadImage()(dict(img_path='gone.jpg'))


def test_the_line_comes_out_of_a_worker():
    with pytest.raises(UserError) as caught:
        list(DataLoader(Images(), num_workers=1))
    assert one_line(caught.value).startswith('gone.jpg: the image is missing')


@pytest.mark.parametrize('shape', [(40, 60), (60, 40), (50, 50), (1, 90)])
def test_the_long_side_is_in_range_and_the_aspect_kept(shape):
    resize = RandomResizeLong(20, 30)
    seen = set()
    for _ in range(80):
        image = np.zeros((*shape, 3), np.uint8)
        results = resize(dict(img=image))
        height, width = results['img'].shape[:2]
        assert results['img_shape'] == (height, width)
        seen.add(max(height, width))
        wanted = max(1, min(shape) * max(height, width) / max(shape))
        assert abs(min(height, width) - wanted) <= 0.5
    assert seen == set(range(20, 31))


def test_wrong_sizes_are_refused():
    with pytest.raises(ValueError, match='min_size <= max_size'):
        RandomResizeLong(30, 20)
    with pytest.raises(ValueError, match=r'\(height, width\) > 0'):
        RandomFillCrop(0)


@pytest.mark.parametrize('shape', [(5, 7), (12, 12), (5, 20), (20, 5), (9, 11)])
@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
def test_a_crop_is_a_window_of_the_padded_image(shape, dtype):
    """Reference: look for the crop in the image with padding all around."""
    height, width = 9, 11
    rng = np.random.default_rng(0)
    image = rng.uniform(1, 255, (*shape, 3)).astype(dtype)
    value = (0, 10, 20)
    around = np.empty((shape[0] + 40, shape[1] + 40, 3), dtype)
    around[:] = value
    around[20:-20, 20:-20] = image
    crop = RandomFillCrop((height, width), value)
    places = set()
    np.random.seed(0)
    for _ in range(1000):
        results = crop(dict(img=image.copy()))
        assert results['img'].shape == (height, width, 3)
        assert results['img'].dtype == dtype
        assert results['img_shape'] == (height, width)
        places |= {
            (top, left)
            for top in range(20 + min(0, shape[0] - height), 21 + max(0, shape[0] - height))
            for left in range(20 + min(0, shape[1] - width), 21 + max(0, shape[1] - width))
            if np.array_equal(around[top : top + height, left : left + width], results['img'])
        }
    assert len(places) == (abs(shape[0] - height) + 1) * (abs(shape[1] - width) + 1)


@pytest.mark.parametrize(
    ('value', 'filled'), [((103.53, 116.28, 123.675), (104, 116, 124)), ((-5, 300, 2), (0, 255, 2))]
)
def test_padding_is_rounded_and_never_wraps(value, filled):
    image = np.zeros((0, 0, 3), np.uint8)
    crop = RandomFillCrop(2, value)(dict(img=image))['img']
    assert (crop == filled).all() and crop.dtype == np.uint8
    floats = RandomFillCrop(2, value)(dict(img=image.astype(np.float32)))
    assert np.allclose(floats['img'], value)


def test_the_same_seed_gives_the_same_crops():
    pipeline = Compose(
        [
            TRANSFORMS.build(dict(type='ppl_mm.RandomResizeLong', min_size=20, max_size=40)),
            TRANSFORMS.build(dict(type='ppl_mm.RandomFillCrop', crop_size=30)),
        ]
    )
    image = np.random.default_rng(0).integers(0, 256, (25, 35, 3), np.uint8)

    def crops():
        np.random.seed(5)
        return [pipeline(dict(img=image))['img'] for _ in range(5)]

    first, second = crops(), crops()
    assert all(map(np.array_equal, first, second))
    assert not np.array_equal(first[0], first[1])
    assert 'min_size=20' in repr(pipeline)


def as_pillow(data):
    """Upright BGR by Pillow alone."""
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image).convert('RGB')
    return np.array(upright)[..., ::-1]


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


def test_colours_for_print_are_those_of_mmcv():
    data = JPEGS['print_colours']
    expected = mmcv.imfrombytes(data, backend='pillow')
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


def test_a_bomb_is_left_to_pillow(monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 50 * 37 // 3)
    with pytest.raises(Image.DecompressionBombError):
        decode_image(JPEGS['plain'])


@pytest.mark.parametrize('flip', [0.0, 1.0])
def test_a_packed_crop_is_not_copied_again(flip):
    image = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
    steps = Compose(
        [dict(type='mmcv.RandomFlip', prob=flip, direction='horizontal'), RandomFillCrop((8, 16))]
    )
    crop = steps(dict(img=image))['img']
    assert crop.transpose(2, 0, 1).flags.c_contiguous


@pytest.mark.parametrize('size', [24, 64])
def test_a_label_goes_where_its_image_goes(size):
    """Colours tell the labels, before and after."""
    label = np.random.default_rng(0).integers(0, 3, (6, 8), np.uint8)
    label = label.repeat(4, 0).repeat(4, 1)  # no pixel between two colours
    steps = Compose(
        [
            RandomResizeLong(32, 32),
            TRANSFORMS.build(dict(type='RandomFlip', prob=0.5)),
            RandomFillCrop(size, (250,) * 3),
        ]
    )
    seen = set()
    for seed in range(8):
        np.random.seed(seed)
        image = np.repeat(label[..., None] * 50, 3, axis=2)
        out = steps(dict(img=image, gt_seg_map=label.copy()))
        found = out['gt_seg_map']
        assert found.shape == (size, size) and found.dtype == np.uint8
        assert np.array_equal(out['img'][..., 0], np.where(found == 255, 250, found * 50))
        seen.add(found.tobytes())
    assert len(seen) > 4


def test_a_resized_label_has_no_new_values():
    label = np.array([[0, 255], [7, 1]], np.uint8).repeat(9, 0).repeat(7, 1)
    np.random.seed(0)
    out = RandomResizeLong(40, 40)(dict(img=np.zeros((18, 14, 3), np.uint8), gt_seg_map=label))
    assert out['gt_seg_map'].shape == out['img'].shape[:2] == (40, 31)
    assert set(np.unique(out['gt_seg_map'])) == {0, 1, 7, 255}


def test_a_label_is_loaded_as_it_was_written(tmp_path):
    label = np.array([[0, 1, 20], [255, 2, 0]], np.uint8)
    write_label(tmp_path / 'a.png', label)
    out = LoadLabel()(dict(img=np.zeros((2, 3, 3)), seg_map_path=str(tmp_path / 'a.png')))
    assert np.array_equal(out['gt_seg_map'], label)


@pytest.mark.parametrize(
    'content, match',
    [
        (None, 'a.png.*cannot be read'),
        (b'', 'a.png.*cannot be read'),
        (b'no image', 'a.png.*cannot be read'),
    ],
)
def test_a_bad_label_is_named(tmp_path, content, match):
    path = tmp_path / 'a.png'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=match) as error:
        LoadLabel()(dict(img_path='a.jpg', seg_map_path=str(path)))
    assert one_line(error.value)


def test_an_image_without_a_label_is_named():
    with pytest.raises(UserError, match='a.jpg.*label_dir'):
        LoadLabel()(dict(img_path='a.jpg', seg_map_path=None))


@pytest.mark.parametrize('mode, size', [('P', (6, 9)), ('RGB', (6, 8))])
def test_a_label_that_is_not_of_its_image_is_named(tmp_path, mode, size):
    path = tmp_path / 'a.png'
    path.write_bytes(picture(mode=mode, size=size)[1])
    with pytest.raises(UserError, match='a.png: the label is of') as error:
        LoadLabel()(dict(img=np.zeros((8, 6, 3)), seg_map_path=str(path)))
    assert one_line(error.value)
