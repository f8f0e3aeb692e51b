"""DeepLab-v2, ResNet-101, on the pseudo-labels of MS COCO 2014.

100,000 iterations (kazuto1011/deeplab-pytorch, configs/cocostuff164k.yaml, ITER_MAX);
everything else is the same as for VOC.
"""

_base_ = './deeplabv2_r101.py'
max_iters = 100_000

model = dict(decode_head=dict(num_classes=81))

# The classes are those of classes.txt.
coco14 = dict(data_root='data/coco', metainfo=None)
# COCO's long side is 640.
train_pipeline = [
    dict(step, scale=(640, 640)) if step.type == 'RandomResize' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    dataset=dict(
        coco14,
        label_dir='work_dirs/coco14/export_cam',
        ann_file='ImageSets/Segmentation/train.txt',
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(dataset=coco14)
test_dataloader = val_dataloader

param_scheduler = [dict(_base_.param_scheduler[0], end=max_iters)]
# 40,137 images: validated seldom, since no checkpoint is chosen by it.
train_cfg = dict(max_iters=max_iters, val_interval=max_iters // 5)
