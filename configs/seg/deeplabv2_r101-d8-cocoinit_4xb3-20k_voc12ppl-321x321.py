"""DeepLab-v2 on pseudo-labels, started from a network trained on COCO's masks.

Many published numbers start this way (kazuto1011/deeplab-pytorch, configs/voc12.yaml:34).
Compare with them by this config, and say so. **It is more than image-level supervision**: the
backbone has seen pixel masks of MS COCO, VOC's classes among them. The weights are
torchvision's DeepLab-v3 ResNet-101 (COCO images, masks of VOC's classes), whose keys fit.
That recipe itself starts from another file.
"""

_base_ = './deeplabv2_r101.py'

model = dict(
    backbone=dict(
        init_cfg=dict(
            checkpoint='https://download.pytorch.org/models/deeplabv3_resnet101_coco-586e9e4e.pth',
            prefix='backbone.',
        )
    )
)
