"""Networks for images of other channels than three."""

import pytest
import torch
from mmengine.registry import DefaultScope
from torch import nn

from ppl_mm.models.backbones.input_channels import input_channels
from ppl_mm.registry import MODELS

VIT = dict(
    arch=dict(embed_dims=16, num_layers=1, num_heads=2, feedforward_channels=32),
    img_size=64,
    patch_size=16,
    out_type='featmap',
)


@pytest.mark.parametrize('channels', [2, 3, 13])
@pytest.mark.parametrize(
    'network',
    [
        dict(type='ppl_mm.EfficientNetLite'),
        dict(type='ppl_mm.DilatedMobileNetV2'),
        dict(type='ResNet', depth=18),
        dict(type='VisionTransformer', **VIT),
    ],
    ids=lambda network: network['type'],
)
def test_networks_take_as_many_channels_as_they_are_built_for(network, channels):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        net = MODELS.build(dict(network, in_channels=channels))
    assert input_channels(net) == input_channels(nn.ModuleDict(dict(backbone=net))) == channels
    features = net(torch.rand(2, channels, 64, 64))[0]
    assert torch.isfinite(features).all()
    features.sum().backward()


def test_without_a_convolution_images_have_three_channels():
    assert input_channels(nn.Linear(2, 2)) == 3
