"""What every AffinityNet shares: it learns from labels of confident regions, by epochs.

No mask validates it: it is as good as the labels that its random walk makes. The labels
come from exported CAMs, by a config that is named confident_*; the folder below is the
--out-dir of that command::

    python tools/refine.py configs/affinity/confident_irn.py \
        work_dirs/export_cam --out-dir work_dirs/confident
"""

_base_ = './segmentation.py'

model = dict(
    _delete_=True,
    type='ppl_mm.AffinityNet',
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
    ),
)

train_dataloader = dict(
    # Fresh workers in each epoch, see classifier.py: a resumed run is the same run.
    persistent_workers=False,
    drop_last=True,
    sampler=dict(type='DefaultSampler'),
    dataset=dict(label_dir='work_dirs/confident'),
)
val_dataloader = val_cfg = val_evaluator = None
test_dataloader = test_cfg = test_evaluator = None

param_scheduler = dict(
    type='PolyLR', power=0.9, eta_min=0.0, by_epoch=True, convert_to_iter_based=True
)
default_hooks = dict(
    logger=dict(interval=20, log_metric_by_epoch=True), checkpoint=dict(by_epoch=True, interval=1)
)
log_processor = dict(by_epoch=True)
