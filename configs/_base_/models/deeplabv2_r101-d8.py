"""DeepLab-v2: ResNet-101 at output stride 8, ASPP of rates 6/12/18/24.

Source: kazuto1011/deeplab-pytorch, configs/voc12.yaml and
libs/models/deeplabv2.py: frozen BatchNorm. From ImageNet, unlike there.
"""
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        size=(321, 321),
        pad_val=0,
        seg_pad_val=255),
    backbone=dict(
        type='ResNet',
        depth=101,
        num_stages=4,
        out_indices=(3, ),
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        contract_dilation=True,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        style='pytorch',
        init_cfg=dict(
            type='Pretrained', checkpoint='torchvision://resnet101')),
    decode_head=dict(
        type='ppl_mm.DeepLabV2Head',
        in_channels=2048,
        in_index=0,
        num_classes=21,
        dilations=(6, 12, 18, 24)),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))
