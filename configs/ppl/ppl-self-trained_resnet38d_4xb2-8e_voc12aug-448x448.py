"""Self-trained PPL, ResNet38d, PASCAL VOC 2012: the round after a plain CAM.

Our addition, not the paper's. The patch branch learns from labels of the confident regions
of the plain CAM's maps, which configs/affinity/confident_psa.py makes. It is the same as
configs/voc6/cls_self_trained_voc6.py; docs/results.md has that one's figures.
"""

_base_ = '../baseline/cls_cam.py'

load_from = 'work_dirs/cls_cam'
model = dict(
    # Cut at the end of b4.
    neck=dict(type='ppl_mm.MixedPatchLearning', position=12, grid=2),
    head=dict(type='ppl_mm.SelfTrainedCAMHead'),
)
# The maps are logits beside a background of 0.
tta_model = dict(softmax=True)

train_pipeline = [
    _base_.train_pipeline[0],
    dict(type='ppl_mm.LoadLabel'),
    *_base_.train_pipeline[1:-1],
    dict(type='PackInputs', algorithm_keys=('gt_seg_map',)),
]
train_dataloader = dict(dataset=dict(label_dir='work_dirs/confident', pipeline=train_pipeline))
