"""Pipelines on data without masks, and with masks of too few images."""

import json
import shutil

import pytest

from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.errors import UserError
from ppl_mm.formats.image_list import read_ids
from ppl_mm.gallery.tables import read_report
from ppl_mm.pipeline import load_settings
from ppl_mm.pipeline.data_check import fit_to_masks
from ppl_mm.pipeline.plan import make_plan, report_paths

MEASURING = ('measure', 'test')


@pytest.fixture
def without(mini):
    """The tiny pipeline, its masks optional and gone; without an AffinityNet."""
    write_demo_data(mini.folder / 'data', train=12, val=6, size=48)
    shutil.rmtree(mini.folder / 'data/SegmentationClass')
    text = mini.config.read_text()
    start, end = text.index('make_data'), text.index('methods')
    text = text[:start] + 'masks_optional = True\n' + text[end:]
    text = text.replace("affinity_labels = 'confident.py'\naffinity = 'affinity.py'\n", '')
    mini.config.write_text(text)
    (mini.folder / 'refine.py').write_text(
        "refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.3)]"
    )
    return mini


def plan(settings, tmp_path):
    return make_plan(settings, tmp_path / 'work', tmp_path)


def test_nothing_is_measured_and_nothing_compared(without, tmp_path):
    settings = fit_to_masks(load_settings(without.config))
    steps = plan(settings, tmp_path)
    assert [step.name for step in steps] == 'train_ppl export_ppl refine train_seg report'.split()
    assert not any('--threshold-split' in step.command for step in steps)
    assert set(report_paths(steps, settings, tmp_path / 'work')) == {'maps', 'labels', 'network'}
    assert settings.not_measured.startswith('no masks were given')


def test_masks_that_are_there_are_measured_with(without, tmp_path):
    shutil.rmtree(without.folder / 'data')
    write_demo_data(without.folder / 'data', train=12, val=6, size=48)
    settings = load_settings(without.config)
    assert fit_to_masks(settings) == settings
    assert {step.kind for step in plan(settings, tmp_path)} >= set(MEASURING)


def test_one_mask_too_few_is_said(without):
    shutil.rmtree(without.folder / 'data')
    write_demo_data(without.folder / 'data', train=12, val=6, size=48)
    name = read_ids(without.folder / 'data/ImageSets/Segmentation/val.txt')[-1]
    (without.folder / f'data/SegmentationClass/{name}.png').unlink()
    assert f'{name}.png: no such mask' in fit_to_masks(load_settings(without.config)).not_measured


def test_masks_are_demanded_where_they_are_not_optional(without):
    without.config.write_text(without.config.read_text().replace('masks_optional = True\n', ''))
    settings = load_settings(without.config)
    assert fit_to_masks(settings) == settings


def test_a_config_without_splits_for_masks(without, tmp_path):
    splits = "threshold='train', masked='train', val='val'"
    without.config.write_text(without.config.read_text().replace(f', {splits}', ''))
    settings = load_settings(without.config)
    assert settings.splits == dict(train='train')
    assert not any(step.kind in MEASURING for step in plan(settings, tmp_path))
    assert {step.name for step in plan(settings, tmp_path)} >= {'train_cam', 'train_ppl'}


def test_made_data_are_not_there_to_look_at(mini):
    mini.config.write_text(mini.config.read_text() + 'masks_optional = True\n')
    with pytest.raises(UserError, match='take masks_optional out'):
        load_settings(mini.config)


@pytest.mark.slow
def test_a_run_without_masks(without, tmp_path):
    work = tmp_path / 'work'
    done = without.run(work)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'Nothing is measured: no masks were given' in done.stdout
    report = read_report(work)
    assert report['measurements'] == [] and report['comparisons'] == {}
    assert len(report['classes']) == 5 and len(report['panel']['images']) == 6
    labels = {path.stem for path in (work / 'refine/labels').glob('*.png')}
    assert labels == set(read_ids(without.folder / 'data/ImageSets/Segmentation/train.txt'))
    html, text = (work / 'report.html').read_text(), (work / 'report.md').read_text()
    assert 'IoU by class' not in html and '| IoU' not in text
    assert 'panel.png' in text and 'curve.png' not in text
    assert not (work / 'curve.png').exists()
    again = without.run(work)
    assert again.returncode == 0 and 'done in' not in again.stdout
    assert json.loads((work / 'pipeline.json').read_text())['splits'] == dict(train='train')
