"""DeepLab-v1, ResNet38d, on the pseudo-labels of VOC 2012 train_aug.

The segmentation step of SEAM (YudeWang/semantic-segmentation-codebase,
experiment/seamv1-pseudovoc/config.py and train.py): crop 448, scales 0.5 to
1.5, 20,000 iterations, lr 0.001, momentum 0.9, weight decay 5e-4, poly 0.9; 10
times the rate for what is new, 20 times without decay for its biases. The
batch is 12, 3 on each of 4 GPUs, where that has 10, with the rate times 12 /
10. The momentum is real here: this optimiser is torch's own SGD.

--tta: scales 0.5 to 1.75, flip, and SEAM's CRF of one iteration.
"""
_base_ = [
    '../_base_/models/deeplabv1_r38-d8.py',
    '../_base_/datasets/voc12_deeplab.py',
    '../_base_/schedules/seg_poly_20k.py',
    '../_base_/seg_runtime.py',
]
crop_size = (448, 448)

optim_wrapper = dict(
    optimizer=dict(lr=1e-3 * 12 / 10),
    paramwise_cfg=dict(
        bias_lr_mult=2.,
        bias_decay_mult=0.,
        custom_keys={
            'decode_head': dict(lr_mult=10.),
            'decode_head.conv_seg.bias': dict(lr_mult=20., decay_mult=0.),
        }))
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(500, 500), ratio_range=(0.5, 1.5),
         keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    # Hue, saturation and value by up to 10 of 255 there (DATA_RANDOM_H, _S,
    # _V); this is mmseg's transform at about that strength.
    dict(
        type='PhotoMetricDistortion', brightness_delta=10,
        contrast_range=(1., 1.), saturation_range=(0.96, 1.04), hue_delta=10),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
tta_model = dict(
    type='ppl_mm.RefinedSegTTAModel',
    refiners=dict(type='ppl_mm.DenseCRF', preset='deeplab_v1'))
