"""Patches that learn from labels, on your own photos: after a plain CAM.

What configs/voc6/cls_taught_voc6.py does, whose figures are in
docs/results.md: the sure regions of cls_teacher_own.py's maps, labelled by
confident_own.py, teach the patch branch.
"""
_base_ = './cls_cam_own.py'

load_from = 'work_dirs/cls_teacher_own'
# After layer3, at output stride 16.
model = dict(
    neck=dict(
        type='ppl_mm.MixedPatchLearning', position=_base_.positions[1], grid=2),
    head=dict(type='ppl_mm.SelfTrainedCAMHead'))
# The maps are logits beside a background of 0.
tta_model = dict(softmax=True)
train_cfg = dict(
    max_epochs=2 * _base_.stage_epochs, val_interval=2 * _base_.stage_epochs)

train_pipeline = [
    _base_.train_pipeline[0],
    dict(type='ppl_mm.LoadLabel'),
    *_base_.train_pipeline[1:-1],
    dict(type='PackInputs', algorithm_keys=('gt_seg_map', )),
]
train_dataloader = dict(
    dataset=dict(
        label_dir='work_dirs/own_teacher/refined', pipeline=train_pipeline))
