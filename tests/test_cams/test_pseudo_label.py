import numpy as np
import pytest
import torch

from ppl_mm.cams import label_from_cam, upsample_cam
from ppl_mm.formats.cam_file import CamFile


def bilinear(image, size):
    """Bilinear interpolation, written from its definition."""
    (h, w), (out_h, out_w) = image.shape, size
    out = np.zeros(size)
    for y in range(out_h):
        for x in range(out_w):
            v = max((y + 0.5) * h / out_h - 0.5, 0)
            u = max((x + 0.5) * w / out_w - 0.5, 0)
            y0, x0 = int(v), int(u)
            y1, x1 = min(y0 + 1, h - 1), min(x0 + 1, w - 1)
            top = image[y0, x0] * (1 - u + x0) + image[y0, x1] * (u - x0)
            low = image[y1, x0] * (1 - u + x0) + image[y1, x1] * (u - x0)
            out[y, x] = top * (1 - v + y0) + low * (v - y0)
    return out


@pytest.mark.parametrize(
    'h, w, size', [(4, 5, (16, 20)), (4, 5, (13, 9)), (1, 1, (3, 4)), (8, 6, (3, 4))]
)
def test_upsampling_is_bilinear(h, w, size):
    cam = np.random.default_rng(0).random((2, h, w)).astype(np.float16)
    got = upsample_cam(cam, size)
    assert got.dtype == torch.float32 and got.shape == (2, *size)
    for one, map_ in zip(got, cam, strict=True):
        np.testing.assert_allclose(one, bilinear(map_.astype(float), size), atol=1e-6)


def test_maps_of_the_right_size_are_left_alone():
    cam = torch.rand(2, 5, 6).half()
    assert upsample_cam(cam, (5, 6)).equal(cam.float())


def test_no_maps():
    assert upsample_cam(np.zeros((0, 3, 3)), (6, 6)).shape == (0, 6, 6)


def slow_label(cam_file, threshold):
    maps = upsample_cam(cam_file.cam, cam_file.size).numpy()
    label = np.zeros(cam_file.size, np.uint8)
    for y, x in np.ndindex(*cam_file.size):
        best = np.float32(threshold)
        for class_id, map_ in zip(cam_file.class_ids, maps, strict=True):
            if map_[y, x] > best:
                best, label[y, x] = map_[y, x], class_id + 1
    return label


@pytest.mark.parametrize('n', [0, 1, 3])
@pytest.mark.parametrize('threshold', [0.0, 0.1, 0.5, 0.999, 1.0])
def test_each_pixel_is_the_strongest_class_above_the_threshold(n, threshold):
    rng = np.random.default_rng(n)
    # Few different values, so that equal scores are common.
    cam = rng.integers(0, 5, (n, 6, 5)) / 4
    cam_file = CamFile(rng.permutation(20)[:n], cam, (12, 10))
    label = label_from_cam(cam_file, threshold)
    assert label.dtype == np.uint8
    np.testing.assert_array_equal(label, slow_label(cam_file, threshold))


def test_the_largest_class_id_fits():
    cam_file = CamFile([253], np.ones((1, 2, 2)), (2, 2))
    assert (label_from_cam(cam_file, 0.5) == 254).all()


def test_a_score_equal_to_the_threshold_is_background():
    value = np.float16(0.3)
    cam_file = CamFile([0], np.full((1, 2, 2), value), (2, 2))
    assert label_from_cam(cam_file, float(value)).max() == 0
    below = np.nextafter(np.float32(value), np.float32(0))
    assert label_from_cam(cam_file, float(below)).min() == 1


def test_the_power_form_of_the_background_is_a_threshold():
    cam = np.random.default_rng(0).random((2, 8, 8))
    cam_file = CamFile([0, 1], cam, (8, 8))
    alpha, t = 4.0, 0.3
    for _ in range(200):  # fixed point of t = (1 - t) ** alpha
        t = (t + (1 - t) ** alpha) / 2
    score = cam_file.cam.astype(float).max(0)
    expected = np.where(score > (1 - score) ** alpha, cam_file.cam.argmax(0) + 1, 0)
    np.testing.assert_array_equal(label_from_cam(cam_file, t), expected)


def test_without_a_background_each_pixel_has_its_strongest_class():
    maps = np.array([[[0.0, 0.2, 0.1]], [[0.0, 0.1, 0.7]]], np.float32)
    several = CamFile([4, 0], maps, (1, 3))
    assert label_from_cam(several, 0.9, background=False).tolist() == [[255, 5, 1]]
    only = CamFile([4], maps[:1], (1, 3))
    assert label_from_cam(only, 0.9, background=False).tolist() == [[5, 5, 5]]
    none = CamFile([], np.zeros((0, 1, 3), np.float32), (1, 3))
    assert label_from_cam(none, 0.9, background=False).tolist() == [[255, 255, 255]]
