from types import SimpleNamespace

import torch
from torch import nn

from ppl_mm.engine.hooks import ChannelsLastHook


def test_feature_maps_are_channels_last_and_the_same():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 3))
    images = torch.rand(2, 3, 9, 9)  # channels first
    expected = model(images)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    ChannelsLastHook().before_run(SimpleNamespace(model=model))
    found = model(images)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert not expected.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found, expected)
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())


def test_elsewhere_than_on_a_cpu_a_model_stays_as_it_is():
    model = nn.Conv2d(3, 8, 3, device='meta')  # in place of a GPU
    ChannelsLastHook().before_run(SimpleNamespace(model=model))
    assert not model.weight.is_contiguous(memory_format=torch.channels_last)


def test_a_config_turns_it_on(tiny_cfg, train):
    # Fewer channels make oneDNN fail: uxlfoundation/oneDNN#6035.
    runner = train(
        tiny_cfg(
            **{
                'model.backbone.stem_channels': 16,
                'model.backbone.base_channels': 16,
                'default_hooks.channels_last': dict(type='ppl_mm.ChannelsLastHook'),
            }
        )
    )
    weight = runner.model.backbone.layer1[0].conv1.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
