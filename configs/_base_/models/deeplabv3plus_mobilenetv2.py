"""A small DeepLab-v3+: MobileNetV2 at output stride 16, ASPP, a decoder.

Chen et al., ECCV 2018, arXiv 1802.02611: rates 6, 12, 18 at output stride 16,
features of stride 4 in the decoder. With a quarter of the usual width a step
of training on a CPU costs what it costs with DeepLab-v2's head (batch 8,
224 px, one thread: 1.2 s).
"""
data_preprocessor = dict(
    type='SegDataPreProcessor',
    # The ImageNet weights of weights/ expect (x - 128) / 128 in RGB.
    mean=[128., 128., 128.],
    std=[128., 128., 128.],
    bgr_to_rgb=True,
    pad_val=0,
    seg_pad_val=255)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=data_preprocessor,
    backbone=dict(
        type='ppl_mm.DilatedMobileNetV2',
        strides=(1, 2, 2, 2, 1, 1, 1),
        dilations=(1, 1, 1, 1, 1, 2, 2),
        out_indices=(1, 6),
        norm_eval=True),
    decode_head=dict(
        type='DepthwiseSeparableASPPHead',
        in_channels=320,
        in_index=1,
        channels=128,
        dilations=(1, 6, 12, 18),
        c1_in_channels=24,
        c1_channels=24,
        dropout_ratio=0.1,
        num_classes=21,
        norm_cfg=dict(type='BN'),
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss')),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))
