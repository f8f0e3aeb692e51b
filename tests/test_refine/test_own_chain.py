"""configs/own/refine_own.py: each class is refined as if all had its threshold."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from ppl_mm.formats.cam_file import CamFile
from ppl_mm.refine import RefinerChain

CONFIG = Path(__file__).parents[2] / 'configs/own/refine_own.py'
SIDE = 48


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)


def slope(steepness):
    """Return the map of an object: a top, and a slope around it."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    return np.clip(1.2 - steepness * np.hypot(x, y), 0, 1).astype(np.float32)


def label(image, cams, threshold):
    """Return the label by PAMR and the background of the config."""
    steps = Config.fromfile(CONFIG).chains.pamr.refiners
    for step in steps:
        if 'Constant' in step.type:
            step.threshold = threshold
    class_ids = np.array(sorted(cams))
    file = CamFile(class_ids, np.stack([cams[k] for k in class_ids]), (SIDE, SIDE))
    return RefinerChain(steps)(image, file)


@pytest.mark.parametrize('threshold', [0.1, 0.15, 0.4])
def test_a_threshold_of_its_own_refines_as_one_for_all(image, threshold):
    cams = {1: slope(2.0)}
    ours, alone = label(image, cams, [0.9, threshold]), label(image, cams, threshold)
    np.testing.assert_array_equal(ours, alone)
    assert 0 < (ours > 0).mean() < 1


def test_another_class_does_not_change_where_one_is_cut(image):
    cams = {0: slope(8.0), 1: slope(2.0)}
    cams[0] = np.roll(cams[0], SIDE // 2, axis=1)  # far from the other
    ours, alone = label(image, cams, [0.6, 0.15]), label(image, {1: cams[1]}, 0.15)
    np.testing.assert_array_equal(ours > 0, (alone > 0) | (ours == 1))
