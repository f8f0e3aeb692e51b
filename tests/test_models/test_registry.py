"""What a config names is found without an import by the user."""

import pytest
from mmengine.registry import DefaultScope

import ppl_mm.models
from ppl_mm.registry import MODELS


def test_every_registered_model_is_in_a_module_that_the_registry_imports():
    public = [getattr(ppl_mm.models, name) for name in ppl_mm.models.__all__]
    registered = [one for one in public if one in MODELS.module_dict.values()]
    assert len(registered) > 10
    assert {one.__module__ for one in registered} <= set(MODELS._locations)


@pytest.mark.parametrize('scope', ['mmpretrain', 'mmseg'])
@pytest.mark.parametrize(
    'name, settings',
    [('ResNet38d', dict(width=0.125)), ('DilatedMobileNetV2', {}), ('EfficientNetLite', {})],
)
def test_backbones_are_built_from_both_scopes(name, settings, scope):
    with DefaultScope.overwrite_default_scope(scope):
        net = MODELS.build(dict(settings, type=f'ppl_mm.{name}'))
    assert isinstance(net, getattr(ppl_mm.models, name))
