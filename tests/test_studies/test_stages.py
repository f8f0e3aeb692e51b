"""The study of criteria for the better of two stages."""

import numpy as np
import pytest

from ppl_mm.formats.cam_file import CamFile
from studies.stages.criteria import HYPOTHESES, agreement, change, contrast, covered, decide
from studies.stages.stage import Scene, Stage, measure, spread
from studies.stages.table import table

SIZE = (8, 8)
OBJECT = np.zeros(SIZE, np.uint8)
OBJECT[2:6, 2:6] = 1


@pytest.fixture
def scenes():
    image = np.where(OBJECT[..., None] > 0, 200, 20).astype(np.uint8).repeat(3, axis=2)
    return [Scene('a', image, OBJECT)]


def stage(raw, refined=OBJECT):
    cam = CamFile(class_ids=[0], cam=np.ones((1, 2, 2)), size=SIZE)
    return Stage({'a': cam}, 0.5, dict(a=raw), dict(a=refined))


def test_labels_that_follow_the_image_are_better(scenes):
    good, flood, empty = stage(OBJECT), stage(np.ones(SIZE, np.uint8)), stage(0 * OBJECT)
    for criterion in (agreement, contrast):
        values = [criterion(one, scenes) for one in (good, flood, empty)]
        assert values[0] == pytest.approx(1) and max(values[1:]) < 0.5
    assert covered(flood, scenes) == 1 and covered(empty, scenes) == 0
    assert change(good, good, scenes) == 0 and change(good, empty, scenes) == 1
    assert measure(good.raw, scenes, 1) == dict(miou=1, foreground=1)
    assert measure(empty.raw, scenes, 1)['foreground'] == 0


def record(gain, agree, changed, command='python -m studies.stages exports x'):
    values = dict(precise=0.5, contrast=0.5, compact=-1.0, covered=0.2)
    labels = [dict(miou=0.4), dict(miou=0.4 + gain)]
    stages = [
        values | dict(agreement=value, raw=label, refined=label)
        for value, label in zip((0.5, agree), labels, strict=True)
    ]
    return dict(id='x', before=stages[0], after=stages[1], change=changed, command=command)


@pytest.mark.parametrize(
    'agree, changed, kept', [(0.6, 0.1, True), (0.6, 0.9, False), (0.4, 0.1, False)]
)
def test_both_asks_for_both(agree, changed, kept):
    found = decide(record(0.1, agree, changed))
    assert found['both'] is kept and set(found) == set(HYPOTHESES)


def test_the_table_counts_gains_and_losses_in_both_directions():
    lines = {
        line.split(' | ')[0]: line for line in table([record(0.1, 0.6, 0.1)], 'raw').split('\n')
    }
    assert lines['| agreement'] == '| agreement | 2 of 2 | +5.00 | +0.0 | 0 |'
    assert lines['| after'] == '| after | 1 of 2 | +0.00 | -10.0 | 1 |'
    one_way = table([record(0.1, 0.6, 0.1, 'python -m studies.stages linear x')], 'raw')
    assert '| agreement | 1 of 1 | +10.00 | +10.0 | 0 |' in one_way


def test_images_are_spread_evenly():
    assert spread(list('abcdef'), 3) == ['a', 'c', 'e'] and spread(['a'], 3) == ['a']
