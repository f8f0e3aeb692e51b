"""What inferencers take for a photo."""

import io
import os
import shutil

import cv2
import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from numpy.testing import assert_allclose
from PIL import Image

from ppl_mm.apis import CAMInferencer
from ppl_mm.errors import UserError


def test_an_array_is_a_photo(infer, photos):
    pixels = np.asarray(Image.open(photos[0]).convert('RGB'))[..., ::-1]
    array, path = infer([pixels, photos[0]])['predictions']
    assert_allclose(array['cam'], path['cam'], atol=1e-5)


def bytes_of(image, kind='PNG'):
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def test_every_kind_of_input_is_the_same_photo(infer, photos):
    """Grey, so that one set of pixels can be written in each form."""
    grey = np.asarray(Image.open(photos[0]).convert('L'))
    bgr = np.repeat(grey[..., None], 3, axis=2)
    bgra = np.dstack([bgr, np.full_like(grey, 255)])
    inputs = dict(
        grey=grey,
        band=grey[..., None],
        bgr=bgr,
        bgra=bgra,
        backwards=np.ascontiguousarray(bgr[:, ::-1])[:, ::-1],
        uint16=bgr.astype(np.uint16) * 257,
        bgra16=bgra.astype(np.uint16) * 257,
        float=bgr / 255,
        float32=(grey / 255).astype(np.float32),
        pil=Image.fromarray(grey),
        rgba=Image.fromarray(bgra),
        deep=Image.fromarray(grey.astype(np.uint16) * 257),
        png=bytes_of(Image.fromarray(grey)),
        array=bytearray(bytes_of(Image.fromarray(bgr), 'BMP')),
    )
    found = infer(list(inputs.values()))['predictions']
    for name, one in zip(inputs, found, strict=True):
        assert_allclose(one['cam'], found[2]['cam'], atol=1e-5, err_msg=name)


def test_colours_are_bgr_in_arrays_and_rgb_in_pictures(infer, photos):
    rgb = np.asarray(Image.open(photos[0]).convert('RGB'))
    found = infer([photos[0], rgb[..., ::-1], Image.fromarray(rgb)], draw=True)
    for one in found['predictions']:
        assert_allclose(one['cam'], found['predictions'][0]['cam'], atol=1e-5)
    for drawn in found['visualization']:
        assert np.array_equal(drawn, found['visualization'][0])


def test_a_picture_is_turned_and_its_transparent_parts_are_filled(infer, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 56, 4), np.uint8)
    pixels[:9, :, 3] = 0
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / 'a.png', exif=exif)
    inputs = [
        str(tmp_path / 'a.png'),
        tmp_path / 'a.png',
        (tmp_path / 'a.png').read_bytes(),
        Image.open(tmp_path / 'a.png'),
        np.rot90(pixels[..., [2, 1, 0, 3]], -1),
    ]
    found = infer(inputs)['predictions']
    for one in found:
        assert one['size'] == (56, 40)
        assert_allclose(one['cam'], found[0]['cam'], atol=1e-5)


@pytest.mark.parametrize('shape', [(40, 40), (40, 40, 3)])
def test_16_bits_are_scaled_as_the_data_set_was(infer, tmp_path, shape):
    """By the white in the checkpoint, wherever the photo lies."""
    values = np.random.default_rng(0).integers(0, 4096, shape).astype(np.uint16)
    cv2.imwrite(str(tmp_path / 'a.png'), values)
    infer.white_level = 4095
    content = (tmp_path / 'a.png').read_bytes()
    eight = np.rint(values * (255 / 4095)).astype(np.uint8)
    found = infer([values, tmp_path / 'a.png', content, eight])['predictions']
    for one in found:
        assert_allclose(one['cam'], found[-1]['cam'], atol=1e-5)


def test_the_white_of_the_data_set_comes_with_the_checkpoint(tiny_cfg, demo_root, tmp_path):
    root = shutil.copytree(demo_root, tmp_path / 'data')
    (root / 'image_values.json').write_text('{"white_level": 1023}')
    cfg = tiny_cfg(**{'train_dataloader.dataset.data_root': str(root)})
    Runner.from_cfg(cfg).train()
    assert CAMInferencer(cfg, cfg.work_dir, device='cpu').white_level == 1023


PIXELS = np.zeros((20, 20, 3), np.uint8)


@pytest.mark.parametrize(
    'item, message',
    [
        (None, 'input 1: is of type NoneType; give a path, bytes'),
        (7, 'input 1: is of type int; give a path'),
        (torch.zeros(3, 20, 20), 'input 1: is of type Tensor; give a path'),
        (np.zeros((3, 20, 20), np.uint8), r'input 1: .*\(3, 20, 20\).* array.transpose\(1, 2, 0'),
        (np.zeros((1, 20, 20), np.uint8), r'array.transpose\(1, 2, 0\)'),
        (np.zeros((20, 20, 5), np.uint8), r'input 1: .*shape \(20, 20, 5\); give a path'),
        (np.zeros((2, 20, 20, 3), np.uint8), r'shape \(2, 20, 20, 3\)'),
        (np.zeros((0, 20, 3), np.uint8), r'shape \(0, 20, 3\)'),
        (np.zeros((), np.uint8), r'shape \(\)'),
        (PIXELS.astype(np.int64), 'input 1: is an array of int64; give uint8, uint16'),
        (PIXELS.astype(bool), 'array of bool'),
        (PIXELS.astype(object), 'array of object'),
        (PIXELS.astype(complex), 'array of complex128'),
        (PIXELS + 255.0, 'floats from 255 to 255; they must lie in 0 to 1'),
        (PIXELS - 0.5, 'floats from -0.5 to -0.5'),
        (PIXELS * np.nan, 'floats from nan to nan'),
        (PIXELS[:2], 'input 1: 20 x 2 pixels; each side must have at least 4'),
        (b'', 'input 1: the image cannot be read'),
        (b'no photo', 'input 1: the image cannot be read'),
        (Image.new('F', (20, 20)), 'input 1: its pixels are floating point numbers'),
        (Image.new('RGB', (2000, 3)), 'input 1: 2000 x 3 pixels'),
        ('none.jpg', 'none.jpg: the image is missing'),
        ('', 'input 1: is an empty path; give a path, bytes'),
        ({}, 'input 1: is of type dict; give a path, bytes'),
        (dict(img=PIXELS), 'input 1: is of type dict; give a path'),
        ([], 'input 1: is of type list; give a path'),
        (set(), 'input 1: is of type set; give a path'),
    ],
)
def test_what_is_no_photo_is_one_line(infer, item, message):
    with pytest.raises(UserError, match=message) as caught:
        infer([PIXELS, item])
    assert '\n' not in str(caught.value)


def test_a_folder_is_its_photos(infer, photos, tmp_path, caplog):
    for name in ('b.jpg', 'a.JPG'):
        shutil.copy(photos[0], tmp_path / name)
    (tmp_path / 'Thumbs.db').write_bytes(b'x')
    (tmp_path / 'notes\n.txt').touch()
    (tmp_path / 'more.jpg').mkdir()
    os.mkfifo(tmp_path / 'pipe.png')
    MMLogger.get_current_instance().addHandler(caplog.handler)
    assert len(infer(str(tmp_path))['predictions']) == 2
    assert len(infer(tmp_path)['predictions']) == 2
    MMLogger.get_current_instance().removeHandler(caplog.handler)
    assert r'4 of 6 entries are not photos: Thumbs.db, more.jpg, notes\n.txt, ..' in caplog.text
    with pytest.raises(UserError, match='more.jpg: holds no photo'):
        infer(tmp_path / 'more.jpg')


@pytest.mark.parametrize('items', [[], ()])
def test_no_photo_at_all_is_one_line(infer, items):
    with pytest.raises(UserError, match='no photos are given; give a path, bytes, a PIL image'):
        infer(items)


@pytest.mark.parametrize('item', [None, {}, '', dict(img=PIXELS), iter(())])
def test_what_is_no_photo_alone_is_one_line(infer, item):
    with pytest.raises(UserError, match='input 0: is .*; give a path, bytes, a PIL image'):
        infer(item)


def test_a_batch_has_a_photo(infer):
    with pytest.raises(UserError, match='batch_size 0: give 1 or more'):
        infer(PIXELS, batch_size=0)


def test_a_pipe_is_not_waited_for(infer, tmp_path):
    os.mkfifo(tmp_path / 'a.jpg')
    with pytest.raises(UserError, match='a.jpg: is not a regular file'):
        infer(tmp_path / 'a.jpg')


@pytest.mark.parametrize('scale', [0.02, 0.001])
def test_views_that_are_too_small_are_one_line(tiny_cfg, checkpoint, photos, scale):
    cfg = tiny_cfg()
    cfg.tta_pipeline[1].transforms[0][0].scale_factor = scale
    infer = CAMInferencer(cfg, checkpoint, device='cpu')
    with pytest.raises(UserError, match='not even 2 pixels wide after a resize: raise') as caught:
        infer(photos[0])
    assert str(caught.value).startswith(photos[0])
