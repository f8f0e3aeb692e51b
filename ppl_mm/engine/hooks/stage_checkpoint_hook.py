"""Decide what the stage in a checkpoint means to the run that loads it."""

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor, nn

from ...models.block_chain import block_chain
from ...registry import HOOKS
from ...utils.console import warn
from ...utils.weights.loading import unwrap_model
from ...utils.weights.names import align
from ..stages import is_same_stage, patch_learning_of

_STAGE = 'neck.stage'
_CLASSIFIER = 'head.classifier.weight'


@HOOKS.register_module()
class StageCheckpointHook(Hook):
    """Decide what the stage of a checkpoint means to a run.

    - Testing and export take the checkpoint's stage, with one warning if the
      config has another: its classifier was trained for that one.
    - Resuming takes the checkpoint's stage.
    - Training from ``load_from`` takes the config's stage: this is how stage
      2 starts from stage 1. There the classifier may also be of a plain CAM, or of one cut where
      the model fuses several: see :func:`widen_classifier`.

    It belongs in ``default_hooks`` of every classification config.
    """

    # Before EMAHook (NORMAL), which loads its model from the checkpoint, too.
    priority = 'HIGH'

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Change the checkpoint before the weights are loaded."""
        model = unwrap_model(runner.model)
        training = not isinstance(runner._train_loop, dict | None)
        state = checkpoint['state_dict'] = align(checkpoint['state_dict'], model.state_dict())
        if not training:
            _warn_of_stage(state, model)
        elif not runner._resume:
            _start_from(state, model)
            _start_from(checkpoint.get('ema_state_dict', {}), model, 'module.')


def _warn_of_stage(state: dict, model: nn.Module) -> None:
    neck = patch_learning_of(model)
    if neck is None or _STAGE not in state:
        return
    own, saved = neck.stage.tolist(), state[_STAGE].tolist()
    if not is_same_stage(model, own, saved):
        warn(
            f'The checkpoint was trained with patches of a {saved[1]} x {saved[2]} grid after '
            f"block {saved[0]}; this is used, and not the config's {own[1]} x {own[2]} after "
            f'block {own[0]}.'
        )


def _start_from(state: dict, model: nn.Module, prefix: str = '') -> None:
    """Fit a state dict of another stage, or kind of CAM, to the model."""
    own = model.state_dict()
    if _STAGE in own and prefix + _STAGE in state:
        state[prefix + _STAGE] = own[_STAGE].clone()
    new, old = own.get(_CLASSIFIER), state.get(prefix + _CLASSIFIER)
    if new is None or old is None or new.shape[0] != old.shape[0]:
        return
    channels = block_chain(model.backbone).channels
    if new.shape != old.shape and old.shape[1] in (channels, 2 * channels):
        state[prefix + _CLASSIFIER] = widen_classifier(old, channels, new.shape[1])


def widen_classifier(weight: Tensor, channels: int, width: int) -> Tensor:
    """Return a classifier for more branches that gives the scores of the old one.

    The global part stays. The patch part, if there is one, is divided among the patch branches.
    From a plain CAM they start at zero.

    Args:
        weight: (num_classes, channels or 2 * channels, 1, 1), the global part first.
        channels: Channels of one branch, C_N.
        width: Channels of the new classifier, (num_classes, width, 1, 1).
    """
    whole, patches = weight.split([channels, weight.shape[1] - channels], dim=1)
    wide = weight.new_zeros(weight.shape[0], width, 1, 1)
    wide[:, :channels] = whole
    branches = width // channels - 1
    if branches and patches.shape[1] == channels:
        wide[:, channels:] = patches.repeat(1, branches, 1, 1) / branches
    return wide
