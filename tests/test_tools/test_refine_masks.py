"""Masks of a person that become labels as they are."""

import numpy as np
import pytest

from ppl_mm.formats.mask_file import read_mask, write_label

CONFIG = "refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.5)]\n"


@pytest.fixture
def refine(tool, cam_dir, tmp_path):
    config = tmp_path / 'refine.py'
    config.write_text(CONFIG)

    def run(*args, out='out'):
        return tool('refine', config, cam_dir, '--out-dir', tmp_path / out, '--workers', 0, *args)

    return run


@pytest.fixture
def mask(tmp_path):
    drawn = np.full((48, 48), 255, np.uint8)
    drawn[:9] = 2
    write_label(tmp_path / 'drawn/train_00001.png', drawn)
    return drawn


def labels(folder):
    return {path.name: read_mask(path) for path in sorted((folder / 'labels').iterdir())}


def test_they_are_the_labels_of_their_images(refine, mask, tmp_path):
    assert refine('--masks', tmp_path / 'drawn').code == 0
    assert refine(out='plain').code == 0
    found, plain = labels(tmp_path / 'out'), labels(tmp_path / 'plain')
    assert (found.pop('train_00001.png') == mask).all()
    assert len(found) == 11 and all((found[name] == plain[name]).all() for name in found)


def test_a_second_run_continues_and_other_masks_are_refused(refine, mask, tmp_path):
    assert refine('--masks', tmp_path / 'drawn').code == 0
    again = refine('--masks', tmp_path / 'drawn')
    assert again.code == 0 and '12 were there' in again.output
    write_label(tmp_path / 'drawn/train_00001.png', np.zeros_like(mask))
    refused = refine('--masks', tmp_path / 'drawn')
    assert refused.code == 2 and 'other settings' in refused.output


def test_wrong_masks_are_one_line(refine, mask, tmp_path):
    missing = refine('--masks', tmp_path / 'nowhere')
    assert missing.code == 2 and 'nowhere: no such folder' in missing.output
    write_label(tmp_path / 'drawn/train_00001.png', np.full((48, 48), 9, np.uint8))
    wrong = refine('--masks', tmp_path / 'drawn')
    assert wrong.code == 2 and 'has the label 9' in wrong.output
    write_label(tmp_path / 'drawn/train_00001.png', np.zeros((48, 40), np.uint8))
    small = refine('--masks', tmp_path / 'drawn')
    assert small.code == 2 and '(48, 40) pixels, its image of (48, 48)' in small.output


def test_masks_of_other_images_are_told(refine, mask, tmp_path):
    (tmp_path / 'drawn/train_00001.png').rename(tmp_path / 'drawn/train_00001_mask.png')
    done = refine('--masks', tmp_path / 'drawn')
    assert done.code == 0
    assert 'warning: --masks: no mask of 1 is of these images (first: ' in done.output
