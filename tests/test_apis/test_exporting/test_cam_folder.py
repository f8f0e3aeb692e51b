"""An export is read back with the images that training saw."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.datasets import LoadImage
from ppl_mm.errors import UserError


def first_image(cam_dir):
    return min((cam_dir.parent / 'data/JPEGImages').iterdir())


def turned(path):
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.open(path).save(path, exif=exif)


def deep(path):
    values = np.arange(48 * 48, dtype=np.uint16).reshape(48, 48)
    path.unlink()
    Image.fromarray(values).save(path.with_suffix('.png'))
    (path.parents[1] / 'image_values.json').write_text('{"white_level": 4095}')


def transparent(path):
    pixels = np.random.default_rng(0).integers(0, 256, (48, 48, 4), np.uint8)
    path.unlink()
    Image.fromarray(pixels).save(path.with_suffix('.png'))


@pytest.mark.parametrize('change', [lambda path: None, turned, deep, transparent])
def test_refinement_sees_the_pixels_of_training(cam_dir, change):
    path = first_image(cam_dir)
    change(path)
    image, cam = CamFolder(cam_dir).read(path.stem)
    (path,) = path.parent.glob(f'{path.stem}.*')
    trained = LoadImage()(dict(img_path=str(path)))['img'][..., ::-1]
    assert np.array_equal(image, trained) and image.shape[:2] == cam.size
    assert image.flags.c_contiguous


@pytest.mark.parametrize('name', ['export.json', 'cams/val_00000.npz', 'image'])
def test_a_pipe_is_not_waited_for(cam_dir, name):
    path = cam_dir / name if name != 'image' else cam_dir.parent / 'data/JPEGImages/val_00000.jpg'
    stem = Path(name).stem if 'cams' in name else 'val_00000'
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UserError, match=f'{path.name}: is not a regular file'):
        CamFolder(cam_dir).read(stem)
