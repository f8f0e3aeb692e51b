"""Self-trained PPL on your own photos: the round after a plain CAM.

The patch branch learns from labels of the confident regions of cls_first_round_own.py's
maps, which confident_own.py makes. It is the same as configs/voc6/cls_self_trained_voc6.py;
docs/results.md has that one's figures.
"""

_base_ = './cls_cam_own.py'

load_from = 'work_dirs/cls_first_round_own'
model = dict(
    # Cut after layer3, at output stride 16.
    neck=dict(type='ppl_mm.MixedPatchLearning', position=13, grid=2),
    head=dict(type='ppl_mm.SelfTrainedCAMHead'),
)
# The maps are logits beside a background of 0.
tta_model = dict(softmax=True)
# Where a class is as likely as the background.
export_threshold = 0.5
# They are as fine as the labels that were learned, so nothing is weighed.
export_reference = None
train_cfg = dict(max_epochs=2 * _base_.stage_epochs, val_interval=2 * _base_.stage_epochs)

train_pipeline = [
    _base_.train_pipeline[0],
    dict(type='ppl_mm.LoadLabel'),
    *_base_.train_pipeline[1:-1],
    dict(type='PackInputs', algorithm_keys=('gt_seg_map',)),
]
train_dataloader = dict(
    dataset=dict(label_dir='work_dirs/own_first_round/refined', pipeline=train_pipeline)
)
