"""Refuse a segmentation network whose maps would be stretched."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...models.segmentation.padding import check_padding
from ...registry import HOOKS
from ...utils.weights.loading import unwrap_model


@HOOKS.register_module()
class PaddingHook(Hook):
    """Stop a run of a segmentation network that pads images inside, before it costs time.

    See :func:`.padding.check_padding`: its labels would lie beside the objects, by up to a patch.
    """

    def before_train(self, runner: Runner) -> None:
        """Check the network."""
        check_padding(unwrap_model(runner.model))

    before_test = before_train
