"""DeepLab-v1: ResNet38d at output stride 8, one convolution of dilation 12.

Source: SEAM's segmentation step, YudeWang/semantic-segmentation-codebase,
lib/net/deeplabv1.py, experiment/seamv1-pseudovoc/config.py: from ImageNet, all
of the backbone is trained; BatchNorm takes the batch's statistics and keeps
running ones with momentum 3e-4 (TRAIN_BN_MOM), while its scale and shift stay
what they are, since the optimiser there gets convolutions only. SyncBN, since
three images of each GPU are few, is our choice (there: five).
"""
norm_cfg = dict(type='SyncBN', momentum=3e-4, requires_grad=False)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        size=(448, 448),
        pad_val=0,
        seg_pad_val=255),
    backbone=dict(
        type='ppl_mm.ResNet38d',
        frozen_stages=0,
        norm_cfg=norm_cfg,
        norm_eval=False,
        init_cfg=dict(
            type='Pretrained', checkpoint='weights/resnet38d_imagenet.pth')),
    decode_head=dict(
        type='ppl_mm.DeepLabV1Head',
        in_channels=4096,
        in_index=0,
        num_classes=21,
        norm_cfg=norm_cfg,
        align_corners=True),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))
