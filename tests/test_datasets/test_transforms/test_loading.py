"""Images and pseudo-labels are loaded, or named in one line."""

import io

import numpy as np
import pytest
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from ppl_mm.datasets import LoadImage, LoadLabel
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import write_label
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


def test_a_label_is_loaded_as_it_was_written(tmp_path):
    label = np.array([[0, 1, 20], [255, 2, 0]], np.uint8)
    write_label(tmp_path / 'a.png', label)
    out = LoadLabel()(dict(img=np.zeros((2, 3, 3)), seg_map_path=str(tmp_path / 'a.png')))
    assert np.array_equal(out['gt_seg_map'], label)


@pytest.mark.parametrize(
    'content, match',
    [
        (None, 'a.png: no such mask'),
        (b'', 'a.png: not a readable mask'),
        (b'no image', 'a.png: not a readable mask'),
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


@pytest.mark.parametrize(
    'mode, size, match', [('P', (6, 9), 'the label is of'), ('RGB', (6, 8), 'got mode RGB')]
)
def test_a_label_that_is_not_of_its_image_is_named(tmp_path, mode, size, match):
    path = tmp_path / 'a.png'
    path.write_bytes(picture(mode=mode, size=size)[1])
    with pytest.raises(UserError, match=f'a.png: .*{match}') as error:
        LoadLabel()(dict(img=np.zeros((8, 6, 3)), seg_map_path=str(path)))
    assert one_line(error.value)
