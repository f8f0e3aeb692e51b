"""Miniature maps: peaks on a floor, each with the object below it."""

import numpy as np
import pytest

from studies.thresholds.map_set import MapImage, MapSet


def make_image(width, class_id=0, floor=0.1, side=16):
    """A peak on a floor, whose object ends at half of its height."""
    y, x = np.mgrid[:side, :side] - side // 2
    peak = np.exp(-(x**2 + y**2) / (2 * width**2)).astype(np.float32)
    cam = (floor + (1 - floor) * peak)[None]
    cam = np.float32(np.float16(cam))
    mask = np.where(peak > 0.5, class_id + 1, 0).astype(np.uint8)
    picture = np.repeat(mask[..., None] * 90, 3, axis=2).astype(np.uint8)
    return MapImage(np.array([class_id], np.int16), cam, mask, picture, refined=cam)


def make_negative(side=16, **fields):
    return MapImage(
        np.zeros(0, np.int16),
        np.zeros((0, side, side), np.float32),
        np.zeros((side, side), np.uint8),
        **fields,
    )


@pytest.fixture
def maps():
    images = [make_image(w, k % 2) for k, w in enumerate((2, 3, 4, 3, 2, 4))]
    return MapSet('some.network', 2, [*images, make_negative()])


@pytest.fixture
def image():
    return make_image


@pytest.fixture
def negative():
    return make_negative
