"""The memory format in which convolutions are fast."""
import torch
from mmengine.hooks import Hook
from mmengine.optim import AmpOptimWrapper
from mmengine.runner import Runner

from ...registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Stores the model's weights, and so its feature maps, channels last.

    Results differ by rounding only; shapes and checkpoints stay the same. A
    convolution takes the format of its weights, so images need no change.
    On a CPU a step of the demo's classifier took about a tenth less, of the
    plain one more than of PPL's. On a GPU the model stays as it is unless it
    is trained in mixed precision, whose kernels the format is for.
    """

    def before_run(self, runner: Runner) -> None:
        """Convert the model, before it is trained, validated or tested."""
        device = next(runner.model.parameters()).device
        mixed = isinstance(runner.optim_wrapper, AmpOptimWrapper)
        if device.type == 'cpu' or mixed:
            runner.model.to(memory_format=torch.channels_last)
