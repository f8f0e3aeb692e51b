import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.models import CAMHead

LABELS = [[0, 2], [1], [0, 1, 2, 4]]


def samples(labels=LABELS):
    return [DataSample().set_gt_label(label) for label in labels]


def one_hot(labels=LABELS, classes=5):
    return torch.tensor([[float(k in label) for k in range(classes)] for label in labels])


def make_head(**kwargs):
    head = CAMHead(num_classes=5, in_channels=7, **kwargs)
    torch.nn.init.normal_(head.classifier.weight)
    return head


def test_logits_are_the_average_of_the_map():
    head, x = make_head(), torch.rand(3, 7, 6, 9)
    cam = head.cam((x,))
    expected = torch.einsum('kc,bchw->bkhw', head.classifier.weight[..., 0, 0], x)
    torch.testing.assert_close(cam, expected)
    torch.testing.assert_close(head((x,)), expected.mean(dim=(2, 3)))


def test_loss_is_the_mean_over_images_and_classes():
    head, feats = make_head(), (torch.rand(3, 7, 6, 9),)
    loss = head.loss(feats, samples())['loss']
    expected = F.multilabel_soft_margin_loss(head(feats), one_hot())
    torch.testing.assert_close(loss, expected)


def test_any_registered_loss():
    head = make_head(
        loss=dict(
            type='mmpretrain.AsymmetricLoss',
            gamma_pos=0.0,
            gamma_neg=0.0,
            clip=None,
            reduction='mean',
            use_sigmoid=True,
        )
    )
    feats = (torch.rand(3, 7, 6, 9),)
    expected = F.multilabel_soft_margin_loss(head(feats), one_hot())
    torch.testing.assert_close(head.loss(feats, samples())['loss'], expected, rtol=1e-4, atol=1e-5)


def test_classes_can_be_balanced():
    weight = [1.0, 2.0, 3.0, 4.0, 5.0]
    head = make_head(
        loss=dict(type='mmpretrain.CrossEntropyLoss', use_sigmoid=True, class_weight=weight)
    )
    feats = (torch.rand(3, 7, 6, 9),)
    expected = F.multilabel_soft_margin_loss(head(feats), one_hot(), weight=torch.tensor(weight))
    torch.testing.assert_close(head.loss(feats, samples())['loss'], expected)


def test_soft_labels_count_as_they_are():
    head, feats = make_head(), (torch.rand(2, 7, 6, 9),)
    score = torch.rand(2, 5)
    soft = [DataSample().set_gt_score(row) for row in score]
    torch.testing.assert_close(
        head.loss(feats, soft)['loss'], F.multilabel_soft_margin_loss(head(feats), score)
    )


def test_a_map_need_not_say_how_rare_its_class_is():
    """The logit of an image that adds nothing is the share of images with the class."""
    shares = [0.01, 0.3, 0.5, 0.9, 0.1]
    head, feats = make_head(class_shares=shares), (torch.rand(3, 7, 6, 9),)
    plain = make_head_like(head)
    torch.testing.assert_close(head.cam(feats), plain.cam(feats))
    torch.testing.assert_close(head(feats), plain(feats) + torch.tensor(shares).logit())
    assert 'log_odds' not in head.state_dict()
    out = head.predict(feats)
    torch.testing.assert_close(torch.stack([one.pred_score for one in out]), head(feats).sigmoid())
    expected = F.multilabel_soft_margin_loss(head(feats), one_hot())
    torch.testing.assert_close(head.loss(feats, samples())['loss'], expected)


@pytest.mark.parametrize(
    'shares', [[0.1] * 4, [], [0.1] * 4 + [0], [0.1] * 4 + [1.0], [float('nan')] * 5]
)
def test_shares_that_cannot_be(shares):
    with pytest.raises(UserError, match='class_shares=.*between 0 and 1, for each of 5 classes'):
        make_head(class_shares=shares)


def test_prediction_has_scores_labels_and_the_map():
    head, feats = make_head(thr=0.4).eval(), (torch.randn(3, 7, 6, 9),)
    out = head.predict(feats, samples())
    for sample, cam, label in zip(out, head.cam(feats), LABELS, strict=True):
        assert torch.equal(sample.cam, cam)
        score = cam.mean(dim=(1, 2)).sigmoid()
        torch.testing.assert_close(sample.pred_score, score)
        assert sample.pred_label.tolist() == [k for k in range(5) if score[k] >= 0.4]
        assert sample.gt_label.tolist() == label
    assert len(head.predict(feats)) == 3


def test_dropout_drops_channels_in_training_only():
    head, x = make_head(dropout=0.5), torch.rand(1, 7, 6, 9)
    head.train()
    assert not torch.equal(head.cam((x,)), head.cam((x,)))
    head.eval()
    assert torch.equal(head.cam((x,)), make_head_like(head).cam((x,)))


def make_head_like(head):
    other = CAMHead(num_classes=5, in_channels=7)
    other.load_state_dict(head.state_dict())
    return other


def test_classifier_starts_small_and_without_bias():
    head = CAMHead(num_classes=50, in_channels=400)
    head.init_weights()
    assert head.classifier.bias is None
    std = head.classifier.weight.std().item()
    assert std == pytest.approx(0.01, rel=0.05)


def test_the_width_of_the_input_must_be_known():
    with pytest.raises(ValueError, match='in_channels is unknown'):
        CAMHead(num_classes=3)


def test_branches_add_up_to_the_map():
    head = CAMHead(num_classes=4, in_channels=6, branches=2)
    torch.nn.init.normal_(head.classifier.weight)
    x = torch.randn(3, 6, 5, 7)
    cams = head.branch_cams((x,))
    weight = head.classifier.weight[..., 0, 0]
    for number, part in enumerate((slice(0, 3), slice(3, 6))):
        expected = torch.einsum('kc,bchw->bkhw', weight[:, part], x[:, part])
        torch.testing.assert_close(cams[:, number], expected)
    torch.testing.assert_close(cams.sum(dim=1), head.cam((x,)))
