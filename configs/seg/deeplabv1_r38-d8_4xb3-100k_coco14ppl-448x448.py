"""DeepLab-v1, ResNet38d, on the pseudo-labels of MS COCO 2014.

100,000 iterations, as DeepLab-v2 on COCO-Stuff (kazuto1011/deeplab-pytorch,
configs/cocostuff164k.yaml): our choice; everything else as for VOC.
"""
_base_ = [
    './deeplabv1_r38-d8_4xb3-20k_voc12ppl-448x448.py',
    '../_base_/datasets/cam_pseudo_labels_coco14.py',
]
max_iters = 100_000

model = dict(decode_head=dict(num_classes=81))
# COCO's long side is 640.
train_pipeline = [
    dict(step, scale=(640, 640)) if step.type == 'RandomResize' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    dataset=dict(_base_.coco14_pseudo_labels, pipeline=train_pipeline))
val_dataloader = dict(dataset=_base_.coco14_true_masks)
test_dataloader = val_dataloader

param_scheduler = [dict(_base_.param_scheduler[0], end=max_iters)]
# 40,137 images: measured seldom, since no checkpoint is chosen by it.
train_cfg = dict(max_iters=max_iters, val_interval=max_iters // 5)
