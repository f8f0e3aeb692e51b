"""SGD with the poly rule over 20,000 iterations, as DeepLab-v2 on VOC.

Source: kazuto1011/deeplab-pytorch, configs/voc12.yaml: lr 2.5e-4, momentum
0.9, weight decay 5e-4, poly 0.9. Momentum is said out loud because the
classifiers' papers run without, see irn_5e.py.
"""
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4))
param_scheduler = [
    dict(type='PolyLR', power=0.9, eta_min=0., begin=0, end=20000,
         by_epoch=False)
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=20000, val_interval=2000)
