"""What some settings must be, wherever in a config they stand."""

import math
from collections.abc import Callable
from functools import partial

from ...errors import UserError


def _whole(value: object, least: float = -math.inf) -> bool:
    return type(value) is int and value >= least


def _number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and 0 <= value < math.inf


def _size(value: object) -> bool:
    return all(_whole(one, 1) for one in (value if isinstance(value, list | tuple) else [value]))


def _seed(value: object) -> bool:
    return value is None or (_whole(value, 0) and value < 2**32)  # type: ignore[operator]


def _path(value: object) -> bool:
    return not isinstance(value, bool | int | float)


def _dicts(value: object) -> bool:
    return value is None or isinstance(value, dict | list | tuple)


def _level(value: object) -> bool:
    return isinstance(value, int) or value in _LEVELS


_LEVELS = ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')
_Rule = tuple[Callable[[object], bool], str]
_ABOVE_0: _Rule = (partial(_whole, least=1), 'a whole number above 0')
_FROM_0: _Rule = (partial(_whole, least=0), 'a whole number, 0 or more')
_NUMBER: _Rule = (_number, 'a number, 0 or more')
_PATH: _Rule = (_path, 'a path; put a number in quotes, as in "\'3\'"')
_VALUES: dict[str, _Rule] = {
    'max_epochs': _ABOVE_0,
    'max_iters': _ABOVE_0,
    'epochs': _ABOVE_0,
    'val_interval': _ABOVE_0,
    'val_begin': _FROM_0,
    'interval': (_whole, 'a whole number'),
    'batch_size': _ABOVE_0,
    'num_classes': _ABOVE_0,
    'cam_stride': _ABOVE_0,
    'num_workers': _FROM_0,
    'accumulative_counts': _ABOVE_0,
    'seed': (_seed, 'a whole number, 0 or more and below 2^32'),
    'lr': _NUMBER,
    'momentum': (lambda value: value is None or _number(value), 'a number, 0 or more'),
    'weight_decay': _NUMBER,
    'max_norm': _NUMBER,
    'crop_size': (_size, 'a whole number above 0, or a pair of them'),
    'work_dir': _PATH,
    'data_root': _PATH,
    'ann_file': _PATH,
    'results': _PATH,
    'init_cfg': (_dicts, 'a dict or a list'),
    'log_level': (_level, ' or '.join(_LEVELS)),
}


def check_value(where: str, path: str, value: object) -> None:
    """Refuse a value that a setting, by the end of its dotted key, cannot have.

    Raises:
        UserError: It names the key, the value and what it must be.
    """
    fits, wanted = _VALUES.get(path.split('.')[-1], (None, ''))
    if fits and not fits(value):
        raise UserError(f'{where}: {path}={value!r} must be {wanted}')
