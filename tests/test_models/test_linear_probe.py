"""What the maps of all images have in common, by the features of cells."""

import numpy as np
import pytest
import torch
from test_models.tta_views import run, views_of

from ppl_mm.errors import UserError
from ppl_mm.models import LinearProbe
from ppl_mm.models.linear_probe import POWER, RIDGE, ProbeFit, apply_probe
from ppl_mm.registry import MODELS

CHANNELS, CLASSES = 5, 2


def images(count=3):
    """Features and maps that nearly follow them."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(CLASSES, CHANNELS, generator=generator)
    for k in range(count):
        features = torch.randn(CHANNELS, 6 + k, 9, generator=generator) + 4
        noise = 0.1 * torch.randn(CLASSES, 6 + k, 9, generator=generator)
        yield features, torch.einsum('nc,chw->nhw', weight, features) + 2 + noise


@pytest.fixture
def fit():
    made = ProbeFit()
    for features, maps in images():
        made.add(features, maps)
    return made


def test_it_is_a_ridge_regression_over_all_cells(fit):
    cells = torch.cat([one.flatten(1) for one, _ in images()], dim=1).T.numpy()
    maps = torch.cat([one.flatten(1) for _, one in images()], dim=1).T.numpy()
    # As more cells, of which each has one feature and no map.
    ridge = np.sqrt(RIDGE * cells.var(axis=0).mean() * len(cells)) * np.eye(CHANNELS)
    centred = np.concatenate([cells - cells.mean(axis=0), ridge])
    heights = np.concatenate([maps - maps.mean(axis=0), np.zeros((CHANNELS, CLASSES))])
    expected = np.linalg.lstsq(centred, heights, rcond=None)[0]
    weight, bias = fit.solve()
    np.testing.assert_allclose(weight, expected.T, atol=1e-4)
    np.testing.assert_allclose(bias, maps.mean(axis=0) - cells.mean(axis=0) @ expected, atol=1e-3)


def test_features_that_never_change_do_no_harm():
    fit = ProbeFit()
    fit.add(torch.ones(CHANNELS, 4, 4), torch.full((CLASSES, 4, 4), 0.25))
    weight, bias = fit.solve()
    assert weight.abs().max() < 1e-6 and torch.allclose(bias, torch.full_like(bias, 0.25))


def test_a_probe_says_what_was_fitted(fit, tmp_path):
    fit.write(tmp_path / 'a.npz')
    features, maps = next(images(1))
    found = LinearProbe(tmp_path / 'a.npz')(features[None])
    assert found.shape == (1, CLASSES, 6, 9)
    assert (found[0] - maps).abs().mean() < 0.2 < maps.std()


def test_features_of_another_network_are_refused(fit, tmp_path):
    fit.write(tmp_path / 'a.npz')
    with pytest.raises(UserError, match='reads 5 features of each cell, the network has 6'):
        LinearProbe(tmp_path / 'a.npz')(torch.zeros(1, 6, 2, 2))


@pytest.mark.parametrize('spoil', ['missing', 'text', 'other arrays', 'wrong shape', 'no numbers'])
def test_a_bad_file_is_one_line(tmp_path, spoil):
    path = tmp_path / 'a.npz'
    if spoil == 'text':
        path.write_text('none')
    elif spoil != 'missing':
        arrays = dict(weight=np.zeros((2, 5)), bias=np.zeros(3))
        changed = {
            'other arrays': dict(other=np.zeros(1)),
            'no numbers': dict(weight=np.full((2, 5), 'a'), bias=np.zeros(2)),
        }
        np.savez(path, **changed.get(spoil, arrays))
    with pytest.raises(UserError, match=r'a\.npz'):
        LinearProbe(path)


def test_maps_are_moved_to_where_the_probe_is_strong():
    cam = torch.tensor([[[1.0, 0.001, 0.5, 0.0]]])
    right = apply_probe(cam, torch.tensor([[[0.1, 1.0, -1.0, 1.0]]]))
    # 1 x 0.1 and a tenth of 1; what is 0 stays 0, and no probe speaks for what is below 0.
    torch.testing.assert_close(right, torch.tensor([[[1.0, 1.0, 0.0, 0.0]]]), atol=1e-4, rtol=0)
    assert POWER == 1 / 3


@pytest.mark.parametrize('value', [0.0, -3.0])
def test_a_map_of_which_nothing_is_said_stays(value):
    cam = torch.rand(2, 4, 4)
    probed = torch.stack([torch.full((4, 4), value), torch.rand(4, 4)])
    found = apply_probe(cam, probed)
    assert torch.equal(found[0], cam[0]) and found[1].max() == 1
    assert apply_probe(cam[:0], probed[:0]).shape == (0, 4, 4)


class Stripes(torch.nn.Module):
    """A stand-in that is strong in the left half of what it sees, by the features alone."""

    def forward(self, features):
        maps = features.new_zeros(len(features), 3, *features.shape[2:])
        maps[..., : maps.shape[-1] // 2] = 1
        return maps


def test_views_are_averaged_and_upright():
    torch.manual_seed(0)
    head = dict(type='ppl_mm.CAMHead', num_classes=3)
    backbone = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)
    module = dict(type='ppl_mm.CAMClassifier', backbone=backbone, head=head)
    model = MODELS.build(dict(type='ppl_mm.CAMTTAModel', module=module)).eval()
    torch.nn.init.constant_(model.module.head.classifier.weight, 1)
    image = torch.rand(3, 64, 96)
    (plain,) = run(model, views_of(image, [0, 2], (1.0,), (False,)))
    model.module.probe = Stripes()
    (left,) = run(model, views_of(image, [0, 2], (1.0,), (False,)))
    assert plain.cam[..., -4:].max() > 0 and left.cam[..., -4:].max() == 0 and left.cam.max() == 1
    torch.testing.assert_close(left.cam_scale, plain.cam_scale)
    (right,) = run(model, views_of(image, [0, 2], (1.0,), (True,)))
    assert right.cam[..., :4].max() == 0 and right.cam.max() == 1
    (both,) = run(model, views_of(image, [0, 2], (0.5, 1.0), (False, True)))
    assert both.cam[..., :4].max() > 0 and both.cam[..., -4:].max() > 0
