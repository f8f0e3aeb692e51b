"""A threshold by masks, by maps, and by both."""

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis.thresholds.chooser import PRIOR_MASKS, choose_by_maps, choose_by_masks
from ppl_mm.cams.threshold_choice import ThresholdChoice
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.ground_truth import GroundTruth

IDS = [f'a{k:02}' for k in range(60)]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Maps that fall off in steps of 0.1, whose objects end at 0.6."""
    root = tmp_path_factory.mktemp('few')
    files = ExportFolder(root)
    ramp = np.linspace(0.05, 1, 20, dtype=np.float32)[None].repeat(4, 0)  # (4, 20)
    (root / 'masks').mkdir()
    for image_id in IDS:
        write_cam(files.cam_path(image_id), CamFile(class_ids=[0], cam=ramp[None], size=(4, 20)))
        Image.fromarray((ramp > 0.62).astype(np.uint8)).save(root / f'masks/{image_id}.png')
    return files


def choose(folder, num_masks, prior=None):
    truth = GroundTruth(folder.root / 'masks')
    return choose_by_masks(folder, truth, IDS[:num_masks], ['x'], 'few', prior)


def test_without_a_prior_the_masks_decide_alone(folder):
    assert 0.6 <= choose(folder, 1).value < 0.65
    assert 'prior' not in choose(folder, 1).origin


@pytest.mark.parametrize('prior', [0.1, 0.3, 0.9])
def test_more_masks_pull_the_threshold_away_from_the_prior(folder, prior):
    best = choose(folder, 1).value
    values = [choose(folder, n, ThresholdChoice(prior)).value for n in (1, 5, 20, 60)]
    gaps = [abs(value - best) for value in values]
    assert gaps == sorted(gaps, reverse=True) and gaps[0] > gaps[-1]
    low, high = sorted((prior, best))
    assert all(low - 0.005 <= value <= high + 0.005 for value in values)


def test_as_many_masks_as_the_prior_counts_meet_in_the_middle(folder):
    best = choose(folder, 1).value
    both = choose(folder, PRIOR_MASKS, ThresholdChoice(0.2)).value
    assert both == pytest.approx((best + 0.2) / 2, abs=0.006)


def test_the_record_says_what_each_chose(folder):
    maps = choose_by_maps(folder, IDS, ['x'], ThresholdChoice(auto=True))
    chosen = choose(folder, 5, maps)
    assert chosen.origin['prior_threshold'] == maps.value
    assert chosen.origin['best_of_masks'] == choose(folder, 5).value
    assert chosen.origin['prior'] == maps.origin
    own = np.flatnonzero(np.isclose(chosen.origin['curve']['threshold'], chosen.value))[0]
    assert chosen.origin['mIoU'] == pytest.approx(chosen.origin['curve']['mIoU'][own])


def test_masks_of_nothing_but_void_are_one_line(folder, tmp_path):
    for image_id in IDS[:2]:
        Image.fromarray(np.full((4, 20), 255, np.uint8)).save(tmp_path / f'{image_id}.png')
    with pytest.raises(UserError, match='nothing but void'):
        choose_by_masks(folder, GroundTruth(tmp_path), IDS[:2], ['x'], 'few', ThresholdChoice(0.3))
