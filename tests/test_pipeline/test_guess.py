"""How long a pipeline is going to take: a guess before it starts."""

from dataclasses import replace
from pathlib import Path

import pytest
from mmengine.config import Config

from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.pipeline import guess, load_settings, timing
from ppl_mm.pipeline.guess import guess_times, networks
from ppl_mm.pipeline.image_sizes import crop_size, view_pixels
from ppl_mm.pipeline.plan import make_plan
from ppl_mm.pipeline.timing import seconds_per_image
from ppl_mm.utils.config.reading import read_config

ROOT = Path(__file__).parents[2]


@pytest.fixture
def planned(mini, tmp_path):
    """Settings and steps of the tiny pipeline, its data made."""
    write_demo_data(mini.folder / 'data', train=12, val=6, size=48)
    settings = load_settings(mini.config)
    return settings, make_plan(settings, tmp_path / 'work', ROOT / 'tools')


def guesses(planned, cost):
    settings, steps = planned
    costs = dict.fromkeys(networks(steps), cost)
    return {step.name: step.seconds for step in guess_times(steps, settings, costs)}


def test_trainings_take_as_long_as_their_images(planned):
    slow, fast = guesses(planned, 2.0), guesses(planned, 1.0)
    # 4 epochs of 12 images; 8 iterations of 4.
    assert slow['train_cam'] - fast['train_cam'] == pytest.approx(1.1 * 48)
    assert slow['train_seg'] - fast['train_seg'] == pytest.approx(1.1 * 32)
    assert slow['export_ppl'] > fast['export_ppl'] and slow['refine'] == fast['refine']


def test_a_fast_network_waits_for_its_images(planned):
    read, one = guesses(planned, 1e-6), guesses(planned, 1e-9)
    assert read['train_cam'] == one['train_cam'] > 5.0 + 48 * 0.001


def test_cutting_maps_anew_needs_no_network(planned):
    settings, steps = planned
    costs = dict.fromkeys(networks(steps), 9.0)
    found = {step.name: step.seconds for step in guess_times(steps, settings, costs)}
    cut = {step.name: step.seconds for step in guess_times(steps, settings, costs, {'export_ppl'})}
    assert cut.pop('export_ppl') < 10.0 < found.pop('export_ppl')
    assert cut == found


def test_refining_takes_as_long_as_its_pixels(planned, mini, monkeypatch):
    small = guesses(planned, 1.0)['refine']
    monkeypatch.setattr(guess, 'image_size', lambda path: (480, 480))  # 48 x 48 before
    assert guesses(planned, 1.0)['refine'] - 5.0 == pytest.approx(100 * (small - 5.0))


def test_what_is_not_measured_or_given_stays(planned):
    settings, steps = planned
    given = replace(settings, expected_seconds=dict(train_cam=7.0))
    found = {step.name: step.seconds for step in guess_times(steps, given, {})}
    before = {step.name: step.seconds for step in steps}
    assert found['train_cam'] == before['train_cam']
    assert found['train_seg'] == 5.0 + before['train_seg']


@pytest.mark.parametrize('name', ['cls_cam', 'cls_progressive', 'seg', 'affinity'])
def test_each_kind_of_network_can_be_measured(planned, mini, name):
    assert 0 < seconds_per_image(read_config(mini.folder / f'{name}.py')) < 60


def test_sizes_are_read_from_the_config():
    cfg = Config.fromfile(ROOT / 'configs/own/cls_cam_own.py')
    assert crop_size(cfg) == (384, 384)
    sides = (256, 512, 768, 1024)
    assert view_pixels(cfg, 'tta_pipeline') == 2 * sum(side**2 for side in sides)
    assert crop_size(Config.fromfile(ROOT / 'configs/own/seg_deeplab_own.py')) == (384, 384)
    assert crop_size(Config(dict(train_pipeline=[]))) == (384, 384)


def test_an_export_looks_at_background_and_negatives_too(planned, monkeypatch):
    """12 images; with a reference 12 more, each looked at more than once, and 20 negatives."""
    plain = guesses(planned, 1.0)['export_ppl'] - 5.0
    read = guess.read_config

    def read_with(**settings):
        def changed(path):
            cfg = read(path)
            cfg.update(settings)
            return cfg

        monkeypatch.setattr(guess, 'read_config', changed)
        return guesses(planned, 1.0)['export_ppl'] - 5.0

    compared = read_with(export_reference='train')
    assert 2 * plain < compared < 2 * 1.6 * plain
    assert read_with(export_negatives='train') == pytest.approx(plain)  # the data have none
    monkeypatch.setattr(guess, '_count_negatives', lambda root: 9)  # too few
    assert read_with(export_negatives='train') == pytest.approx(plain)
    monkeypatch.setattr(guess, '_count_negatives', lambda root: 24)
    assert read_with(export_negatives='train') == pytest.approx(3 * plain)


def test_narrow_images_are_faster(planned, monkeypatch):
    square = guesses(planned, 1.0)
    monkeypatch.setattr(guess, 'image_size', lambda path: (48, 24))
    narrow = guesses(planned, 1.0)
    assert narrow['export_ppl'] < square['export_ppl'] and narrow['refine'] < square['refine']
    assert narrow['train_cam'] == square['train_cam']


@pytest.mark.parametrize(
    'steps, expected',
    [
        ([7.0, 0.5, 0.4], 0.4),  # what a first step does once is not a step's time
        ([0.5, 0.4, 0.6], 0.4),
        ([30.0, 1.0], 30.0),  # too slow to be repeated
    ],
)
def test_the_time_of_a_step_is_not_that_of_the_first_one(monkeypatch, steps, expected):
    now, left = [0.0], list(steps)

    class Network:
        def train(self):
            pass

        def train_step(self, batch, optimizer):
            now[0] += left.pop(0)

    monkeypatch.setattr(timing.time, 'perf_counter', lambda: now[0])
    assert timing._time(Network(), None, {}) == pytest.approx(expected)
