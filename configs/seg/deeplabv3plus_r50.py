"""mmseg's DeepLab-v3+, ResNet-50, on the pseudo-labels of VOC 2012.

The stock config, which starts from ImageNet (open-mmlab://resnet50_v1c), lr 0.01, momentum
0.9, batch 16. Only the data sets change, and the loader, since mmseg's fills what a
truncated JPEG lacks with grey. Any other config of mmseg can be changed the same way.

--tta: scales 0.5 to 1.75, flip, and DeepLab-v2's CRF (our choice).
"""

_base_ = [
    'mmseg::deeplabv3plus/deeplabv3plus_r50-d8_4xb4-20k_voc12aug-512x512.py',
    '../_base_/datasets/cam_pseudo_labels.py',
]
custom_imports = dict(imports=['ppl_mm'], allow_failed_imports=False)

load_image = dict(type='ppl_mm.LoadImage')
train_pipeline = [load_image, *_base_.train_pipeline[1:]]
test_pipeline = [load_image, *_base_.test_pipeline[1:]]
train_dataloader = dict(
    dataset=dict(_base_.cam_pseudo_labels, pipeline=train_pipeline, _delete_=True)
)
val_dataloader = dict(dataset=dict(_base_.cam_true_masks, pipeline=test_pipeline, _delete_=True))
test_dataloader = val_dataloader

tta_pipeline = [load_image, *_base_.tta_pipeline[1:]]
tta_model = dict(
    type='ppl_mm.RefinedSegTTAModel', refiners=dict(type='ppl_mm.DenseCRF', preset='deeplab_v2')
)

default_hooks = dict(
    checkpoint=dict(max_keep_ckpts=2),
    plain_checkpoint=dict(type='ppl_mm.PlainCheckpointHook'),
    reseed=dict(type='ppl_mm.ReseedHook'),
    class_list=dict(type='ppl_mm.ClassListHook'),
    padding=dict(type='ppl_mm.PaddingHook'),
    finite=dict(type='ppl_mm.FiniteHook'),
)
# As in ../_base_/segmentation.py: a run that can be repeated, and resumed exactly.
randomness = dict(seed=0, deterministic=False)
auto_scale_lr = dict(enable=False, base_batch_size=16)
