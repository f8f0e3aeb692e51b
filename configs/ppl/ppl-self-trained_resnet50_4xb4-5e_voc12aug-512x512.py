"""Self-trained PPL, ResNet-50, PASCAL VOC 2012: the round after a plain CAM.

Not the paper's. The patch branch learns from labels of the sure regions of the
plain CAM's maps, which configs/affinity/confident_irn.py makes. The same as
configs/voc6/cls_self_trained_voc6.py; docs/results.md has its figures.
"""
_base_ = '../baseline/cam_resnet50_4xb4-5e_voc12aug-512x512.py'

load_from = 'work_dirs/cam_resnet50_4xb4-5e_voc12aug-512x512'
model = dict(
    neck=dict(
        type='ppl_mm.MixedPatchLearning',
        position=_base_.positions[1],
        grid=_base_.grid),
    head=dict(type='ppl_mm.SelfTrainedCAMHead'))
# The maps are logits beside a background of 0.
tta_model = dict(softmax=True)

image_pipeline = _base_.train_dataloader.dataset.pipeline
train_pipeline = [
    image_pipeline[0],
    dict(type='ppl_mm.LoadLabel'),
    *image_pipeline[1:-1],
    dict(type='PackInputs', algorithm_keys=('gt_seg_map', )),
]
train_dataloader = dict(
    dataset=dict(
        label_dir='work_dirs/confident', pipeline=train_pipeline))
