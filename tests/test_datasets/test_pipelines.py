"""Pipelines with and without masks."""

import pytest

from ppl_mm.datasets.pipelines import changed_steps, may_load_masks, without_masks

FLIP, MASK = dict(type='RandomFlip', prob=0.5), dict(type='LoadAnnotations')


def apply(inside):
    return dict(type='RandomApply', transforms=inside)


@pytest.mark.parametrize('listed', [True, False])
def test_a_wrapper_takes_a_list_or_a_single_transform(listed):
    flip, mask = (apply([one] if listed else one) for one in (FLIP, MASK))
    assert may_load_masks([flip, mask]) and not may_load_masks([flip])
    assert without_masks([flip, mask]) == [apply([FLIP]), apply([])]
    assert changed_steps([flip], lambda step: dict(step, seen=1)) == [
        dict(apply([dict(FLIP, seen=1)]), seen=1)
    ]


def test_objects_stay_and_may_load_masks():
    assert without_masks([apply(print), print]) == [apply([print]), print]
    assert may_load_masks([apply(print)])
