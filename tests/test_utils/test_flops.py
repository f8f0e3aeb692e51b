"""The operations of convolutions, forward and backward, written down."""

import pytest
import torch
from torch import nn

from ppl_mm.utils.flops import count_flops


@pytest.mark.parametrize('groups', [1, 2, 8])
@pytest.mark.parametrize('first', [True, False])
def test_a_convolution(groups, first):
    conv = nn.Conv2d(8, 16, 3, padding=1, groups=groups, bias=False)
    x = torch.rand(2, 8, 5, 7, requires_grad=not first)
    # Each of 2 x 16 x 5 x 7 outputs takes 8 / groups x 3 x 3 products.
    once = 2 * 2 * 16 * 5 * 7 * (8 // groups) * 9
    with count_flops() as counter:
        out = conv(x)
        assert counter.get_total_flops() == once
        out.sum().backward()
    # The gradient of the weight, and of the input where it is wanted.
    assert counter.get_total_flops() == once * (2 if first else 3)
