"""mmseg's DeepLab-v3+, ResNet-50, on the pseudo-labels of VOC 2012.

The stock config, which starts from ImageNet (open-mmlab://resnet50_v1c); only
the data sets change. Any other config of mmseg is turned the same way.
"""
_base_ = [
    'mmseg::deeplabv3plus/deeplabv3plus_r50-d8_4xb4-20k_voc12aug-512x512.py',
    '../_base_/datasets/cam_pseudo_labels.py',
]
custom_imports = dict(imports=['ppl_mm'], allow_failed_imports=False)

train_dataloader = dict(
    dataset=dict(
        _base_.cam_pseudo_labels,
        pipeline=_base_.train_pipeline,
        _delete_=True))
val_dataloader = dict(
    dataset=dict(
        _base_.cam_true_masks, pipeline=_base_.test_pipeline, _delete_=True))
test_dataloader = val_dataloader

default_hooks = dict(
    checkpoint=dict(max_keep_ckpts=2),
    plain_checkpoint=dict(type='ppl_mm.PlainCheckpointHook'),
    class_list=dict(type='ppl_mm.ClassListHook'))
auto_scale_lr = dict(enable=False, base_batch_size=16)
