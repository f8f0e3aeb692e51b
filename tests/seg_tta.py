"""A tiny segmentation network whose views are merged."""

from mmengine.registry import DefaultScope

from ppl_mm.registry import MODELS


def build_tta(type, num_classes=5, head=None, **kwargs):
    network = dict(
        type='mmseg.EncoderDecoder',
        backbone=dict(type='mmpretrain.ResNet', depth=18, stem_channels=4, base_channels=4),
        decode_head=dict(
            type='mmseg.FCNHead',
            in_channels=32,
            channels=4,
            num_convs=1,
            num_classes=num_classes,
            **head or {},
        ),
    )
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(dict(type=type, module=network, **kwargs))
