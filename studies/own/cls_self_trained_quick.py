"""Self-trained PPL for preset quick: configs/own/cls_self_trained_own.py with its network."""

_base_ = '../../configs/own/cls_cam_quick_own.py'

model = dict(
    # Cut at output stride 16.
    neck=dict(type='ppl_mm.MixedPatchLearning', position=11, grid=2),
    head=dict(type='ppl_mm.SelfTrainedCAMHead'),
)
# The maps are logits beside a background of 0.
tta_model = dict(softmax=True)
# See cls_self_trained_own.py.
export_threshold = 0.5
export_reference = None
export_probe = None

train_pipeline = [
    _base_.train_pipeline[0],
    dict(type='ppl_mm.LoadLabel'),
    *_base_.train_pipeline[1:-1],
    dict(type='PackInputs', algorithm_keys=('gt_seg_map',)),
]
train_dataloader = dict(
    dataset=dict(label_dir='work_dirs/own_first_round/refined', pipeline=train_pipeline)
)
