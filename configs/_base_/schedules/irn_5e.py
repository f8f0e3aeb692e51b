"""The schedule of IRN's classifier: SGD, poly, 5 epochs.

lr 0.1, weight decay 1e-4, classifier x10, poly 0.9 per iteration
(run_sample.py, step/train_cam.py). Momentum is 0 on purpose: IRN hands its
weight decay to SGD as the momentum, so its effective momentum is about 0, and
0.9 with the same learning rate would be a ten times larger step.
"""
optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.1, momentum=0., weight_decay=1e-4),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10.))))
param_scheduler = dict(
    type='PolyLR',
    power=0.9,
    eta_min=0.,
    by_epoch=True,
    convert_to_iter_based=True)
train_cfg = dict(by_epoch=True, max_epochs=5, val_interval=1)
auto_scale_lr = dict(base_batch_size=16)
