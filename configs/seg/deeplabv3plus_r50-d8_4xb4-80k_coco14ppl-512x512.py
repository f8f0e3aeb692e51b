"""mmseg's DeepLab-v3+, ResNet-50, on the pseudo-labels of MS COCO 2014.

80,000 iterations, as mmseg's DeepLab-v3 on COCO-Stuff (deeplabv3_r50-d8_
4xb4-80k_coco-stuff164k-512x512.py): our choice; everything else as for VOC.
"""
_base_ = [
    './deeplabv3plus_r50-d8_4xb4-20k_voc12ppl-512x512.py',
    '../_base_/datasets/cam_pseudo_labels_coco14.py',
]
max_iters = 80_000

model = dict(
    decode_head=dict(num_classes=81), auxiliary_head=dict(num_classes=81))
train_dataloader = dict(dataset=_base_.coco14_pseudo_labels)
val_dataloader = dict(dataset=_base_.coco14_true_masks)
test_dataloader = val_dataloader

param_scheduler = [dict(_base_.param_scheduler[0], end=max_iters)]
# 40,137 images: measured seldom, since no checkpoint is chosen by it.
train_cfg = dict(max_iters=max_iters, val_interval=max_iters // 5)
