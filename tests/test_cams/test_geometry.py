"""Maps lie on their image, whatever the network padded or dropped."""

import pytest
import torch
import torch.nn.functional as F

from ppl_mm.cams import lay_over


def tiles_of(ramp, stride, cells):
    """The mean of each square of ``stride`` pixels; zeros where the ramp ends."""
    more = max(0, cells * stride - len(ramp))
    return F.pad(ramp, (0, more))[: cells * stride].reshape(cells, stride).mean(dim=1)


@pytest.mark.parametrize('stride', [4, 16])
@pytest.mark.parametrize('side', [64, 65, 79, 90])
@pytest.mark.parametrize('drops', [False, True])
def test_a_ramp_comes_back_where_it_was(stride, side, drops):
    """Cell means of a ramp, interpolated, are the ramp between the centres."""
    cells = side // stride if drops else -(-side // stride)
    ramp = torch.arange(side, dtype=torch.float32)
    down = tiles_of(ramp, stride, cells)[:, None].expand(cells, 7)
    extent = (cells * stride / side, 1)
    laid = lay_over(torch.stack([down, -down]), (side, 7), extent)
    assert laid.shape == (2, side, 7)
    whole = side // stride  # cells without padding
    first, last = stride // 2, whole * stride - stride // 2
    torch.testing.assert_close(laid[0, first:last, 3], ramp[first:last], rtol=0, atol=1e-3)
    torch.testing.assert_close(laid[0], -laid[1])
    # Sideways it is the same.
    turned = lay_over(down.T[None], (7, side), extent[::-1])
    torch.testing.assert_close(turned[0], laid[0].T)
    if drops:  # what no cell saw is like the last cell
        assert (laid[0, whole * stride :] == down[-1, 0]).all()


@pytest.mark.parametrize('size', [(9, 13), (32, 40), (1, 1)])
def test_a_map_of_the_image_is_stretched_over_it(size):
    cam = torch.rand(3, 5, 4)
    expected = F.interpolate(cam[None], size=size, mode='bilinear', align_corners=False)[0]
    assert torch.equal(lay_over(cam, size), expected)
    torch.testing.assert_close(lay_over(cam, size, (1 + 1e-7, 1)), expected)


@pytest.mark.parametrize('extent', [(1, 1), (1.5, 0.5)])
def test_no_map_stays_no_map(extent):
    assert lay_over(torch.zeros(0, 3, 4), (6, 8), extent).shape == (0, 6, 8)
