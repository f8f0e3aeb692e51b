"""Self-trained PPL on voc6: the round after a plain CAM.

The patch branch learns from labels of the confident regions of the first round's maps, cut
along the edges of the image by confident_voc6.py. Its patches are mixed between the images
of a batch. pipeline.py runs cls_first_round_voc6.py and this config. By hand, set
``load_from`` and ``label_dir`` to the first round's checkpoint and labels.
"""

_base_ = './cls_cam_voc6.py'

model = dict(
    neck=dict(type='ppl_mm.MixedPatchLearning', position=10, grid=2),
    head=dict(type='ppl_mm.SelfTrainedCAMHead'),
)
train_cfg = dict(max_epochs=2, val_interval=2)
# The maps are logits beside a background of 0.
tta_model = dict(softmax=True)

train_pipeline = [
    _base_.train_pipeline[0],
    dict(type='ppl_mm.LoadLabel'),
    *_base_.train_pipeline[1:-1],
    dict(type='PackInputs', algorithm_keys=('gt_seg_map',)),
]
train_dataloader = dict(
    dataset=dict(label_dir='work_dirs/voc6/label_ppl_st_1', pipeline=train_pipeline)
)
