"""The second round of voc6's segmentation: half as long as the first.

It starts from the first round's weights and learns from the labels of that network:
maps_seg_voc6.py and refine_seg_voc6.py.
"""

_base_ = './seg_deeplab_voc6.py'
max_iters = 400

param_scheduler = [dict(_base_.param_scheduler[0], end=max_iters)]
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
