"""Train progressively with all stages stepped in every iteration."""

from collections.abc import Sequence

from mmengine.runner import EpochBasedTrainLoop
from torch import nn

from ...errors import UserError
from ...registry import LOOPS
from ..stages import check_keys, set_stage


@LOOPS.register_module()
class AllStagesTrainLoop(EpochBasedTrainLoop):
    """Step the optimiser once for each stage in every iteration.

    The schedule of PMG (Du et al., ECCV 2020), as another way to train progressively than
    :class:`ppl_mm.ProgressiveStageHook`: a batch is seen by each stage in turn, and the CAM is
    taken from the last one. It is a loop and not a ``train_step`` of the model, because mmengine's
    distributed wrapper never calls the ``train_step`` of what it wraps.

    Args:
        *args: See mmengine's ``EpochBasedTrainLoop``.
        stages: ``position`` and ``grid`` of each stage, see :class:`PatchLearning`.
        **kwargs: See mmengine's ``EpochBasedTrainLoop``.
    """

    def __init__(self, *args, stages: Sequence[dict], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not stages:
            raise UserError('AllStagesTrainLoop: train_cfg.stages is empty')
        check_keys('AllStagesTrainLoop', stages, 'position', 'grid')
        self.stages = stages

    def run(self) -> nn.Module:
        """Train; accumulated gradients are counted by stage."""
        steps = len(self.stages)
        self.runner.optim_wrapper.initialize_count_status(
            self.runner.model, steps * self._iter, steps * self._max_iters
        )
        return super().run()

    def run_iter(self, idx: int, data_batch: Sequence[dict]) -> None:
        """Train one batch at every stage."""
        self.runner.call_hook('before_train_iter', batch_idx=idx, data_batch=data_batch)
        outputs: dict = {}
        for number, stage in enumerate(self.stages, start=1):
            set_stage(self.runner, stage['position'], stage['grid'])
            losses = self.runner.model.train_step(
                data_batch, optim_wrapper=self.runner.optim_wrapper
            )
            outputs |= {f'stage{number}_{k}': v for k, v in losses.items()}
        outputs['loss'] = losses['loss']
        self.runner.call_hook(
            'after_train_iter', batch_idx=idx, data_batch=data_batch, outputs=outputs
        )
        self._iter += 1
