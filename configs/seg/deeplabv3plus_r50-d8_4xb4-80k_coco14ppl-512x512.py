"""mmseg's DeepLab-v3+, ResNet-50, on the pseudo-labels of MS COCO 2014.

80,000 iterations, the same as mmseg's DeepLab-v3 on COCO-Stuff
(deeplabv3_r50-d8_4xb4-80k_coco-stuff164k-512x512.py): our choice; everything else is the
same as for VOC.
"""

_base_ = './deeplabv3plus_r50.py'
max_iters = 80_000

model = dict(decode_head=dict(num_classes=81), auxiliary_head=dict(num_classes=81))

# The classes are those of classes.txt.
coco14 = dict(data_root='data/coco', metainfo=None)
train_dataloader = dict(
    dataset=dict(
        coco14, label_dir='work_dirs/coco14/export_cam', ann_file='ImageSets/Segmentation/train.txt'
    )
)
val_dataloader = dict(dataset=coco14)
test_dataloader = val_dataloader

param_scheduler = [dict(_base_.param_scheduler[0], end=max_iters)]
# 40,137 images: validated seldom, since no checkpoint is chosen by it.
train_cfg = dict(max_iters=max_iters, val_interval=max_iters // 5)
