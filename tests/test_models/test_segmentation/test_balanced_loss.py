"""A cross entropy in which background and objects count alike."""

import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.models import FCNHead
from mmseg.structures import SegDataSample

from ppl_mm.errors import UserError
from ppl_mm.models import BalancedCrossEntropyLoss


def by_hand(logits, labels):
    """The two means, as torch's own loss of each side's pixels alone."""
    pixels = logits.permute(0, 2, 3, 1).reshape(-1, logits.shape[1])
    labels = labels.reshape(-1)
    sides = [labels == 0, (labels != 0) & (labels != 255)]
    return sum(F.cross_entropy(pixels[side], labels[side]) for side in sides) / 2


def test_both_sides_count_alike_and_255_does_not():
    torch.manual_seed(0)
    logits = torch.randn(2, 4, 6, 5)
    labels = torch.randint(4, (2, 6, 5))
    labels[0, :2], labels[1, 3:] = 255, 0
    torch.testing.assert_close(
        BalancedCrossEntropyLoss(loss_weight=2.0)(logits, labels), 2 * by_hand(logits, labels)
    )


def head(**options):
    return FCNHead(
        in_channels=3,
        channels=4,
        num_classes=3,
        num_convs=1,
        norm_cfg=dict(type='BN'),
        loss_decode=dict(type='ppl_mm.BalancedCrossEntropyLoss'),
        **options,
    )


def loss_of(head, labels):
    samples = [SegDataSample(gt_sem_seg=PixelData(data=labels[None]))]
    return head.loss_by_feat(torch.zeros(1, 3, 8, 8), samples)


@pytest.mark.parametrize('value, loss', [(0, 0.5), (2, 0.5), (255, 0.0)])
def test_a_head_trains_with_it_where_a_side_is_missing(value, loss):
    """Scores of three equal classes: log 3 for each side that is there."""
    labels = torch.full((8, 8), value)
    labels[:2] = 255
    found = loss_of(head(), labels)
    assert found['loss_ce'].item() == pytest.approx(loss * torch.log(torch.tensor(3.0)).item())


def test_a_sampler_is_refused():
    sampler = dict(type='OHEMPixelSampler', thresh=0.7, min_kept=10)
    with pytest.raises(UserError, match='take the sampler out'):
        loss_of(head(sampler=sampler), torch.zeros(8, 8, dtype=torch.long))
