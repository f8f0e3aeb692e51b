"""Patches among the patches of other images."""

import torch
from torch.testing import assert_close

from ppl_mm.models import Block, BlockChain, MixedPatchLearning, block_chain
from ppl_mm.models.self_training.mixed_patches import mixed_branch


def test_mixed_patches_return_to_their_places():
    """A tail that looks at one cell at a time cannot tell who is beside."""
    tail = BlockChain([Block('point', [torch.nn.Conv2d(4, 5, 1)], 1, 5)])
    features = torch.rand(3, 4, 7, 10)
    for seed in range(3):
        torch.manual_seed(seed)
        mixed = mixed_branch(features, tail, (2, 3), (7, 10))
        assert_close(mixed, tail(features))


def test_mixed_patches_have_neighbours_of_other_images():
    tail = BlockChain([Block('square', [torch.nn.Conv2d(1, 1, 3, padding=1, bias=False)], 1, 1)])
    torch.manual_seed(0)
    features = torch.rand(4, 1, 8, 8, requires_grad=True)
    mixed = mixed_branch(features, tail, 2, (8, 8))
    (gradient,) = torch.autograd.grad(mixed[0].sum(), features)
    assert gradient[1:].abs().sum() > 0  # seen beyond the border of a patch
    # In the middle of a patch nothing has changed.
    assert_close(mixed[:, :, 1:3, 1:3], tail(features)[:, :, 1:3, 1:3])


def test_mixed_patches_stay_where_they_are_outside_of_training(make_backbone):
    chain = block_chain(make_backbone('resnet18'))
    neck = MixedPatchLearning(1, 2)
    x = torch.rand(2, 3, 64, 64)
    whole, patches = neck.train()(x, chain).chunk(2, dim=1)
    assert not torch.allclose(whole, patches)
    whole, patches = neck.eval()(x, chain).chunk(2, dim=1)
    assert torch.equal(whole, patches)
    neck.set_stage(1, 1)  # one patch has no stranger beside it
    whole, patches = neck.train()(x, chain).chunk(2, dim=1)
    assert torch.equal(whole, patches)
