"""The maps of the branches of a neck: fused, and trained on their own."""

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.models import CAMHead
from studies.variants.branch_heads import BranchCAMHead, fuse_branches

LABELS = [[0, 2], [1], [0, 1, 3]]


def samples():
    return [DataSample().set_gt_label(label) for label in LABELS]


def targets():
    return torch.tensor([[float(k in label) for k in range(4)] for label in LABELS])


def make_head(kind=BranchCAMHead, branches=2, **kwargs):
    head = kind(num_classes=4, in_channels=6, branches=branches, **kwargs)
    torch.nn.init.normal_(head.classifier.weight)
    return head


def slow_unit(cam):
    """Cut at 0, divided by the maximum of each class."""
    unit = cam.clone()
    for one in unit:
        one[one < 0] = 0
        if one.max() > 0:
            one /= one.max()
    return unit


def test_rules_of_fusion():
    cams = torch.randn(3, 4, 5, 7)
    cams[0, 1] = -1  # a class without evidence
    unit = torch.stack([slow_unit(cam) for cam in cams])
    for rule, expected in dict(
        sum=cams[0] + cams[1] + cams[2],
        mean=unit.mean(dim=0),
        geometric=(unit[0] * unit[1] * unit[2]) ** (1 / 3),
        patches=cams[1] + cams[2],
    ).items():
        torch.testing.assert_close(fuse_branches(cams, rule), expected)
    assert torch.equal(fuse_branches(cams, 'global'), cams[0])


def test_one_branch_is_its_own_fusion():
    cams = torch.randn(1, 4, 5, 7)
    for rule in ('sum', 'mean', 'geometric', 'global', 'patches'):
        assert torch.equal(fuse_branches(cams, rule), cams[0])


def test_prediction_fuses_as_told_and_scores_the_sum():
    x = torch.randn(3, 6, 5, 7)
    paper, ours = make_head(CAMHead), make_head(fusion='geometric')
    ours.load_state_dict(paper.state_dict())
    cams = paper.branch_cams((x,))
    for one, other, cam in zip(
        paper.predict((x,), samples()), ours.predict((x,), samples()), cams, strict=True
    ):
        torch.testing.assert_close(one.cam, cam.sum(dim=0))
        torch.testing.assert_close(other.cam, fuse_branches(cam, 'geometric'))
        assert torch.equal(one.pred_score, other.pred_score)


def test_losses_of_the_branches():
    head = make_head(branch_loss=0.5)
    x = torch.randn(3, 6, 5, 7)
    losses = head.loss((x,), samples())
    cams = head.branch_cams((x,))
    score = cams.mean(dim=(3, 4))

    def entropy(logits):
        return F.binary_cross_entropy_with_logits(logits, targets())

    torch.testing.assert_close(losses['loss'], entropy(head((x,))))
    torch.testing.assert_close(
        losses['loss_branch'], 0.5 * (entropy(2 * score[:, 0]) + entropy(2 * score[:, 1])) / 2
    )


def test_the_papers_form_has_one_loss():
    x = (torch.randn(3, 6, 5, 7),)
    assert set(make_head().loss(x, samples())) == {'loss'}


def test_a_plain_cam_has_no_losses_of_branches():
    head = make_head(branch_loss=1.0, branches=1)
    x = (torch.randn(3, 6, 5, 7),)
    plain = make_head(CAMHead)
    plain.load_state_dict(head.state_dict())
    losses = head.loss(x, samples())
    assert set(losses) == {'loss'}
    torch.testing.assert_close(losses['loss'], plain.loss(x, samples())['loss'])


def test_unknown_rule():
    with pytest.raises(UserError, match="fusion='product': use one of sum"):
        make_head(fusion='product')
