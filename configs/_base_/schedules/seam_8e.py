"""The schedule of SEAM's classifier: SGD, poly, 8 epochs, batch 8.

lr 0.01, weight decay 5e-4, poly 0.9 per iteration; weights of the backbone x1,
biases of it x2, weights of what is new x10, biases of it x20, biases without
decay (Wang et al., CVPR 2020; train_SEAM.py, and tool/torchutils.py for the
poly rule). ResNet38d and our head have no biases; a backbone that has some
gets their rates. Momentum is 0 on purpose: PSA's PolyOptimizer, which SEAM
uses, hands the weight decay to SGD as the momentum, so the effective momentum
is 5e-4, and 0.9 with the same rate would be a ten times larger step.

Why not PSA's own (lr 0.1, batch 16, 15 epochs, long side 256-512;
train_cls.py): most of its images are smaller than the crop of 448, so many
patches would show nothing but padding; SEAM's (448-768) nearly fill it.
"""
optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.01, momentum=0., weight_decay=5e-4),
    paramwise_cfg=dict(
        bias_lr_mult=2.,
        bias_decay_mult=0.,
        custom_keys={
            'head': dict(lr_mult=10.),
            'head.classifier.bias': dict(lr_mult=20., decay_mult=0.),
        }))
param_scheduler = dict(
    type='PolyLR',
    power=0.9,
    eta_min=0.,
    by_epoch=True,
    convert_to_iter_based=True)
train_cfg = dict(by_epoch=True, max_epochs=8, val_interval=1)
auto_scale_lr = dict(base_batch_size=8)
