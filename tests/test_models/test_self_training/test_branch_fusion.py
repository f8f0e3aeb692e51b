"""The maps of the branches of a neck: fused, and trained on their own."""

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.models import CAMClassifier, CAMHead
from ppl_mm.models.self_training.branch_fusion import fuse_branches

LABELS = [[0, 2], [1], [0, 1, 3]]


def samples():
    return [DataSample().set_gt_label(label) for label in LABELS]


def targets():
    return torch.tensor([[float(k in label) for k in range(4)] for label in LABELS])


def make_head(**kwargs):
    head = CAMHead(num_classes=4, in_channels=6, **kwargs)
    torch.nn.init.normal_(head.classifier.weight)
    head.branches = 2
    return head


def test_branches_add_up_to_the_map():
    head, x = make_head(), torch.randn(3, 6, 5, 7)
    cams = head.branch_cams((x,))
    weight = head.classifier.weight[..., 0, 0]
    for number, part in enumerate((slice(0, 3), slice(3, 6))):
        expected = torch.einsum('kc,bchw->bkhw', weight[:, part], x[:, part])
        torch.testing.assert_close(cams[:, number], expected)
    torch.testing.assert_close(cams.sum(dim=1), head.cam((x,)))


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
    paper, ours = make_head(), make_head(fusion='geometric')
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
    head = make_head(branch_loss=1.0)
    head.branches = 1
    x = (torch.randn(3, 6, 5, 7),)
    plain = make_head()
    plain.load_state_dict(head.state_dict())
    losses = head.loss(x, samples())
    assert set(losses) == {'loss'}
    torch.testing.assert_close(losses['loss'], plain.loss(x, samples())['loss'])


@pytest.mark.parametrize(
    'neck, branches',
    [
        (None, 1),
        (dict(type='ppl_mm.PatchLearning', position=2, grid=2), 2),
        (dict(type='ppl_mm.MultiGranularityFusion', positions=[2, 4], grids=[2, 2]), 3),
    ],
)
def test_the_classifier_tells_its_head(neck, branches):
    model = CAMClassifier(
        backbone=dict(type='ResNet', depth=18, stem_channels=8, base_channels=8),
        neck=neck,
        head=dict(type='ppl_mm.CAMHead', num_classes=4),
    )
    assert model.head.branches == branches
    x = torch.rand(2, 3, 64, 64)
    cams = model.head.branch_cams(model.extract_feat(x))
    assert cams.shape[:3] == (2, branches, 4)


def test_unknown_rule():
    with pytest.raises(UserError, match="fusion='product': use one of sum"):
        make_head(fusion='product')
