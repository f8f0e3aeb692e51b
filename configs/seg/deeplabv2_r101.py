"""DeepLab-v2, ResNet-101, on the pseudo-labels of VOC 2012 train_aug.

Values of kazuto1011/deeplab-pytorch, configs/voc12.yaml: output stride 8, ASPP of rates
6/12/18/24, frozen BatchNorm (libs/models/deeplabv2.py), crop 321, scales 0.5 to 1.5, 20,000
iterations, lr 2.5e-4, momentum 0.9, weight decay 5e-4, poly 0.9; 10 times the rate for the
head's weights, 20 times without decay for its biases (main.py, get_params).

Three differences: it starts from ImageNet (torchvision), where that recipe, and many numbers
published with it, start from COCO; the loss is taken at one scale; and the batch is 12, 3 on
each of 4 GPUs, where that has 10, with the rate times 12 / 10. The author of AdvCAM trains
30,000 iterations with a balanced cross entropy (jbeomlee93/AdvCAM#9: 64.9 -> 68.1).

--tta: scales 0.5 to 1.75, flip, and the CRF of that recipe.
"""

_base_ = ['../_base_/datasets/cam_pseudo_labels.py', '../_base_/segmentation.py']
crop_size = (321, 321)
max_iters = 20_000

model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        type='ResNet',
        depth=101,
        num_stages=4,
        out_indices=(3,),
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        contract_dilation=True,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        style='pytorch',
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet101'),
    ),
    decode_head=dict(
        type='ppl_mm.DeepLabV2Head',
        in_channels=2048,
        in_index=0,
        num_classes=21,
        dilations=(6, 12, 18, 24),
    ),
)

optim_wrapper = dict(
    type='OptimWrapper',
    # The momentum is real here, unlike that of the classifiers.
    optimizer=dict(type='SGD', lr=2.5e-4 * 12 / 10, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(
        custom_keys={
            'decode_head': dict(lr_mult=10.0),
            **{f'decode_head.convs.{i}.bias': dict(lr_mult=20.0, decay_mult=0.0) for i in range(4)},
        }
    ),
)
param_scheduler = [
    dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=max_iters, by_epoch=False)
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=2000)

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    # VOC's long side is 500, so the factor is that of the image.
    dict(type='RandomResize', scale=(500, 500), ratio_range=(0.5, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=3, dataset=dict(_base_.cam_pseudo_labels, pipeline=train_pipeline)
)
val_dataloader = dict(num_workers=4, persistent_workers=True, dataset=_base_.cam_true_masks)
test_dataloader = val_dataloader
auto_scale_lr = dict(enable=False, base_batch_size=12)

tta_model = dict(
    type='ppl_mm.RefinedSegTTAModel', refiners=dict(type='ppl_mm.DenseCRF', preset='deeplab_v2')
)
