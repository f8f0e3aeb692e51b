"""Options that make the five commands of docs/own_data.md fast."""

# The only additions: a narrow network, small pictures, few steps. With fewer
# channels, in channels last, oneDNN writes past its memory:
# uxlfoundation/oneDNN#6035.
NARROW = [
    'model.backbone.base_channels=16',
    'model.backbone.stem_channels=16',
    'model.backbone.init_cfg=None',
    'train_dataloader.num_workers=0',
    'test_dataloader.num_workers=0',
]
CLASSIFIER = [
    *NARROW,
    'val_dataloader.num_workers=0',
    'train_cfg.max_epochs=3',
    'train_cfg.val_interval=3',
    *(f'custom_hooks.0.stages.{k}.epochs=1' for k in range(3)),
    'train_dataloader.dataset.pipeline.1.min_size=64',
    'train_dataloader.dataset.pipeline.1.max_size=96',
    'train_dataloader.dataset.pipeline.3.crop_size=64',
    'val_dataloader.dataset.pipeline.1.scale=(64,64)',
    *(f'tta_pipeline.1.transforms.0.{k}.scale=(64,64)' for k in range(4)),
]
FIRST_ROUND = [one for one in CLASSIFIER if 'custom_hooks' not in one]
# Its pipeline loads the label second.
SELF_TRAINED = [
    one.replace('pipeline.1.m', 'pipeline.2.m').replace('pipeline.3.crop', 'pipeline.4.crop')
    for one in FIRST_ROUND
]
SEGMENTATION = [
    *NARROW,
    'train_dataloader.persistent_workers=False',
    'model.decode_head.in_channels=512',
    'model.decode_head.channels=8',
    'model.decode_head.c1_in_channels=64',
    'model.decode_head.c1_channels=4',
    'train_cfg.max_iters=4',
    'param_scheduler.0.end=4',
    'default_hooks.checkpoint.interval=4',
    'model.data_preprocessor.size=(64,64)',
    'train_dataloader.dataset.pipeline.2.scale=(80,80)',
    'train_dataloader.dataset.pipeline.3.crop_size=(64,64)',
]
MAPS = [*SEGMENTATION, *(f'tta_pipeline.1.transforms.0.{k}.scale=(64,64)' for k in range(2))]
