"""ResNet38d in training: frozen norms and stages, dropout, first weights."""

import pytest
import torch
from test_models.test_backbones.resnet38d_layers import expected_convolutions, expected_norms, tiny

from ppl_mm.models import AffinityNet, ResNet38d


def test_norms_are_frozen_by_default():
    net = tiny(frozen_stages=2)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    net(torch.rand(2, 3, 32, 32))[0].sum().backward()
    with_gradient = {name for name, p in net.named_parameters() if p.grad is not None}
    assert with_gradient == {
        f'{name}.weight'
        for name in expected_convolutions()
        if name != 'conv1a' and not name.startswith('b2')
    }
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_norms_learn_where_they_are_told_to():
    net = tiny(norm_eval=False, frozen_stages=2, norm_cfg=dict(type='BN', requires_grad=True))
    before = {key: value.clone() for key, value in net.state_dict().items()}
    net(torch.rand(2, 3, 32, 32))[0].square().sum().backward()
    moved = {
        key
        for key, value in net.state_dict().items()
        if key.endswith('running_mean') and not torch.equal(value, before[key])
    }
    assert moved == {
        f'{name}.running_mean' for name in expected_norms() if not name.startswith('b2')
    }
    assert net.bn7.weight.grad is not None
    assert net.b2.bn_branch2a.weight.grad is None


@pytest.mark.parametrize(
    'frozen, first', [(0, 'conv1a'), (1, 'b2'), (3, 'b4'), (6, 'b7'), (7, None)]
)
def test_frozen_stages(frozen, first):
    net = tiny(frozen_stages=frozen)
    trained = [name.split('.')[0] for name, p in net.named_parameters() if p.requires_grad]
    assert (trained[0] if trained else None) == first


def test_stages_after_the_last_output_are_idle():
    net = tiny(out_indices=(4,))
    net(torch.rand(1, 3, 32, 32))[0].sum().backward()
    assert all((p.grad is not None) == p.requires_grad for p in net.parameters())
    assert net.b5.conv_branch2a.weight.grad is None


def test_dropout_is_for_training_only():
    net, x = tiny(dropout=(0.3, 0.9)), torch.rand(2, 3, 32, 32)
    assert (net.b6.dropout_2b1.p, net.b7.dropout_2b2.p) == (0.3, 0.9)
    with torch.no_grad():
        assert not torch.equal(net(x)[0], net(x)[0])
        net.eval()
        assert torch.equal(net(x)[0], net(x)[0])
        off = tiny(dropout=(0, 0))
        off.load_state_dict(net.state_dict())
        assert torch.equal(off(x)[0], net(x)[0])


def inputs_of(layer, net, x):
    """What a layer gets when the network runs."""
    seen = []
    handle = layer.register_forward_pre_hook(lambda _, args: seen.append(args[0].clone()))
    with torch.no_grad():
        net(x)
    handle.remove()
    return seen[0]


@pytest.mark.parametrize(
    'name, dropped', [('conv_branch2a', False), ('conv_branch1', False), ('conv_branch2b1', True)]
)
def test_dropout_takes_whole_channels_of_the_residual(name, dropped):
    net, x = tiny(dropout=(0.5, 0.5)), torch.rand(1, 3, 64, 64)
    layer = getattr(net.b6, name)
    training = inputs_of(layer, net, x)
    expected = inputs_of(layer, net.eval(), x)
    off = (training == 0).all(dim=(2, 3), keepdim=True)
    if dropped:
        assert 0.1 < (off & expected.any(dim=(2, 3), keepdim=True)).float().mean() < 0.75
        expected = 2 * expected * ~off
    torch.testing.assert_close(training, expected)


def test_dropout_stands_before_both_of_the_last_convolutions():
    net, x = tiny(dropout=(1, 0)), torch.rand(1, 3, 32, 32)
    for name in ('conv_branch2b1', 'conv_branch2b2'):
        assert not inputs_of(getattr(net.b6, name), net, x).any()


def test_affinity_net_trains_all_that_it_uses():
    net = AffinityNet(
        tiny(norm_cfg=dict(type='BN', requires_grad=True)), taps=(3, 12), channels=(4, 8)
    )
    net.train()
    net(torch.rand(1, 3, 32, 32)).square().sum().backward()
    assert all((p.grad is not None) == p.requires_grad for p in net.parameters())
    # The tap's own norm, of a unit that is not run.
    assert net.backbone.b5.bn_branch2a.weight.grad is not None
    assert net.backbone.b5.conv_branch2a.weight.grad is None


def test_initial_weights_keep_the_size_of_features():
    net = ResNet38d(width=0.25)
    net.init_weights()
    (out,) = net.eval()(torch.randn(1, 3, 64, 64))
    assert 0.01 < out.std() < 1000
