import pytest
import torch

from ppl_mm.cams import normalize_cam


def test_each_map_is_divided_by_its_own_maximum():
    cam = torch.tensor([[[-1.0, 2.0, 4.0]], [[0.1, 0.2, -9.0]]])
    expected = torch.tensor([[[0.0, 0.5, 1.0]], [[0.5, 1.0, 0.0]]])
    torch.testing.assert_close(normalize_cam(cam), expected)


def test_a_map_without_evidence_stays_zero():
    cam = torch.stack([-torch.rand(3, 4), torch.zeros(3, 4)])
    assert normalize_cam(cam).eq(0).all()


def test_the_maximum_is_exactly_one_however_small():
    cam = torch.rand(5, 6, 7) * torch.logspace(-30, 30, 5)[:, None, None]
    assert normalize_cam(cam).amax(dim=(1, 2)).eq(1).all()


def test_scale_does_not_matter_and_the_argument_is_kept():
    cam = torch.randn(3, 6, 7)
    before = cam.clone()
    torch.testing.assert_close(normalize_cam(4 * cam), normalize_cam(cam))
    assert cam.equal(before)


def test_no_maps():
    assert normalize_cam(torch.zeros(0, 6, 7)).shape == (0, 6, 7)


def test_a_batch_is_refused():
    with pytest.raises(ValueError, match=r'\(n, h, w\)'):
        normalize_cam(torch.zeros(1, 3, 6, 7))
