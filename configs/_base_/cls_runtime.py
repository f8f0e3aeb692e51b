"""What every classifier of ppl_mm shares: hooks, logs, environment."""
default_scope = 'mmpretrain'

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
    class_list=dict(type='ppl_mm.ClassListHook'))

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))

visualizer = dict(
    type='UniversalVisualizer', vis_backends=[dict(type='LocalVisBackend')])
log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=0, deterministic=False)
