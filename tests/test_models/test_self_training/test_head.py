"""A head whose patch branches learn from pseudo-labels."""

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.models import CAMClassifier, LabelLoss, SelfTrainedCAMHead


@pytest.fixture
def self_trained():
    """A head of two branches with 3 channels each, and a batch for it."""
    torch.manual_seed(0)
    head = SelfTrainedCAMHead(num_classes=2, in_channels=6, branches=2)
    torch.nn.init.normal_(head.classifier.weight)
    batch = []
    for _ in range(2):
        sample = DataSample().set_gt_label([0])
        sample.set_field(torch.randint(3, (8, 8)).numpy(), 'gt_seg_map')
        batch.append(sample)
    return head, (torch.rand(2, 6, 4, 4),), batch


def test_images_teach_the_global_branch_and_labels_the_patches(self_trained):
    head, feats, batch = self_trained
    losses = head.loss(feats, batch)
    assert set(losses) == {'loss', 'loss_label'}
    for name, own, other in (
        ('loss', slice(0, 3), slice(3, 6)),
        ('loss_label', slice(3, 6), slice(0, 3)),
    ):
        (gradient,) = torch.autograd.grad(losses[name], head.classifier.weight, retain_graph=True)
        assert gradient[:, own].abs().min() > 0
        assert gradient[:, other].abs().max() == 0


def test_scores_are_the_global_branchs_and_maps_the_patches(self_trained):
    head, feats, batch = self_trained
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


def test_a_head_of_one_branch_learns_both_in_it(self_trained):
    head, feats, batch = self_trained
    head.branches = 1
    losses = head.loss(feats, batch)
    labels = torch.stack([torch.tensor(one.gt_seg_map) for one in batch])
    torch.testing.assert_close(losses['loss_label'], LabelLoss()(head.cam(feats), labels))
    torch.testing.assert_close(head(feats), head.cam(feats).mean(dim=(2, 3)))
    torch.testing.assert_close(head.predict(feats, batch)[0].cam, head.cam(feats)[0])


def test_labels_must_come_with_the_images(self_trained):
    head, feats, _ = self_trained
    with pytest.raises(UserError, match='label_dir.*LoadLabel.*gt_seg_map'):
        head.loss(feats, [DataSample().set_gt_label([0])] * 2)


def test_a_loss_of_ones_own_weight(self_trained):
    head, feats, batch = self_trained
    double = SelfTrainedCAMHead(
        2, label_loss=dict(type='ppl_mm.LabelLoss', weight=2.0), in_channels=6, branches=2
    )
    double.load_state_dict(head.state_dict())
    once, twice = (one.loss(feats, batch)['loss_label'] for one in (head, double))
    torch.testing.assert_close(twice, 2 * once)


def test_pseudo_labels_lie_on_the_image_that_a_transformer_padded(make_backbone):
    """Padded by hand, with labels that are ignored there, the losses are the same."""
    torch.manual_seed(0)
    model = CAMClassifier(
        backbone=make_backbone('vit'), head=dict(type='ppl_mm.SelfTrainedCAMHead', num_classes=4)
    ).eval()
    image, label = torch.rand(1, 3, 29, 40), torch.randint(5, (29, 40))

    def losses(image, label):
        sample = DataSample().set_gt_label([1, 3])
        sample.set_field(label, 'gt_seg_map')
        return model.loss(image, [sample])

    by_hand = losses(F.pad(image, (0, 0, 0, 3)), F.pad(label, (0, 0, 0, 3), value=255))
    torch.testing.assert_close(losses(image, label), by_hand)
