"""One list of classes for the data, the model and its checkpoint."""
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...errors import UserError
from ...registry import HOOKS
from ...utils.checkpoints import unwrap_model


@HOOKS.register_module()
class ClassListHook(Hook):
    """Stops a run whose class lists do not agree, before it costs time.

    A class id means nothing without its list: a model for other classes, or
    for the same ones in another order, would run and be wrong.
    """

    def before_train(self, runner: Runner) -> None:
        """Compare the training data with the model."""
        _check_count(runner, _classes(runner.train_dataloader))

    def before_test(self, runner: Runner) -> None:
        """Compare the test data with the model."""
        _check_count(runner, _classes(runner.test_dataloader))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the data with the classes that the checkpoint saw."""
        meta = checkpoint.get('meta', {}).get('dataset_meta') or {}
        saved = meta.get('classes')
        training = not isinstance(runner._train_loop, dict | None)
        loader = (
            runner.train_dataloader if training else runner.test_dataloader)
        own = _classes(loader)
        # Training may start from a model of other classes, as ImageNet's.
        if not saved or not own or (training and not runner._resume):
            return
        if tuple(saved) != tuple(own):
            raise UserError(
                f'the checkpoint was trained for the classes {_show(saved)}, '
                f'but the data set has {_show(own)}; use the data, or the '
                'metainfo.classes, that it was trained with')


def _classes(loader) -> list[str] | None:
    return getattr(loader.dataset, 'metainfo', {}).get('classes')


def _check_count(runner: Runner, classes: list[str] | None) -> None:
    model = unwrap_model(runner.model)
    for name in ('head', 'decode_head'):
        count = getattr(getattr(model, name, None), 'num_classes', None)
        if count and classes and count != len(classes):
            raise UserError(
                f'model.{name}.num_classes={count}, but the data set has '
                f'{len(classes)} classes: {_show(classes)}; make them equal')


def _show(classes) -> str:
    return f'({", ".join(map(str, classes))})'
