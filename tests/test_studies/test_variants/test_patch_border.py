"""What the convolutions of a tail see beyond a patch."""

import pytest
import torch
from mmengine.registry import MODELS
from mmengine.runner.activation_checkpointing import turn_on_activation_checkpointing
from torch import nn

from ppl_mm.errors import UserError
from ppl_mm.models import PatchLearning, block_chain
from ppl_mm.models.block_chain import Block, BlockChain
from ppl_mm.models.patch_learning import patch_branch
from studies.variants.patch_border import (
    ReplicateMultiGranularityFusion,
    ReplicatePatchLearning,
    replicate_padding,
)


def replicated(features, tail, grid, size):
    whole = torch.empty(len(features), tail.channels, *size)
    return ReplicatePatchLearning(0, grid).eval().patches(features, tail, grid, whole)


@pytest.fixture
def backbone():
    net = MODELS.build(
        dict(
            type='ppl_mm.DilatedMobileNetV2',
            strides=(1, 2, 2, 2, 1, 1, 1),
            dilations=(1, 1, 1, 1, 1, 2, 2),
            widen_factor=0.1,
        )
    )
    net.init_weights()
    net.eval()
    return net


def replicating(backbone):
    """The same weights in convolutions that were built to replicate."""
    for module in list(backbone.modules()):
        for name, conv in list(module.named_children()):
            if isinstance(conv, nn.Conv2d):
                new = nn.Conv2d(
                    conv.in_channels,
                    conv.out_channels,
                    conv.kernel_size,
                    conv.stride,
                    conv.padding,
                    conv.dilation,
                    conv.groups,
                    conv.bias is not None,
                    padding_mode='replicate',
                )
                new.load_state_dict(conv.state_dict())
                setattr(module, name, new)
    return backbone


@pytest.mark.parametrize('position', [4, 12])
def test_each_patch_runs_as_in_a_replicating_network(backbone, position):
    features = torch.rand(2, block_chain(backbone)[position].channels, 8, 12)
    tail = block_chain(backbone)[position + 1 :]
    size = tail(features).shape[2:]
    fast = replicated(features, tail, (2, 3), size)
    zeros = patch_branch(features, tail, (2, 3), size)
    tail = block_chain(replicating(backbone))[position + 1 :]
    slow = torch.cat(
        [
            torch.cat([tail(part) for part in row.chunk(3, dim=3)], dim=3)
            for row in features.chunk(2, dim=2)
        ],
        dim=2,
    )
    torch.testing.assert_close(fast, slow)
    assert not torch.allclose(fast, zeros)


def test_a_constant_patch_has_no_rim(backbone):
    """Zeros draw a rim around a patch of one colour; its own border not."""
    tail = block_chain(backbone)[13:]
    channels = block_chain(backbone)[12].channels
    features = torch.rand(1, channels, 1, 1).expand(1, channels, 8, 8)
    out = replicated(features, tail, 2, (8, 8))
    torch.testing.assert_close(out, out[:, :, :1, :1].expand_as(out))
    rim = patch_branch(features, tail, 2, (8, 8))
    assert rim.std(dim=(2, 3)).max() > 0.01 * rim.max()


def test_one_patch_keeps_its_zeros(backbone):
    tail = block_chain(backbone)[13:]
    features = torch.rand(1, block_chain(backbone)[12].channels, 7, 5)
    whole = tail(features)
    one = replicated(features, tail, 1, whole.shape[2:])
    assert torch.equal(one, whole)


def test_padding_is_as_before_also_after_an_error(backbone):
    chain = block_chain(backbone)
    convs = [module for module in backbone.modules() if isinstance(module, nn.Conv2d)]
    before = [conv.padding for conv in convs]
    with pytest.raises(KeyError), replicate_padding(chain):
        assert not any(conv.padding != (0, 0) for conv in convs)
        raise KeyError
    assert [conv.padding for conv in convs] == before
    assert not any(conv._forward_pre_hooks for conv in convs)


@pytest.mark.parametrize(
    'neck', [ReplicatePatchLearning(12, 2), ReplicateMultiGranularityFusion([4, 12], [2, 2])]
)
def test_necks_use_their_border(backbone, neck):
    x, chain = torch.rand(1, 3, 64, 64), block_chain(backbone)
    out = neck.eval()(x, chain)
    half = chain.channels
    features = chain[:13](x)
    torch.testing.assert_close(out[:, :half], chain(x))
    torch.testing.assert_close(out[:, -half:], replicated(features, chain[13:], 2, (4, 4)))


def test_a_backbone_that_computes_anew_is_refused():
    net = MODELS.build(
        dict(type='mmpretrain.ResNet', depth=18, with_cp=True, stem_channels=8, base_channels=8)
    )
    with pytest.raises(UserError, match='with_cp=True'):
        ReplicatePatchLearning(2, 2)(torch.rand(1, 3, 64, 64), block_chain(net))


def test_a_forward_that_is_computed_anew_is_refused(backbone):
    """In the backward pass its padding would be zeros again."""
    turn_on_activation_checkpointing(backbone, ['layer7.0'])
    with pytest.raises(UserError, match='activation_checkpointing'):
        ReplicatePatchLearning(2, 2)(torch.rand(1, 3, 64, 64), block_chain(backbone))
    PatchLearning(2, 2)(torch.rand(1, 3, 64, 64), block_chain(backbone))


def test_a_shared_convolution_pads_once():
    conv = nn.Conv2d(3, 3, 3, padding=1)
    tail = BlockChain([Block('one', (conv, conv), 1, 3)])
    x = torch.rand(1, 3, 4, 4)
    with replicate_padding(tail):
        assert tail(x).shape == x.shape
    assert conv.padding == (1, 1)
