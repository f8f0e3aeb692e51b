import pytest
from mmengine.registry import MODELS
from networks import with_random_norms

RESNET = dict(stem_channels=8, base_channels=8)
MOBILENET = dict(widen_factor=0.1)
SWIN = dict(type='mmpretrain.SwinTransformer', img_size=64, window_size=3, pad_small_map=True)
VIT = dict(
    type='mmpretrain.VisionTransformer',
    img_size=64,
    patch_size=8,
    arch=dict(embed_dims=12, num_layers=5, num_heads=3, feedforward_channels=24),
    out_type='featmap',
)
# Every adapter, in each form that its chain looks at.
BACKBONES = dict(
    resnet18=dict(type='mmpretrain.ResNet', depth=18, **RESNET),
    resnet50=dict(type='mmpretrain.ResNet', depth=50, strides=(1, 2, 2, 1), **RESNET),
    resnet18_cut=dict(type='mmpretrain.ResNet', depth=18, out_indices=(0, 2), **RESNET),
    resnet18_v1d=dict(type='mmpretrain.ResNetV1d', depth=18, **RESNET),
    mobilenet_v2=dict(type='mmpretrain.MobileNetV2', **MOBILENET),
    mobilenet_v2_cut=dict(type='mmpretrain.MobileNetV2', out_indices=(4,), **MOBILENET),
    dilated_mobilenet_v2=dict(
        type='ppl_mm.DilatedMobileNetV2',
        strides=(1, 2, 2, 2, 1, 1, 1),
        dilations=(1, 1, 1, 1, 1, 2, 2),
        **MOBILENET,
    ),
    efficientnet_lite=dict(
        type='ppl_mm.EfficientNetLite', strides=(1, 2, 2, 2, 1), dilations=(1, 1, 1, 1, 2)
    ),
    efficientnet_lite_cut=dict(type='ppl_mm.EfficientNetLite', out_indices=(2, 4)),
    vgg11=dict(type='mmpretrain.VGG', depth=11, num_classes=-1),
    vgg11_pool=dict(type='mmpretrain.VGG', depth=11, num_classes=-1, with_last_pool=True),
    vgg11_bn=dict(
        type='mmpretrain.VGG', depth=11, num_classes=-1, norm_cfg=dict(type='BN'), out_indices=(3,)
    ),
    convnext_atto=dict(type='mmpretrain.ConvNeXt', arch='atto', gap_before_final_norm=False),
    convnext_cut=dict(
        type='mmpretrain.ConvNeXt',
        out_indices=(1, 2),
        arch=dict(depths=[1, 1, 2, 1], channels=[8, 12, 16, 24]),
        gap_before_final_norm=False,
    ),
    swin=dict(
        arch=dict(embed_dims=6, depths=[1, 2, 1], num_heads=[1, 2, 3]), out_indices=(2,), **SWIN
    ),
    swin_cut=dict(
        arch=dict(embed_dims=8, depths=[2, 2, 1], num_heads=[1, 2, 4]),
        use_abs_pos_embed=True,
        out_indices=(0, 1),
        **SWIN,
    ),
    swin_downsampled=dict(
        arch=dict(embed_dims=6, depths=[1, 2, 1], num_heads=[1, 2, 3]),
        out_after_downsample=True,
        out_indices=(1,),
        **SWIN,
    ),
    vit=VIT,
    vit_cut=dict(
        VIT,
        arch=dict(VIT['arch'], num_layers=6),
        with_cls_token=False,
        pre_norm=True,
        out_indices=[1, 4],
    ),
    deit=dict(VIT, type='mmpretrain.DistilledVisionTransformer'),
    resnet38d=dict(type='ppl_mm.ResNet38d', width=0.125),
    resnet38d_cut=dict(type='ppl_mm.ResNet38d', width=0.1, out_indices=(4,)),
    mmseg_resnet18_v1c=dict(
        type='mmseg.ResNetV1c',
        depth=18,
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        contract_dilation=True,
        **RESNET,
    ),
)


def build_backbone(cfg):
    """In eval mode, with norms that are not the identity."""
    return with_random_norms(MODELS.build(dict(cfg)))


@pytest.fixture
def make_backbone():
    """Builds a backbone by its name in BACKBONES, or from a config."""
    return lambda name: build_backbone(BACKBONES.get(name, name) if isinstance(name, str) else name)


@pytest.fixture(params=BACKBONES)
def backbone(request):
    """Each backbone that has an adapter."""
    return build_backbone(BACKBONES[request.param])
