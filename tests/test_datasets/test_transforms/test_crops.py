"""Random sizes and crops, against the obvious way."""

import numpy as np
import pytest
from mmengine.dataset import Compose

from ppl_mm.datasets import RandomFillCrop, RandomResizeLong
from ppl_mm.registry import TRANSFORMS


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
    'value, filled', [((103.53, 116.28, 123.675), (104, 116, 124)), ((-5, 300, 2), (0, 255, 2))]
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
