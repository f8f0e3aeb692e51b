"""What every AffinityNet shares: epochs, and nothing to validate with.

No mask judges an AffinityNet: it is as good as the labels that its random
walk makes.
"""
_base_ = './seg_runtime.py'

default_hooks = dict(
    logger=dict(interval=20, log_metric_by_epoch=True),
    # No mask and no score chooses a checkpoint: the last epoch is used.
    checkpoint=dict(by_epoch=True, interval=1))
log_processor = dict(by_epoch=True)
val_cfg = None
val_evaluator = None
test_cfg = None
test_evaluator = None
