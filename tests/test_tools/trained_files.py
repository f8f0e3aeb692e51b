"""Checkpoints of tools/train.py, as tests compare them."""

import torch

STAGES = [dict(position=2, grid=2), dict(position=6, grid=(1, 3))]
RUNS = dict(
    progressive=(
        'train_cfg = dict(max_epochs=2)\n'
        "custom_hooks += [dict(type='ppl_mm.ProgressiveStageHook', stages="
        f'{[dict(stage, epochs=1) for stage in STAGES]})]'
    ),
    all_stages_mixed=(
        "model = dict(neck=dict(type='ppl_mm.MixedPatchLearning'))\n"
        "train_cfg = dict(_delete_=True, type='ppl_mm.AllStagesTrainLoop', "
        f'max_epochs=1, stages={STAGES})'
    ),
)
RANK_HOOK = """
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class SaveEveryRank(Hook):

    def after_train(self, runner):
        model = runner.model.module  # norms keep statistics of their own
        weights = dict(model.named_parameters())
        if hasattr(model, 'neck'):
            weights['stage'] = model.neck.stage
        torch.save(weights, f'{runner.work_dir}/rank_{get_rank()}.pth')
"""


def load(path):
    return torch.load(path, weights_only=True)
