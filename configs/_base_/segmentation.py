"""What every segmentation network of ppl_mm shares: loaders, views, hooks and logs.

A config adds its network, the folder of its data, its training pipeline and its schedule.
"""

default_scope = 'mmseg'
# Also where mmseg's own commands run these configs.
custom_imports = dict(imports=['ppl_mm'], allow_failed_imports=False)

model = dict(
    type='EncoderDecoder',
    # ImageNet, as torchvision's weights expect it.
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)

# A folder in VOC's layout: pseudo-labels to train on, ground truth to test on.
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='ppl_mm.CAMPseudoLabelDataset',
        # The --out-dir of tools/export_cam.py.
        label_dir='work_dirs/export_cam',
        ann_file='ImageSets/Segmentation/train.txt',
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='ppl_mm.VOCLayoutDataset',
        ann_file='ImageSets/Segmentation/val.txt',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = test_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

# --tta: scales 0.5 to 1.75, each with its horizontal flip.
flips = [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in (0.0, 1.0)]
scales = [
    dict(type='Resize', scale_factor=scale, keep_ratio=True)
    for scale in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
]
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[scales, flips, [dict(type='LoadAnnotations')], [dict(type='PackSegInputs')]],
    ),
]
tta_model = dict(type='SegTTAModel')
# What a view has to carry for ppl_mm.SegMapTTAModel: mmseg's own keys, the image's id, and the
# ids of its classes.
map_meta_keys = (
    'img_path',
    'image_id',
    'gt_label',
    'ori_shape',
    'img_shape',
    'pad_shape',
    'scale_factor',
    'flip',
    'flip_direction',
)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # No mask and no score chooses a checkpoint: the last iteration is used.
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=2000, max_keep_ckpts=2),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook'),
    plain_checkpoint=dict(type='ppl_mm.PlainCheckpointHook'),
    reseed=dict(type='ppl_mm.ReseedHook'),
    class_list=dict(type='ppl_mm.ClassListHook'),
    padding=dict(type='ppl_mm.PaddingHook'),
    finite=dict(type='ppl_mm.FiniteHook'),
    resumed_length=dict(type='ppl_mm.ResumedLengthHook'),
)
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='SegLocalVisualizer', vis_backends=vis_backends, name='visualizer')
log_processor = dict(by_epoch=False)
log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=0, deterministic=False)
