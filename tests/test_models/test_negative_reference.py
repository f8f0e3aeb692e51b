"""How unlike the background a cell looks."""

import numpy as np
import pytest
import torch
from test_models.tta_views import run, views_of

from ppl_mm.errors import UserError
from ppl_mm.models import NegativeReference, negative_reference
from ppl_mm.models.negative_reference import nearest_distance, write_reference
from ppl_mm.registry import MODELS

WIDTHS = (3, 5)


def cells(count, seed=0, shift=0.0):
    return torch.randn(count, sum(WIDTHS), generator=torch.Generator().manual_seed(seed)) + shift


@pytest.fixture
def reference(tmp_path):
    write_reference(tmp_path / 'a.npz', cells(300), cells(400, seed=1), WIDTHS)
    return NegativeReference(tmp_path / 'a.npz')


def as_map(rows):
    """Cells (n, C) as features (1, C, n, 1)."""
    return rows.T[None, :, :, None]


@pytest.mark.parametrize('at_once', [1, 70, 2**22])
def test_the_distance_is_that_to_the_nearest_cell(monkeypatch, at_once):
    monkeypatch.setattr(negative_reference, '_DISTANCES', at_once)
    some, others = cells(40).double(), cells(7, seed=1).double()
    expected = [min(np.sqrt(((a - b) ** 2).sum()) for b in others.numpy()) for a in some.numpy()]
    np.testing.assert_allclose(nearest_distance(some, others), expected)


def test_background_counts_little_and_other_things_fully(reference):
    seen = reference(as_map(cells(500, seed=2)))
    assert seen.shape == (1, 500, 1) and seen.min() == 0
    # Between the quantiles 0.1 and 0.99 of other background.
    assert 0.05 < (seen == 0).float().mean() < 0.2 and (seen == 1).float().mean() < 0.05
    assert reference(as_map(cells(50, seed=3, shift=20))).min() == 1
    assert reference(as_map(cells(300))).max() == 0  # the cells themselves


def test_each_block_counts_as_much(tmp_path):
    """However large the numbers of one block are."""
    factor = torch.tensor([1e3] * WIDTHS[0] + [1.0] * WIDTHS[1])
    for name, by in (('one', 1), ('other', factor)):
        write_reference(tmp_path / f'{name}.npz', cells(300) * by, cells(99, 1) * by, WIDTHS)
    one, other = (NegativeReference(tmp_path / f'{name}.npz') for name in ('one', 'other'))
    rows = cells(60, seed=5)
    torch.testing.assert_close(
        one(as_map(rows)), other(as_map(rows * factor)), atol=0.01, rtol=0.01
    )


def test_one_cell_is_a_reference(tmp_path):
    write_reference(tmp_path / 'a.npz', cells(1), cells(1), WIDTHS)
    seen = NegativeReference(tmp_path / 'a.npz')(as_map(torch.cat([cells(1), cells(1) + 1])))
    assert seen.flatten().tolist() == [0, 1]


def test_features_of_another_network_are_refused(reference):
    with pytest.raises(UserError, match='8 features for each cell, the network has 9'):
        reference(torch.zeros(1, 9, 2, 2))


@pytest.mark.parametrize('spoil', ['missing', 'text', 'other arrays', 'wrong widths', 'no cells'])
def test_a_bad_file_is_one_line(tmp_path, spoil):
    path = tmp_path / 'a.npz'
    arrays = dict(cells=np.zeros((4, 8)), widths=[3, 5], spread=np.ones(2), ends=np.arange(2.0))
    if spoil == 'text':
        path.write_text('none')
    elif spoil != 'missing':
        arrays |= {'wrong widths': dict(widths=[3]), 'no cells': dict(cells=np.zeros((0, 8)))}.get(
            spoil, {}
        )
        arrays = dict(other=np.zeros(1)) if spoil == 'other arrays' else arrays
        np.savez(path, **arrays)
    with pytest.raises(UserError, match=r'a\.npz'):
        NegativeReference(path)


class Everywhere(torch.nn.Module):
    """A stand-in that finds each cell as unlike the background as the last one."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, features):
        return torch.full((len(features), *features.shape[2:]), self.value)


@pytest.mark.parametrize('value', [0.0, 0.5, 1.0])
def test_maps_are_multiplied(value):
    torch.manual_seed(0)
    head = dict(type='ppl_mm.CAMHead', num_classes=3)
    backbone = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)
    module = dict(type='ppl_mm.CAMClassifier', backbone=backbone, head=head)
    model = MODELS.build(dict(type='ppl_mm.CAMTTAModel', module=module)).eval()
    torch.nn.init.normal_(model.module.head.classifier.weight)
    views = views_of(torch.rand(3, 64, 96), [0, 2], (0.5, 1.0), (False, True))
    (plain,) = run(model, views)
    model.module.reference = Everywhere(value)
    (weighed,) = run(model, views)
    torch.testing.assert_close(weighed.cam_scale, plain.cam_scale * value)
    torch.testing.assert_close(weighed.cam, plain.cam * (value > 0))
    assert torch.equal(weighed.pred_score, plain.pred_score)
