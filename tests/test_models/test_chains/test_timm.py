"""Networks of timm, with random weights: their chains are what they run."""

import copy

import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.models.block_chain import block_chain
from ppl_mm.registry import MODELS

pytest.importorskip('timm')

NAMES = (
    *('resnet18', 'resnet26d', 'resnest14d', 'resnext50_32x4d', 'regnetx_002', 'regnety_002'),
    *('efficientnet_lite0', 'tf_efficientnet_b0', 'mobilenetv2_035', 'mobilenetv3_small_050'),
    *('convnext_atto', 'convnextv2_atto', 'densenet121'),
)
REFUSED = ('swinv2_tiny_window8_256', 'eva02_tiny_patch14_224', 'maxvit_rmlp_pico_rw_256')


def timm_backbone(name, **settings):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        backbone = MODELS.build(dict(type='TIMMBackbone', model_name=name, **settings))
    backbone.eval()  # mmpretrain's backbones return None from it
    return backbone


@pytest.mark.parametrize('name', NAMES)
def test_a_chain_is_what_the_network_runs(name):
    torch.manual_seed(0)
    backbone = timm_backbone(name)
    chain, x = block_chain(backbone), torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        whole, (expected,) = chain(x), backbone(x)
        cut = chain[len(chain) // 2 :](chain[: len(chain) // 2](x))
    assert torch.equal(whole, expected) and torch.equal(cut, expected)
    assert whole.shape == (1, chain[-1].channels, 64 // chain.stride, 96 // chain.stride)
    assert chain.stride == 32 and len(chain) > 4


def test_patches_of_convnext_lie_side_by_side():
    chain = block_chain(timm_backbone('convnext_atto'))
    assert [block.stride for block in chain if block.tiles] == [4, 2, 2, 2]
    assert not any(block.tiles for block in block_chain(timm_backbone('resnet18')))


def test_arguments_of_timm_are_followed():
    backbone = timm_backbone('resnet18', output_stride=16, in_channels=5)
    chain = block_chain(backbone)
    assert chain.stride == 16 and chain(torch.rand(1, 5, 64, 64)).shape == (1, 512, 4, 4)


def test_a_copy_runs_its_own_weights_and_no_mode_changes():
    backbone = timm_backbone('resnet18')
    backbone.train()
    backbone.timm_model.bn1.eval()
    block_chain(backbone)
    assert backbone.timm_model.layer1.training and not backbone.timm_model.bn1.training
    other, x = copy.deepcopy(backbone), torch.rand(1, 3, 64, 64)
    other.eval()
    with torch.no_grad():
        for weight in other.parameters():
            weight.mul_(0.5)
        assert torch.equal(block_chain(other)(x), other(x)[0])


@pytest.mark.parametrize('name', REFUSED)
def test_a_family_without_a_chain_is_one_line(name):
    with pytest.raises(UserError) as caught:
        block_chain(timm_backbone(name))
    message = str(caught.value)
    assert 'ConvNeXt' in message and 'SwinTransformer' in message and '\n' not in message


def test_several_feature_maps_are_refused():
    with pytest.raises(UserError, match='features_only=False'):
        block_chain(timm_backbone('resnet18', features_only=True))


@pytest.mark.parametrize('name', ['convnext_atto', 'efficientnet_lite0'])
def test_patch_learning_trains_on_it(name):
    classifier = dict(
        type='ppl_mm.CAMClassifier',
        backbone=dict(type='mmpretrain.TIMMBackbone', model_name=name, output_stride=16),
        neck=dict(type='ppl_mm.PatchLearning', position=4, grid=2),
        head=dict(type='ppl_mm.CAMHead', num_classes=3),
    )
    model, images = MODELS.build(classifier), torch.rand(2, 3, 64, 64)
    samples = [DataSample().set_gt_label([one]) for one in (0, 2)]
    for sample in samples:
        sample.set_gt_score(torch.eye(3)[sample.gt_label].sum(0))
    losses = model.loss(images, samples)
    losses['loss'].backward()
    assert all(weight.grad is not None for weight in model.parameters() if weight.requires_grad)
    (feats,) = model.extract_feat(images)
    assert feats.shape[2:] == (4, 4)
