"""Plain CAM with ResNet38d at output stride 8, as in PSA and SEAM.

Source: Ahn and Kwak, CVPR 2018 (PSA), network/resnet38d.py, resnet38_cls.py:
every BatchNorm, conv1a and b2 frozen; a dropout of whole channels, 0.5, before
a 1x1 convolution without bias whose weights start as Xavier's.
"""
model = dict(
    type='ppl_mm.CAMClassifier',
    backbone=dict(
        type='ppl_mm.ResNet38d',
        frozen_stages=2,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        # ImageNet, made by tools/model_converters/resnet38d_from_mxnet.py
        # from the weights that all of these papers start from.
        init_cfg=dict(
            type='Pretrained', checkpoint='weights/resnet38d_imagenet.pth')),
    head=dict(
        type='ppl_mm.CAMHead',
        num_classes=20,
        dropout=0.5,
        init_cfg=dict(
            type='Xavier', layer='Conv2d', distribution='uniform')),
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        to_rgb=True))

# Our choice, since the paper fixes neither: the cuts of the stages lie at the
# ends of b3, b4 and b5 (`python -m ppl_mm.models.block_chain CONFIG` lists the
# blocks), deeper ones later; 2 x 2 is what its Fig. 2 draws.
positions = (6, 12, 15)
grid = 2

tta_model = dict(type='ppl_mm.CAMTTAModel')
