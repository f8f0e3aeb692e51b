"""Store weights in the memory format in which convolutions are fast on a CPU."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Store the model's weights, and so its feature maps, channels last.

    Results differ by rounding only; shapes and checkpoints stay the same. A convolution takes the
    format of its weights, so images need no change. On a CPU, a training step of the demo's
    classifier took about a tenth less time. On a GPU the model is left alone: the format is slower
    in single precision there, and voc6's dilated depthwise convolutions took over a minute for
    twenty iterations instead of a second (H200, cuDNN 9.19).
    """

    def before_run(self, runner: Runner) -> None:
        """Convert the model, before it is trained, validated or tested."""
        if next(runner.model.parameters()).device.type == 'cpu':
            runner.model.to(memory_format=torch.channels_last)
