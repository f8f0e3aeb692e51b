"""Segmentation networks whose maps would be stretched are refused, with the fix."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope
from mmseg.structures import SegDataSample

from ppl_mm.engine.hooks import PaddingHook
from ppl_mm.errors import UserError
from ppl_mm.registry import MODELS

VIT = dict(
    type='mmseg.VisionTransformer',
    img_size=(32, 32),
    patch_size=16,
    embed_dims=12,
    num_layers=2,
    num_heads=3,
    out_indices=1,
)
SWIN = dict(
    type='mmseg.SwinTransformer',
    embed_dims=6,
    depths=(1, 1, 1),
    num_heads=(1, 2, 3),
    strides=(4, 2, 2),
    window_size=3,
    out_indices=(2,),
)
REFINED = dict(
    type='ppl_mm.RefinedSegTTAModel', refiners=dict(type='ppl_mm.DenseCRF', preset='deeplab_v1')
)
MAPS = dict(type='ppl_mm.SegMapTTAModel')


def build(model, backbone, divisor=None):
    preprocessor = dict(type='mmseg.SegDataPreProcessor')
    if divisor:
        preprocessor['test_cfg'] = dict(size_divisor=divisor)
    network = dict(
        type='mmseg.EncoderDecoder',
        data_preprocessor=preprocessor,
        backbone=backbone,
        decode_head=dict(
            type='mmseg.FCNHead',
            in_channels=12 if backbone is VIT else 24,
            channels=4,
            num_convs=1,
            num_classes=3,
        ),
        test_cfg=ConfigDict(mode='whole'),
    )
    with DefaultScope.overwrite_default_scope('mmseg'):
        torch.manual_seed(0)
        return MODELS.build(dict(model, module=network)).eval()


@pytest.mark.parametrize('model', [REFINED, MAPS])
@pytest.mark.parametrize('backbone, needed', [(VIT, 16), (SWIN, 16)])
def test_the_preprocessor_has_to_pad(model, backbone, needed):
    for divisor in (None, needed // 2):
        with pytest.raises(UserError, match=rf'test_cfg=dict\(size_divisor={needed}\)'):
            build(model, backbone, divisor)
    for divisor in (needed, 2 * needed):
        build(model, backbone, divisor)


@pytest.mark.parametrize('when', ['before_train', 'before_test'])
def test_a_run_of_the_network_alone_is_refused_too(when):
    runner = SimpleNamespace(model=build(MAPS, VIT, 16).module)
    getattr(PaddingHook(), when)(runner)
    runner.model.data_preprocessor.test_cfg = None
    with pytest.raises(UserError, match='size_divisor=16'):
        getattr(PaddingHook(), when)(runner)


@pytest.mark.parametrize('backbone', [VIT, SWIN])
def test_then_the_padding_is_cut_off(backbone):
    """The logits are those of the image padded by hand, at the image's place."""
    network, image = build(MAPS, backbone, 16).module, torch.rand(3, 37, 60) * 255
    padded = torch.nn.functional.pad(image, (0, 4, 0, 11))

    def logits(x):
        shape = tuple(x.shape[1:])
        sample = SegDataSample(metainfo=dict(img_shape=shape, ori_shape=shape))
        with torch.no_grad():
            (out,) = network.test_step(dict(inputs=[x], data_samples=[sample]))
        return out.seg_logits.data

    torch.testing.assert_close(logits(image), logits(padded)[:, :37, :60])
