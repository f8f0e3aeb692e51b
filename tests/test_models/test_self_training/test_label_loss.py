"""What maps learn from pseudo-labels."""

import math

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.models import CAMHead, LabelLoss


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


@pytest.fixture
def taught():
    """A head of two branches with 3 channels each, and a batch for it."""
    torch.manual_seed(0)
    head = CAMHead(
        num_classes=2, in_channels=6, fusion='patches', label_loss=dict(type='ppl_mm.LabelLoss')
    )
    torch.nn.init.normal_(head.classifier.weight)
    head.branches = 2
    batch = []
    for _ in range(2):
        sample = DataSample().set_gt_label([0])
        sample.set_field(torch.randint(3, (8, 8)).numpy(), 'gt_seg_map')
        batch.append(sample)
    return head, (torch.rand(2, 6, 4, 4),), batch


def test_images_teach_the_global_branch_and_labels_the_patches(taught):
    head, feats, batch = taught
    losses = head.loss(feats, batch)
    assert set(losses) == {'loss', 'loss_label'}
    for name, own, other in (
        ('loss', slice(0, 3), slice(3, 6)),
        ('loss_label', slice(3, 6), slice(0, 3)),
    ):
        (gradient,) = torch.autograd.grad(losses[name], head.classifier.weight, retain_graph=True)
        assert gradient[:, own].abs().min() > 0
        assert gradient[:, other].abs().max() == 0


def test_scores_are_the_global_branchs_and_maps_the_patches(taught):
    head, feats, batch = taught
    halves = [
        F.conv2d(part, weight)
        for part, weight in zip(
            feats[0].chunk(2, 1), head.classifier.weight.chunk(2, 1), strict=True
        )
    ]
    scores = halves[0].mean(dim=(2, 3))
    torch.testing.assert_close(head(feats), scores)
    for i, sample in enumerate(head.predict(feats, batch)):
        torch.testing.assert_close(sample.pred_score, scores[i].sigmoid())
        torch.testing.assert_close(sample.cam, halves[1][i])


def test_a_head_of_one_branch_learns_both_in_it(taught):
    head, feats, batch = taught
    head.branches = 1
    losses = head.loss(feats, batch)
    labels = torch.stack([torch.tensor(one.gt_seg_map) for one in batch])
    torch.testing.assert_close(losses['loss_label'], LabelLoss()(head.cam(feats), labels))
    torch.testing.assert_close(head(feats), head.cam(feats).mean(dim=(2, 3)))


def test_labels_must_come_with_the_images(taught):
    head, feats, _ = taught
    with pytest.raises(UserError, match='label_dir.*LoadLabel.*gt_seg_map'):
        head.loss(feats, [DataSample().set_gt_label([0])] * 2)
