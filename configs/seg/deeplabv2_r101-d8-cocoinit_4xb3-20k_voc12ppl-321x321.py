"""DeepLab-v2 on pseudo-labels, started from a network trained on COCO's masks.

Many published numbers do that (kazuto1011/deeplab-pytorch,
configs/voc12.yaml:34): stand beside them with this one, and say so. **It is
more than image-level supervision**: the backbone has seen pixel masks of MS
COCO, VOC's classes among them. The weights are torchvision's DeepLab-v3
ResNet-101 (COCO images, masks of VOC's classes), whose keys fit; the file of
that recipe is another.
"""
_base_ = './deeplabv2_r101-d8_4xb3-20k_voc12ppl-321x321.py'

model = dict(
    backbone=dict(
        init_cfg=dict(
            checkpoint='https://download.pytorch.org/models/'
            'deeplabv3_resnet101_coco-586e9e4e.pth',
            prefix='backbone.')))
