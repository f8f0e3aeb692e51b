"""Labels of images whose classes are known."""

import pytest
import torch

from ppl_mm.models.segmentation.known_classes import label_among


def logits_of(*probabilities):
    """Logits (C, 1, W) of the probabilities of channels at the pixels of a row."""
    return torch.tensor(probabilities).log()[:, None]


def label(logits, ids, **options):
    return label_among(logits, ids, background=0, **options).tolist()[0]


def test_pixels_are_of_the_classes_that_are_given():
    logits = torch.randn(5, 6, 7, generator=torch.manual_seed(0))
    found = label_among(logits, [0, 3, 1])
    others = logits.clone()
    others[[2, 4]] = -torch.inf
    assert torch.equal(found, others.argmax(dim=0))
    assert (label_among(logits, [0], background=0, all_shown=True) == 0).all()


def test_a_class_that_is_shown_has_the_pixels_near_its_best_odds():
    # Odds of class 1 to the background: 1/4, 1/9, 1/6, 1/19.
    logits = logits_of([0.8, 0.9, 0.6, 0.95], [0.2, 0.1, 0.1, 0.05])
    assert label(logits, [0, 1]) == [0, 0, 0, 0]
    assert label(logits, [0, 1], all_shown=True) == [1, 0, 1, 0]


def test_a_class_of_which_the_network_is_sure_keeps_its_label():
    logits = logits_of([0.05, 0.45, 0.6, 0.9], [0.95, 0.55, 0.4, 0.1])
    assert label(logits, [0, 1], all_shown=True) == label(logits, [0, 1]) == [1, 1, 0, 0]


def test_each_class_is_raised_on_its_own():
    logits = logits_of([0.1, 0.7, 0.85], [0.9, 0.15, 0.05], [0.01, 0.02, 0.1], [0.5, 0.6, 0.7])
    assert label(logits, [0, 1, 2], all_shown=True) == [1, 0, 2]


@pytest.mark.parametrize('seed', range(3))
def test_every_class_that_is_shown_beats_the_background_somewhere(seed):
    logits = torch.randn(4, 8, 9, generator=torch.manual_seed(seed))
    logits[0] += 20
    for shown in (1, 2, 3):
        found = label_among(logits, [0, shown], background=0, all_shown=True)
        assert set(found.unique().tolist()) == {0, shown}


def test_a_network_without_background_has_nothing_to_be_raised_above():
    logits = torch.randn(3, 4, 5, generator=torch.manual_seed(0))
    assert torch.equal(label_among(logits, [1, 2], all_shown=True), label_among(logits, [1, 2]))
