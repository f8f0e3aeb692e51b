"""One list of classes for the data, the model and its checkpoint."""

from collections.abc import Sequence

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner
from torch.utils.data import DataLoader

from ...datasets.image_label_dataset import ImageLabelDataset
from ...errors import UserError
from ...formats.class_list import BACKGROUND
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
        _check_count(runner, _classes(runner, runner.train_dataloader))

    def before_test(self, runner: Runner) -> None:
        """Compare the test data with the model."""
        _check_count(runner, _classes(runner, runner.test_dataloader))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the data with the classes that the checkpoint saw."""
        meta = checkpoint.get('meta', {}).get('dataset_meta') or {}
        saved = meta.get('classes')
        training = not isinstance(runner._train_loop, dict | None)
        own = _classes(runner, _loop(runner).dataloader)
        # Training may start from a model of other classes, as ImageNet's.
        if not saved or not own or (training and not runner._resume):
            return
        if tuple(saved) != tuple(own):
            raise UserError(
                f'the checkpoint was trained for the classes {_show(saved)}, '
                f'but the data set has {_show(own)}; use the data, or the '
                'metainfo.classes, that it was trained with'
            )


def _loop(runner: Runner) -> BaseLoop:
    """The loop that is about to run: training, validation or test."""
    loops = (runner._train_loop, runner._val_loop, runner._test_loop)
    return next(loop for loop in loops if isinstance(loop, BaseLoop))


def _classes(runner: Runner, loader: DataLoader) -> Sequence[str] | None:
    """The classes of the data, as the model counts them."""
    names = getattr(loader.dataset, 'metainfo', {}).get('classes')
    segments = hasattr(unwrap_model(runner.model), 'decode_head')
    if names and segments and isinstance(loader.dataset, ImageLabelDataset):
        return (BACKGROUND, *names)  # of which image-level labels know nothing
    return names


def _check_count(runner: Runner, classes: Sequence[str] | None) -> None:
    model = unwrap_model(runner.model)
    for name in ('head', 'decode_head'):
        count = getattr(getattr(model, name, None), 'num_classes', None)
        if count and classes and count != len(classes):
            raise UserError(
                f'model.{name}.num_classes={count}, but the data set has '
                f'{len(classes)} classes: {_show(classes)}; make them equal'
            )


def _show(classes) -> str:
    return f'({", ".join(map(str, classes))})'
