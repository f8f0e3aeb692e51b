"""The data, the model and its checkpoint have the same classes, and channels."""

from collections.abc import Sequence

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner
from torch.utils.data import DataLoader

from ...datasets.image_label_dataset import ImageLabelDataset
from ...errors import UserError
from ...formats.class_list import channel_names, label_names
from ...formats.images.bands import ImageBands
from ...models.backbones.input_channels import input_channels
from ...registry import HOOKS
from ...utils.weights.loading import unwrap_model


@HOOKS.register_module()
class ClassListHook(Hook):
    """Stop a run whose class lists or channels do not agree, before it costs time.

    A class id means nothing without its list: a model for other classes, or for the same ones in
    another order, would run and be wrong. Images may have other channels than three, see
    :class:`~ppl_mm.formats.images.bands.ImageBands`.
    """

    def before_train(self, runner: Runner) -> None:
        """Compare the training data with the model, and with the validation data."""
        classes = _classes(runner, runner.train_dataloader)
        _check_count(runner, classes)
        _check_channels(runner, runner.train_dataloader)
        if isinstance(runner._val_loop, BaseLoop):
            own = _classes(runner, runner.val_dataloader)
            _check_equal('training data have', classes, own, 'val_dataloader')

    def before_test(self, runner: Runner) -> None:
        """Compare the test data with the model."""
        _check_count(runner, _classes(runner, runner.test_dataloader))
        _check_channels(runner, runner.test_dataloader)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the data with the classes that the checkpoint saw."""
        training = not isinstance(runner._train_loop, dict | None)
        # Training may start from a model of other classes, such as ImageNet's.
        if training and not runner._resume:
            return
        saved = (checkpoint.get('meta', {}).get('dataset_meta') or {}).get('classes')
        loader = _loop(runner).dataloader
        own = _classes(runner, loader)
        _check_equal('checkpoint was trained for', saved, own, _where(runner, loader))


def _check_equal(
    what: str, expected: Sequence[str] | None, found: Sequence[str] | None, where: str
) -> None:
    if expected and found and tuple(expected) != tuple(found):
        raise UserError(
            f'the {what} the classes {_show(expected)}, but the data of {where} have '
            f'{_show(found)}; make them equal, order included'
        )


def _where(runner: Runner, loader: DataLoader) -> str:
    """Return the folder of the data, and the variable that chooses it."""
    root = getattr(loader.dataset, 'data_root', '') or 'the data loader'
    return f'{root} (OWN_DATA)' if runner.cfg.get('own_data_root') == root else root


def _loop(runner: Runner) -> BaseLoop:
    """Return the loop that is about to run: training, validation or test."""
    loops = (runner._train_loop, runner._val_loop, runner._test_loop)
    return next(loop for loop in loops if isinstance(loop, BaseLoop))


def _classes(runner: Runner, loader: DataLoader) -> Sequence[str] | None:
    """Return the classes of the data, as the model counts them."""
    meta = getattr(loader.dataset, 'metainfo', {})
    names = meta.get('classes')
    segments = hasattr(unwrap_model(runner.model), 'decode_head')
    if names and segments and isinstance(loader.dataset, ImageLabelDataset):
        # Image-level labels do not name the background.
        return channel_names(label_names(names, meta.get('background', True)))
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


def _check_channels(runner: Runner, loader: DataLoader) -> None:
    record = getattr(loader.dataset, 'metainfo', {}).get('bands')
    channels = 3 if record is None else ImageBands.from_record(record).channels
    taken = input_channels(unwrap_model(runner.model))
    if taken != channels:
        raise UserError(
            f'the model takes images of {taken} channels, but those of {_where(runner, loader)} '
            f'have {channels}; set model.backbone.in_channels={channels}, and mean, std and the '
            'order of colours of model.data_preprocessor as configs/own does'
        )


def _show(classes) -> str:
    return f'({", ".join(map(str, classes))})'
