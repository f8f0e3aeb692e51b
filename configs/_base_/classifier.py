"""What every classifier of ppl_mm shares: loaders, views, schedule, hooks and logs.

A config adds its backbone, the folder of its data, and its training pipeline.
"""

default_scope = 'mmpretrain'

model = dict(
    type='ppl_mm.CAMClassifier',
    head=dict(type='ppl_mm.CAMHead'),
    # ImageNet, as torchvision's weights expect it.
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True
    ),
)

# Images of a folder in VOC's layout, with image-level labels.
meta_keys = (
    'image_id',
    'img_path',
    'seg_map_path',
    'ori_shape',
    'img_shape',
    'scale_factor',
    'flip',
    'flip_direction',
)
pack = dict(type='PackInputs', meta_keys=meta_keys)
test_pipeline = [dict(type='ppl_mm.LoadImage'), pack]
train_dataloader = dict(
    num_workers=4,
    # Fresh workers have the same seeds in each epoch. So a run that was interrupted and
    # resumed sees the same crops as a run that was not.
    persistent_workers=False,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ppl_mm.ImageLabelDataset',
        split='train',
        data_prefix=dict(seg_map_path='SegmentationClass'),
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='ppl_mm.ImageLabelDataset',
        split='val',
        data_prefix=dict(seg_map_path='SegmentationClass'),
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = test_evaluator = dict(type='ppl_mm.MultiLabelAP')
val_cfg = dict()
test_cfg = dict()

# Views of a CAM: PSA's and IRN's scales 0.5, 1, 1.5 and 2, each with its horizontal flip.
flips = [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in (0.0, 1.0)]
scales = [
    dict(type='Resize', scale_factor=scale, keep_ratio=True) for scale in (0.5, 1.0, 1.5, 2.0)
]
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='TestTimeAug', transforms=[scales, flips, [pack]]),
]
tta_model = dict(type='ppl_mm.CAMTTAModel')

# Poly, in each iteration.
param_scheduler = dict(
    type='PolyLR', power=0.9, eta_min=0.0, by_epoch=True, convert_to_iter_based=True
)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # No mask and no score chooses a checkpoint: the last epoch is used.
    checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=2),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='VisualizationHook', enable=False),
    stage_checkpoint=dict(type='ppl_mm.StageCheckpointHook'),
    plain_checkpoint=dict(type='ppl_mm.PlainCheckpointHook'),
    reseed=dict(type='ppl_mm.ReseedHook'),
    class_list=dict(type='ppl_mm.ClassListHook'),
    finite=dict(type='ppl_mm.FiniteHook'),
    resumed_length=dict(type='ppl_mm.ResumedLengthHook'),
    # Only measures, where val has masks.
    cam_iou=dict(type='ppl_mm.CAMIoUHook'),
)
env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
visualizer = dict(type='UniversalVisualizer', vis_backends=[dict(type='LocalVisBackend')])
log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=0, deterministic=False)
