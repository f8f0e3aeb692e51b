"""Patches that learn from labels, on voc6: the stage after a plain CAM.

The maps of the stage before are cut along the edges of the image where they
are sure (confident_voc6.py); their labels teach the patch branch, whose
patches lie among those of other images. pipeline.py runs cls_teacher_voc6.py
and this; by hand, ``load_from`` and ``label_dir`` name what the stage before
has left.
"""
_base_ = './cls_cam_voc6.py'

model = dict(
    neck=dict(
        type='ppl_mm.MixedPatchLearning', position=10, grid=2),
    head=dict(type='ppl_mm.SelfTrainedCAMHead'))
train_cfg = dict(max_epochs=2, val_interval=2)
# The maps are logits beside a background of 0.
tta_model = dict(softmax=True)

train_pipeline = [
    _base_.train_pipeline[0],
    dict(type='ppl_mm.LoadLabel'),
    *_base_.train_pipeline[1:-1],
    dict(type='PackInputs', algorithm_keys=('gt_seg_map', )),
]
train_dataloader = dict(
    dataset=dict(
        label_dir='work_dirs/voc6/label_ppl_1', pipeline=train_pipeline))
