"""Settings of single parameters that nothing reads."""

import pytest
from mmengine.config import Config
from mmengine.optim import DefaultOptimWrapperConstructor

from ppl_mm.errors import UserError
from ppl_mm.utils.config.check import check_config


def config(constructor=None, **settings):
    optimizer = dict(type='SGD', lr=0.1, weight_decay=0.1)
    wrapper = dict(optimizer=optimizer, paramwise_cfg=settings)
    if constructor:
        wrapper['constructor'] = constructor
    return Config(dict(default_scope='mmpretrain', optim_wrapper=wrapper))


class OwnConstructor(DefaultOptimWrapperConstructor):
    """A constructor whose settings stand nowhere as this project's check looks for them."""


@pytest.mark.parametrize(
    'given',
    [
        dict(custom_keys=dict(head=dict(lr_mult=10.0, decay_mult=0.0, momentum=0.5))),
        dict(custom_keys=dict(theta=dict(wd_mult=0.0))),  # mmseg's DNLNet
        dict(_delete=True),  # mmpretrain's Twins
        dict(custom_keys=dict(predictor=dict(fix_lr=True))),  # mmpretrain's SimSiamHook reads it
        dict(constructor=OwnConstructor, own_rate=0.7, custom_keys=dict(head={})),
        dict(norm_decay_mult=0, bias_decay_mult=0.0, bypass_duplicate=True),
        dict(constructor='LearningRateDecayOptimWrapperConstructor', layer_decay_rate=0.7),
        dict(constructor='mmseg.LayerDecayOptimizerConstructor', num_layers=12, decay_rate=0.9),
    ],
)
def test_what_a_constructor_reads_is_right(given):
    check_config(config(**given))


@pytest.mark.parametrize(
    'given, said',
    [
        (dict(custom_key={}), r"custom_key: .*no 'custom_key'; did you mean custom_keys\?"),
        (dict(norm_decay=0), r'norm_decay: .*did you mean norm_decay_mult\?'),
        (dict(layer_decay_rate=0.7), 'layer_decay_rate: mmengine reads no'),
        (
            dict(constructor='LearningRateDecayOptimWrapperConstructor', layer_decay=0.7),
            r'layer_decay: .*did you mean layer_decay_rate\?',
        ),
        (dict(custom_keys=dict(head=dict(lr_mul=2))), r'custom_keys\.head\.lr_mul: .*lr_mult\?'),
        (dict(custom_keys=dict(head=3)), r'custom_keys\.head=3 must be a dict'),
        (
            dict(custom_keys=dict(head=dict(decay=0))),
            r'custom_keys\.head\.decay: mmengine reads no',
        ),
        (dict(custom_keys='head'), "custom_keys='head' must be a dict"),
    ],
)
def test_what_no_constructor_reads_is_refused(given, said):
    with pytest.raises(UserError, match=rf'optim_wrapper\.paramwise_cfg\.{said}'):
        check_config(config(**given))


def test_a_constructor_of_ones_own_may_make_several_optimizers():
    parts = {name: dict(optimizer=dict(type='SGD', lr=0.1)) for name in ('first', 'second')}
    settings = dict(custom_keys=dict(head=dict(lr_mult=2)))
    wrapper = dict(parts, constructor=OwnConstructor, paramwise_cfg=settings)
    check_config(Config(dict(default_scope='mmpretrain', optim_wrapper=wrapper)))
