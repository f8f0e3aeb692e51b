"""Plain CAM with ResNet-50 at output stride 16, as in IRN.

Source: Ahn et al., CVPR 2019 (IRN), net/resnet50_cam.py: strides (2, 2, 2, 1)
with the stem's among them, frozen BatchNorm and stem, no bias.
"""
model = dict(
    type='ppl_mm.CAMClassifier',
    backbone=dict(
        type='ResNet',
        depth=50,
        strides=(1, 2, 2, 1),
        frozen_stages=0,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50')),
    head=dict(type='ppl_mm.CAMHead', num_classes=20),
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        to_rgb=True))

# Our choice, since the paper fixes neither: the cuts of the stages lie after
# layer2, after layer3 and inside layer4 (`python -m ppl_mm.models.block_chain
# CONFIG` lists the blocks), deeper ones later; 2 x 2 is what its Fig. 2 draws.
positions = (7, 13, 15)
grid = 2

tta_model = dict(type='ppl_mm.CAMTTAModel')
