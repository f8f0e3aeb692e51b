from pathlib import Path

import pytest
import torch
from mmpretrain.models.backbones import MobileNetV2
from networks import with_random_norms

from ppl_mm.models import DilatedMobileNetV2

WEIGHTS = Path(__file__).parents[3] / 'weights/mobilenet_v2_imagenet.pth'
STRIDE_16 = dict(strides=(1, 2, 2, 2, 1, 1, 1), dilations=(1, 1, 1, 1, 1, 2, 2))
STRIDE_8 = dict(strides=(1, 2, 2, 1, 1, 1, 1), dilations=(1, 1, 1, 2, 2, 4, 4))


def random_network(**kwargs):
    torch.manual_seed(0)
    return with_random_norms(DilatedMobileNetV2(widen_factor=0.25, **kwargs))


def inference(net):
    """mmpretrain's backbones return None from eval()."""
    net.eval()
    return net


@pytest.mark.parametrize('widen_factor', [0.25, 1.0])
def test_defaults_are_the_plain_network(widen_factor):
    plain = inference(MobileNetV2(widen_factor=widen_factor))
    net = inference(DilatedMobileNetV2(widen_factor=widen_factor))
    assert list(net.state_dict()) == list(plain.state_dict())
    net.load_state_dict(plain.state_dict())
    x = torch.rand(2, 3, 40, 56)
    assert torch.equal(net(x)[0], plain(x)[0])


@pytest.mark.parametrize('setting, step', [(STRIDE_16, 2), (STRIDE_8, 4)])
@pytest.mark.parametrize('size', [(64, 64), (75, 50)])
def test_dilated_outputs_hold_the_strided_ones(setting, step, size):
    plain = random_network().double()
    net = random_network(**setting).double()
    net.load_state_dict(plain.state_dict())
    x = torch.rand(2, 3, *size, dtype=torch.float64)
    expected, dense = plain(x)[0], net(x)[0]
    stride = 32 // step
    assert dense.shape[2:] == tuple(-(-n // stride) for n in size)
    torch.testing.assert_close(dense[..., ::step, ::step], expected)


def test_features_of_several_layers():
    net = DilatedMobileNetV2(out_indices=(1, 2, 4, 6), **STRIDE_16)
    shapes = [tuple(f.shape) for f in net(torch.rand(1, 3, 64, 64))]
    assert shapes == [(1, 24, 16, 16), (1, 32, 8, 8), (1, 96, 4, 4), (1, 320, 4, 4)]


def test_more_stride_than_published():
    # A block that has a shortcut loses it when it is given a stride.
    net = inference(DilatedMobileNetV2(widen_factor=0.35, strides=(1, 2, 2, 2, 2, 2, 2)))
    assert net(torch.rand(1, 3, 128, 128))[0].shape[2:] == (1, 1)


@pytest.mark.parametrize(
    'setting',
    [
        dict(strides=(1, 2, 2)),
        dict(strides=(1, 2, 2, 2, 1, 3, 1)),
        dict(dilations=(1, 1, 1, 1, 1, 1, 0)),
        dict(dilations=(2,) * 8),
    ],
)
def test_illegal_settings(setting):
    with pytest.raises(ValueError, match='of DilatedMobileNetV2 must be 7'):
        DilatedMobileNetV2(**setting)


@pytest.mark.skipif(not WEIGHTS.exists(), reason=f'no {WEIGHTS.name}')
def test_imagenet_weights_fit():
    checkpoint = torch.load(WEIGHTS, weights_only=True)['state_dict']
    state = {
        key.removeprefix('backbone.'): value
        for key, value in checkpoint.items()
        if 'backbone.' in key
    }
    net = DilatedMobileNetV2(
        **STRIDE_16, init_cfg=dict(type='Pretrained', checkpoint=str(WEIGHTS), prefix='backbone.')
    )
    net.load_state_dict(state, strict=True)
    expected = {key: value.clone() for key, value in state.items()}
    net.init_weights()
    assert all(torch.equal(value, expected[key]) for key, value in net.state_dict().items())
