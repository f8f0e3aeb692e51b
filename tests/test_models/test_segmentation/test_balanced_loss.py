"""A cross entropy in which background and objects count alike."""

import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.models import FCNHead
from mmseg.structures import SegDataSample

from ppl_mm.errors import UserError
from ppl_mm.formats.voc_layout import write_lists
from ppl_mm.models import BalancedCrossEntropyLoss
from ppl_mm.utils.config.reading import read_config


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


def test_a_power_leads_from_balance_to_a_cross_entropy():
    torch.manual_seed(0)
    logits = torch.randn(1, 3, 10, 10)
    labels = torch.zeros(1, 10, 10, dtype=torch.long)
    labels[0, 0, :4], labels[0, 9] = 2, 255  # 4 pixels of an object, 86 of the background
    background = F.cross_entropy(logits[:, :, labels[0] == 0], labels[:, labels[0] == 0])
    objects = F.cross_entropy(logits[:, :, labels[0] == 2], labels[:, labels[0] == 2])
    root = torch.tensor([4.0, 86.0]).sqrt()
    expected = (root[0] * objects + root[1] * background) / root.sum()
    torch.testing.assert_close(BalancedCrossEntropyLoss(power=0.5)(logits, labels), expected)
    plain = F.cross_entropy(logits, labels, ignore_index=255)
    torch.testing.assert_close(BalancedCrossEntropyLoss(power=1)(logits, labels), plain)


@pytest.mark.parametrize('power', [-0.1, 1.1, float('nan')])
def test_a_power_is_from_0_to_1(power):
    with pytest.raises(UserError, match='is not from 0 to 1'):
        BalancedCrossEntropyLoss(power=power)


@pytest.mark.parametrize(
    'background, loss', [(True, 'ppl_mm.BalancedCrossEntropyLoss'), (False, 'CrossEntropyLoss')]
)
def test_preset_quick_has_it_where_there_is_a_background(tmp_path, monkeypatch, background, loss):
    labels = {'a': ['cat'], 'b': ['dog']}
    write_lists(tmp_path, ['cat', 'dog'], dict(train=list(labels)), labels, background)
    monkeypatch.setenv('OWN_DATA', str(tmp_path))
    cfg = read_config('configs/own/seg_deeplab_quick_own.py')
    assert cfg.model.decode_head.loss_decode.type == loss


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
