"""tools/export_cam.py --refine: the threshold of the refined labels."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from ppl_mm.apis.exporting.origin import describe_export
from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.evaluation.confusion import class_scores, confusion_matrix
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import read_mask

REFINE = Path(__file__).parents[2] / 'configs/own/refine_own.py'
SPLIT = ['--split', 'train', '--threshold-split', 'val']


def flooding_maps(demo_root, sample, rng):
    """The map of each class: noise of 0.2 to 0.5, and 0.6 to 0.9 on its objects."""
    mask = read_mask(demo_root / f'SegmentationClass/{sample["image_id"]}.png')
    noise = rng.random((len(sample['gt_label']), *mask.shape))
    shown = mask == np.array(sample['gt_label'])[:, None, None] + 1
    return CamFile(sample['gt_label'], np.where(shown, 0.6, 0.2) + 0.3 * noise, mask.shape)


@pytest.fixture
def flooded(demo_root, tiny_config, trained, tmp_path):
    """An export whose maps exist, and flood at the default threshold of 0.15."""
    folder, rng = ExportFolder(tmp_path / 'out'), np.random.default_rng(0)
    for split in ('train', 'val'):
        data = ImageLabelDataset(data_root=str(demo_root), split=split)
        for sample in map(data.get_data_info, range(len(data))):
            write_cam(folder.cam_path(sample['image_id']), flooding_maps(demo_root, sample, rng))
    folder.write(describe_export(Config.fromfile(tiny_config), str(trained), data))
    return folder


@pytest.fixture
def export(tool, tiny_config, trained, flooded):
    """Exports and refines, with nothing left to compute; returns the refined folder."""

    def run(*args, refine=REFINE):
        out = ['--out-dir', flooded.root, '--refine', refine]
        done = tool('export_cam', tiny_config, trained, *out, *args)
        assert done.code == 0, done.output
        return flooded.refined

    return run


def record_of(folder):
    return json.loads(folder.record_path.read_text())


def miou(folder, demo_root):
    """Mean IoU of the labels."""
    pairs = (
        (read_mask(folder.label_path(name)), read_mask(demo_root / f'SegmentationClass/{name}.png'))
        for name in folder.label_ids()
    )
    return np.nanmean(class_scores(sum(confusion_matrix(*pair, 5) for pair in pairs))['iou'])


def test_masks_that_choose_the_threshold_raise_the_refined_labels(export, demo_root, tmp_path):
    chosen = miou(export(*SPLIT), demo_root)
    (tmp_path / 'out/refined').rename(tmp_path / 'chosen')
    at_default = miou(export('--split', 'train'), demo_root)
    assert at_default < 0.3 and chosen > at_default + 0.4


def test_the_record_names_the_threshold_and_its_origin(export, flooded):
    record = record_of(export(*SPLIT))
    assert record['threshold'] == record_of(flooded)['threshold'] > 0.4
    assert record['threshold_from'] == 'the export (masks of val)'
    assert record['refiners'][1]['threshold'] == record['threshold']


def test_a_number_of_the_config_wins(export, tmp_path):
    config = tmp_path / 'own.py'
    config.write_text(
        f"_base_ = '{REFINE}'\nrefiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.7)]\n"
    )
    record = record_of(export(*SPLIT, refine=config))
    assert (record['threshold'], record['threshold_from']) == (0.7, str(config))


def test_a_number_of_the_command_line_wins(export):
    record = record_of(export(*SPLIT, '--cfg-options', 'refiners.1.threshold=0.7'))
    assert (record['threshold'], record['refiners'][1]['threshold']) == (0.7, 0.7)


def test_settings_of_a_refinement_need_one(fails, tiny_config, trained, tmp_path):
    out = ['--out-dir', tmp_path / 'out']
    line = fails('export_cam', tiny_config, trained, *out, cfg_options='max_pixels=3')
    assert 'max_pixels' in line and '--refine CONFIG' in line
    assert not (tmp_path / 'out').exists()
