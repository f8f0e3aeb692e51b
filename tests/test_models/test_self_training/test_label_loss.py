"""What maps learn from pseudo-labels."""

import math

import pytest
import torch
import torch.nn.functional as F

from ppl_mm.models import LabelLoss


def slow_loss(cams, labels):
    """Pixel by pixel, as the formula says."""
    cams = F.interpolate(cams, size=labels.shape[1:], mode='bilinear')
    halves = {True: [], False: []}
    for image, label in zip(cams, labels, strict=True):
        for y in range(label.shape[0]):
            for x in range(label.shape[1]):
                if label[y, x] == 255:
                    continue
                weights = [1.0, *(math.exp(cam[y, x]) for cam in image)]
                share = weights[label[y, x]] / sum(weights)
                halves[bool(label[y, x])].append(-math.log(share))
    return sum(sum(half) / max(len(half), 1) for half in halves.values()) / 2


@pytest.mark.parametrize('values', [[0, 1, 2, 255], [0, 0, 0, 3], [0, 0], [1, 2], [255, 255]])
def test_it_is_the_slow_loss(values):
    torch.manual_seed(len(values))
    cams = torch.randn(2, 3, 3, 4)
    labels = torch.tensor(values)[torch.randint(len(values), (2, 6, 8))]
    found = LabelLoss()(cams, labels.to(torch.uint8))
    assert found.item() == pytest.approx(slow_loss(cams, labels), abs=1e-5)
    torch.testing.assert_close(LabelLoss(weight=3.0)(cams, labels), 3 * found)


def test_a_small_object_counts_as_much_as_its_surroundings():
    """One sure pixel of 64: the gradients of both sides have equal sums."""
    cams = torch.zeros(1, 1, 8, 8, requires_grad=True)
    labels = torch.zeros(1, 8, 8)
    labels[0, 3, 5] = 1
    LabelLoss()(cams, labels).backward()
    gradient = cams.grad[0, 0]
    torch.testing.assert_close(gradient.sum(), torch.tensor(0.0))
    assert gradient[3, 5] < 0 < gradient[0, 0]


def test_maps_that_cover_more_than_the_image_are_cut():
    """As if the image had been padded by hand and the padding ignored."""
    torch.manual_seed(0)
    cams, labels = torch.randn(2, 3, 4, 5), torch.randint(4, (2, 29, 40))
    padded = torch.nn.functional.pad(labels, (0, 0, 0, 3), value=255)
    found = LabelLoss()(cams, labels, (32 / 29, 1))
    torch.testing.assert_close(found, LabelLoss()(cams, padded))
