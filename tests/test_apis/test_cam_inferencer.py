import io
import os
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from mmpretrain.structures import DataSample
from numpy.testing import assert_allclose
from PIL import Image

from ppl_mm.apis import CAMInferencer
from ppl_mm.apis.export import CAMExport
from ppl_mm.apis.threshold_choice import ThresholdChoice
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.export_record import read_record
from ppl_mm.formats.mask_file import read_mask

CLASSES = ['wug', 'dax', 'toma', 'fep']


@pytest.fixture(scope='session')
def checkpoint(tiny_config, tmp_path_factory):
    """A classifier after an epoch."""
    cfg = Config.fromfile(tiny_config)
    cfg.work_dir = str(tmp_path_factory.mktemp('work'))
    Runner.from_cfg(cfg).train()
    return cfg.work_dir


@pytest.fixture
def infer(tiny_config, checkpoint):
    return CAMInferencer(str(tiny_config), checkpoint, device='cpu')


@pytest.fixture
def photos(demo_root):
    return sorted(str(path) for path in (demo_root / 'JPEGImages').glob('val_*'))


def test_it_finds_what_an_export_writes(infer, photos, tiny_config, checkpoint, tmp_path):
    cfg = Config.fromfile(tiny_config)
    cfg.tta_model.classes = 'predicted'
    export = CAMExport(cfg, f'{checkpoint}/epoch_1.pth', tmp_path / 'out')
    export.run('val')
    predictions = infer(photos)['predictions']
    assert len(predictions) == 4
    for name, found in zip(photos, predictions, strict=True):
        stem = name.rsplit('/')[-1].split('.')[0]
        cam = read_cam(tmp_path / f'out/cams/{stem}.npz')
        assert found['classes'] == [infer.class_names[k] for k in cam.class_ids]
        assert_allclose(found['cam'], cam.cam, atol=1e-3)  # float16 there
        assert found['label'].shape == found['size'] == (48, 48)


def dimmed_export(tiny_config, checkpoint, out):
    """An export whose weak maps were dimmed."""
    cfg = Config.fromfile(tiny_config)
    cfg.tta_model.update(classes='predicted', full_scale=[1e-3, 10.0, 1e3, 0.1])
    CAMExport(cfg, f'{checkpoint}/epoch_1.pth', out).run('val', ThresholdChoice(0.02))
    return out / 'export.json'


def test_it_follows_an_export(photos, tiny_config, checkpoint, tmp_path):
    record = dimmed_export(tiny_config, checkpoint, tmp_path / 'out')
    config = Config.fromfile(tiny_config)
    follower = CAMInferencer(config, checkpoint, device='cpu', export=record)
    assert follower.usual_threshold == 0.02
    assert 'full_scale' not in config.tta_model
    for name, found in zip(photos, follower(photos)['predictions'], strict=True):
        label = read_mask(tmp_path / 'out/labels' / f'{Path(name).stem}.png')
        assert np.array_equal(found['label'], label)
    dim = [found['cam'].max() for found in follower(photos, classes=['toma'])['predictions']]
    assert max(dim) < 0.1


def test_an_export_that_cannot_be_followed(tiny_config, checkpoint, tmp_path):
    path = dimmed_export(tiny_config, checkpoint, tmp_path / 'out')
    record = read_record(path)
    replace(record, checkpoint_sha256='other').write(path)
    with pytest.raises(UserError, match='dims the maps of .*; export again, or give a number'):
        CAMInferencer(str(tiny_config), checkpoint, export=path)
    replace(record, threshold=None).write(path)
    with pytest.raises(UserError, match='not finished'):
        CAMInferencer(str(tiny_config), checkpoint, export=path)


def test_classes_that_are_given_are_found(infer, photos):
    (found,) = infer(photos[0], classes=['fep', 'wug'])['predictions']
    assert sorted(found['classes']) == ['fep', 'wug']
    assert set(np.unique(found['label'])) <= {
        0,
        *(infer.class_names.index(name) + 1 for name in ('fep', 'wug')),
    }
    # And are forgotten for the next photo.
    scores = infer(photos[0])['predictions'][0]
    assert (
        scores['classes'] == [name for name, score in scores['scores'].items() if score >= 0.5]
        or len(scores['classes']) == 1
    )


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
        ('', 'the image is missing|cannot be read'),
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
    assert infer([])['predictions'] == []


def test_a_pipe_is_not_waited_for(infer, tmp_path):
    os.mkfifo(tmp_path / 'a.jpg')
    with pytest.raises(UserError, match='a.jpg: is not a regular file'):
        infer(tmp_path / 'a.jpg')


def test_the_threshold_cuts(infer, photos):
    def label(threshold):
        return infer(photos[0], threshold=threshold)['predictions'][0]['label']

    assert (label(0.1) > 0).sum() > (label(0.9) > 0).sum()
    assert not label(1.0).any()
    # IRN's, where nothing is said.
    assert np.array_equal(label(None), label(0.15))


@pytest.mark.parametrize('softmax, share', [(False, 0.85), (True, 0.5)])
def test_probabilities_are_cut_in_the_middle(tiny_config, checkpoint, softmax, share):
    cfg = Config.fromfile(tiny_config)
    cfg.tta_model.softmax = softmax
    infer = CAMInferencer(cfg, checkpoint, device='cpu')
    sample = DataSample(metainfo=dict(ori_shape=(1, 100)))
    sample.set_pred_score(torch.zeros(4))
    sample.class_ids = torch.tensor([2])
    sample.set_field(torch.arange(100.0)[None, None] / 100, 'cam')
    (found,) = infer.postprocess([sample], None)['predictions']
    assert np.mean(found['label'] == 3) == pytest.approx(share, abs=0.011)


def test_labels_are_drawn_over_the_photo(infer, photos):
    nothing = infer(photos[:2], draw=True, threshold=1.0)['visualization']
    drawn = infer(photos[:2], draw=True, threshold=0.0)['visualization']
    assert [one.shape for one in drawn] == [(48, 48, 3)] * 2
    assert not np.array_equal(nothing[0], drawn[0])
    assert infer(photos[0])['visualization'] is None


def test_samples_on_demand(infer, photos):
    (sample,) = infer(photos[0], return_datasamples=True)['predictions']
    assert isinstance(sample.cam, torch.Tensor)


def test_what_cannot_be_done_is_said(infer, photos, tiny_config, checkpoint, tmp_path):
    with pytest.raises(UserError, match="class 'cat' is unknown; known are"):
        infer(photos[0], classes=['cat'])
    (tmp_path / 'photo.jpg').write_bytes(b'no photo')
    with pytest.raises(UserError, match='photo.jpg'):
        infer(str(tmp_path / 'photo.jpg'))
    with pytest.raises(UserError, match='none.py: no such config'):
        CAMInferencer('none.py', checkpoint)
    with pytest.raises(UserError, match='no checkpoint is there'):
        CAMInferencer(str(tiny_config), tmp_path / 'none')
    cfg = Config.fromfile(tiny_config)
    cfg.tta_model = None
    with pytest.raises(UserError, match='no tta_model'):
        CAMInferencer(cfg, checkpoint)
    cfg = Config.fromfile(tiny_config)
    cfg.model.head.num_classes = 7
    with pytest.raises(UserError, match='head'):
        CAMInferencer(cfg, checkpoint)
