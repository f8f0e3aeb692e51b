"""Patches of token grids, against the transformers' own functions."""

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import MODELS

from ppl_mm.errors import UserError
from ppl_mm.models import AffinityNet, CAMClassifier, PatchLearning, block_chain
from ppl_mm.models.chains.tokens import map_to_tokens, tokens_to_map
from ppl_mm.models.patch_learning import patch_branch


@pytest.mark.parametrize('extra', [0, 1, 2])
def test_a_map_holds_its_tokens(extra):
    tokens = torch.rand(2, extra + 12, 5)
    x = tokens_to_map(tokens, (3, 4), extra)
    assert x.shape == (2, 5 * (1 + extra), 3, 4)
    assert torch.equal(map_to_tokens(x, extra), tokens)
    for row, column in ((0, 0), (1, 2), (2, 3)):
        assert torch.equal(x[:, :5, row, column], tokens[:, extra + row * 4 + column])
        assert torch.equal(x[:, 5:, row, column], tokens[:, :extra].flatten(1))


def embedded(net, images):
    """What the first layer of a transformer gets: (tokens, size)."""
    seen = []
    first = net.layers[0] if hasattr(net, 'layers') else (net.stages[0].blocks[0])
    handle = first.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    net(images)
    handle.remove()
    return seen[0], net.patch_embed(images)[1]


@pytest.mark.parametrize('name', ['vit', 'vit_cut', 'deit'])
@pytest.mark.parametrize('position, size', [(0, (32, 48)), (2, (32, 48)), (2, (40, 56))])
def test_each_patch_has_its_own_class_token(make_backbone, name, position, size):
    """Patch by patch on tokens: a copy in, through the tail, dropped."""
    net, images = make_backbone(name), torch.rand(2, 3, *size)
    last = max(net.out_indices)
    rows = []
    with torch.no_grad():
        tokens, (height, width) = embedded(net, images)
        for layer in net.layers[:position]:
            tokens = layer(tokens)
        extra = tokens.shape[1] - height * width
        cells = F.pad(
            tokens[:, extra:].view(2, height, width, -1), (0, 0, 0, width % 2, 0, height % 2)
        )
        for strip in cells.chunk(2, dim=1):
            row = []
            for patch in strip.chunk(2, dim=2):
                x = torch.cat([tokens[:, :extra], patch.flatten(1, 2)], 1)
                for layer in net.layers[position : last + 1]:
                    x = layer(x)
                if last + 1 == len(net.layers):
                    x = net.ln1(x)
                row.append(x[:, extra:].view_as(patch))
            rows.append(torch.cat(row, dim=2))
        expected = torch.cat(rows, dim=1)[:, :height, :width]
        expected = expected.permute(0, 3, 1, 2)
        chain = block_chain(net)
        out = patch_branch(chain[: position + 1](images), chain[position + 1 :], 2, (height, width))
    torch.testing.assert_close(out, expected)


def test_windows_stay_in_their_patch(make_backbone):
    net, images = make_backbone('swin'), torch.rand(2, 3, 64, 48)
    stage, norm = net.stages[1], net.norm2
    rows = []
    with torch.no_grad():
        tokens, size = embedded(net, images)
        tokens, (height, width) = net.stages[0](tokens, size)
        cells = tokens.view(2, height, width, -1)
        for strip in cells.chunk(2, dim=1):
            row = []
            for patch in strip.chunk(3, dim=2):
                x, size = stage(patch.flatten(1, 2), patch.shape[1:3])
                x, size = net.stages[2](x, size)
                row.append(norm(x).view(2, *size, -1))
            rows.append(torch.cat(row, dim=2))
        expected = torch.cat(rows, dim=1).permute(0, 3, 1, 2)
        chain = block_chain(net)
        assert chain[2].name == 'stages.0.downsample'
        out = patch_branch(chain[:3](images), chain[3:], (2, 3), tuple(expected.shape[2:]))
    torch.testing.assert_close(out, expected)


@pytest.mark.parametrize('name', ['vit', 'deit', 'swin_cut'])
@pytest.mark.parametrize('size', [(64, 64), (40, 90)])
def test_positions_are_part_of_the_first_block(make_backbone, name, size):
    """So patches keep the places that they had in the image."""
    net, images = make_backbone(name), torch.rand(1, 3, *size)
    block = block_chain(net)[0]
    with torch.no_grad():
        tokens, size = embedded(net, images)
        extra = tokens.shape[1] - size[0] * size[1]
        assert torch.equal(block(images), tokens_to_map(tokens, size, extra))
        places = net.pos_embed if extra else net.absolute_pos_embed
        before = block.features(block(images))
        places += torch.rand_like(places)
        assert not torch.equal(block.features(block(images)), before)
    # To be trained as part of it.
    assert any(p is places for layer in block.layers for p in layer.parameters())


@pytest.mark.parametrize('name', ['vit', 'deit', 'swin'])
def test_a_chain_names_every_parameter(make_backbone, name):
    net = make_backbone(name)
    named = [
        p
        for block in block_chain(net)
        for layer in block.layers
        for p in getattr(layer, 'parameters', tuple)()
    ]
    assert len(named) == len(set(named))
    assert set(named) == set(net.parameters())


@pytest.mark.parametrize('name', ['vit', 'deit'])
def test_features_are_without_class_token(make_backbone, name):
    net, x = make_backbone(name), torch.rand(1, 3, 64, 64)
    chain = block_chain(net)
    with torch.no_grad():
        _, maps = chain.run(x, (3, 5))
        tokens = embedded(net, x)[0]
        for layer in net.layers[:3]:
            tokens = layer(tokens)
    features = chain[3].features(maps[3])
    assert features.shape == (1, 12, 8, 8)
    assert maps[3].shape[1] == 12 * (1 + net.num_extra_tokens)
    assert torch.equal(features.flatten(2).transpose(1, 2), tokens[:, net.num_extra_tokens :])
    assert chain[5].features(maps[5]) is maps[5]
    assert AffinityNet(net, taps=(3, 5), channels=(2, 3))(x).shape == (1, 5, 8, 8)


@pytest.mark.parametrize('name', ['vit', 'deit', 'swin'])
def test_a_classifier_learns_and_its_copy_is_its_own(make_backbone, name):
    model = CAMClassifier(
        make_backbone(name),
        dict(type='ppl_mm.PatchLearning', position=2, grid=2),
        dict(type='ppl_mm.CAMHead', num_classes=3),
    ).train()
    x = torch.rand(2, 3, 64, 64)
    model(x).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.eval()
    with torch.no_grad():
        before, copy = model(x), deepcopy(model)
        for p in model.parameters():
            p.zero_()
        assert torch.equal(copy(x), before)


@pytest.mark.parametrize('kind', ['VisionTransformer', 'DistilledVisionTransformer'])
@pytest.mark.parametrize('out_type', ['cls_token', 'avg_featmap', 'raw'])
def test_only_maps_can_be_cut(kind, out_type):
    net = MODELS.build(dict(type=f'mmpretrain.{kind}', arch='deit-tiny', out_type=out_type))
    with pytest.raises(UserError, match="set out_type='featmap'") as caught:
        block_chain(net)
    assert kind in str(caught.value) and '\n' not in str(caught.value)


def test_a_relative_with_another_forward_is_refused():
    net = MODELS.build(dict(type='mmpretrain.DeiT3', arch='small'))
    with pytest.raises(UserError, match='DeiT3: no block chain is known'):
        block_chain(net)


def test_patches_smaller_than_a_window():
    net = MODELS.build(
        dict(
            type='mmpretrain.SwinTransformer',
            img_size=64,
            window_size=4,
            arch=dict(embed_dims=6, depths=[1, 1], num_heads=[1, 2]),
            out_indices=(1,),
        )
    )
    chain, x = block_chain(net), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(chain(x), net(x)[-1])
        assert PatchLearning(1, 2)(x, chain).shape == (1, 24, 8, 8)
        with pytest.raises(UserError, match='pad_small_map=True') as caught:
            PatchLearning(1, 4)(x, chain)
    assert '2 x 2 cells' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_affinities_lie_on_the_image_that_the_backbone_padded(make_backbone):
    """Padded by hand the features are the same: those of the part that is the image."""
    net = AffinityNet(make_backbone('vit'), taps=(3, 5), channels=(2, 3), stride=1).eval()
    image = torch.rand(1, 3, 35, 60)
    with torch.no_grad():
        by_hand = net(F.pad(image, (0, 4, 0, 5)))[..., :35, :60]
        torch.testing.assert_close(net(image), by_hand)
