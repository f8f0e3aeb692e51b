"""A grid of patches that moves at random."""

import pytest
import torch
from torch.testing import assert_close

from ppl_mm.models import Block, BlockChain, PatchLearning
from studies.variants.moving_grid import MovingMixedPatchLearning, MovingPatchLearning


def cell(stride, kernel):
    """A tail of one convolution, whose stride the neck may not overlook."""
    return Block('square', [torch.nn.Conv2d(2, 2, kernel, stride, padding=kernel // 2)], stride, 2)


def moving(tail, kind=MovingPatchLearning):
    first = Block('first', [torch.nn.Identity()], 1, 2)
    return kind(0, 2), BlockChain([first, tail])


@pytest.mark.parametrize('kind', [MovingPatchLearning, MovingMixedPatchLearning])
@pytest.mark.parametrize('stride', [1, 2, 4])
@pytest.mark.parametrize('size', [(8, 12), (9, 13)])
def test_a_moving_grid_brings_patches_back(stride, kind, size):
    """Who looks at one cell at a time cannot tell where the grid lies."""
    neck, chain = moving(cell(stride, 1), kind)
    x = torch.rand(2, 2, *size)
    for seed in range(4):
        torch.manual_seed(seed)
        whole, patches = neck.train()(x, chain).chunk(2, dim=1)
        assert_close(patches, whole)


def test_a_moving_grid_moves_the_border_of_patches():
    """A border of zeros is where the branches differ, each time elsewhere."""
    neck, chain = moving(cell(1, 3))
    x = torch.rand(1, 2, 8, 8) + 1
    places = set()
    for seed in range(100):
        torch.manual_seed(seed)
        whole, patches = neck.train()(x, chain).chunk(2, dim=1)
        apart = ((whole - patches).abs() > 1e-6).any(dim=1)[0]
        rows, columns = apart.all(dim=1), apart.all(dim=0)
        assert rows.any() and columns.any()
        assert not apart.all()  # inside of a patch nothing has changed
        places.add((*rows.tolist(), *columns.tolist()))
    assert len(places) == 16  # patches of 4 x 4


def test_the_grid_rests_outside_of_training():
    neck, chain = moving(cell(1, 3))
    x = torch.rand(1, 2, 6, 6)
    resting = PatchLearning(0, 2).eval()(x, chain)
    assert torch.equal(neck.eval()(x, chain), resting)
