"""What some settings must be, wherever in a config they stand."""

import math
from collections.abc import Callable
from functools import partial

from ...errors import UserError

_LEVELS = ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')


def _whole(value: object, least: float = -math.inf) -> bool:
    return type(value) is int and value >= least


def _number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and 0 <= value < math.inf


def _size(value: object) -> bool:
    return all(_whole(one, 1) for one in (value if isinstance(value, list | tuple) else [value]))


def _seed(value: object) -> bool:
    return value is None or (_whole(value, 0) and value < 2**32)  # type: ignore[operator]


_Rule = tuple[Callable[[object], bool], str]
_ABOVE_0: _Rule = (partial(_whole, least=1), 'a whole number above 0')
_FROM_0: _Rule = (partial(_whole, least=0), 'a whole number, 0 or more')
_NUMBER: _Rule = (_number, 'a number, 0 or more')
_PATH: _Rule = (
    lambda value: not isinstance(value, bool | int | float),
    'a path; put a number in quotes, as in "\'3\'"',
)
_COUNTS = (
    'max_epochs max_iters epochs val_interval batch_size num_classes cam_stride accumulative_counts'
).split()
_VALUES: dict[str, _Rule] = {
    **dict.fromkeys(_COUNTS, _ABOVE_0),
    **dict.fromkeys(('val_begin', 'num_workers'), _FROM_0),
    **dict.fromkeys(('lr', 'weight_decay', 'max_norm'), _NUMBER),
    **dict.fromkeys(('work_dir', 'data_root', 'ann_file', 'results'), _PATH),
    'interval': (_whole, 'a whole number'),
    'seed': (_seed, 'a whole number, 0 or more and below 2^32'),
    'momentum': (lambda value: value is None or _number(value), 'a number, 0 or more'),
    'crop_size': (_size, 'a whole number above 0, or a pair of them'),
    'init_cfg': (
        lambda value: value is None or isinstance(value, dict | list | tuple),
        'a dict or a list',
    ),
    'log_level': (lambda value: isinstance(value, int) or value in _LEVELS, ' or '.join(_LEVELS)),
}


def check_value(where: str, path: str, value: object) -> None:
    """Refuse a value that a setting, by the end of its dotted key, cannot have."""
    fits, wanted = _VALUES.get(path.split('.')[-1], (None, ''))
    if fits and not fits(value):
        raise UserError(f'{where}: {path}={value!r} must be {wanted}')
