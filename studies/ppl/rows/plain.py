"""Chapter 1: the plain CAM, with as many tried settings as patch learning."""

from functools import partial

from studies.engine.row import PLAIN, Row

from .setting import PLAIN_CONFIG, views


def plain(data: str) -> dict[str, Row]:
    """Return lengths and learning rates of a plain CAM, by name."""
    row = partial(_row, data)
    rows = [
        row('plain', 'the baseline, with the settings of the recipe'),
        row('plain_2', 'a longer training no longer stops at the head', epochs=2),
        row('plain_3', 'as long as three stages of one epoch', epochs=3),
        row(
            'plain_lr_half',
            'half the learning rate keeps more of ImageNet',
            options={'optim_wrapper.optimizer.lr': 5e-5},
        ),
        row(
            'plain_lr_double',
            'twice the learning rate learns more in the time',
            options={'optim_wrapper.optimizer.lr': 2e-4},
        ),
    ]
    return {row.name: row for row in rows}


def scales(data: str) -> list[Row]:
    """Return rows about the best size of images for a plain CAM, in training and export."""
    row = partial(_row, data)
    long_side = 'train_dataloader.dataset.pipeline.1.'
    near = {long_side + 'min_size': 320, long_side + 'max_size': 640}
    return [
        row('plain_views_1', 'a coarse map spills over the object', test_options=views(1.0)),
        row('plain_views_2', 'a finer map is more precise', test_options=views(2.0)),
        row(
            'plain_near',
            'a classifier that has seen parts of objects at twice the size covers more '
            'at twice the size',
            options=near,
        ),
        row(
            'plain_near_views_2',
            'the same, exported at that size',
            options=near,
            test_options=views(2.0),
        ),
    ]


def _row(data: str, name: str, hypothesis: str, **changes) -> Row:
    return Row(name, data, PLAIN_CONFIG[data], PLAIN, hypothesis, **changes)
