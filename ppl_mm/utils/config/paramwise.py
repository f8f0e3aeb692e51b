"""Settings of single parameters: ``optim_wrapper.paramwise_cfg``, which mmengine never checks."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from .arguments import Arguments, check_arguments, some
from .known_keys import KeyReaders, classes_of, is_foreign

_PATH = 'optim_wrapper.paramwise_cfg'
# How a constructor takes a setting: .get('KEY'), .pop('KEY'), ['KEY'].
_SETTING = re.compile(r"paramwise_cfg(?:\.(?:get|pop)\(|\[)\s*'(?!custom_keys')(\w+)'")
# How an optimizer takes an option of a group of parameters, such as LARS its lars_exclude.
_OPTION = re.compile(r"""['"](\w+)['"]""")
# Nothing reads these, but configs of mmseg's DNLNet and of mmpretrain's Twins have them.
_HARMLESS = some({'wd_mult', '_delete'})


def check_paramwise(readers: KeyReaders, optim_wrapper: Mapping) -> None:
    """Refuse a setting that the constructor of the optimizer, or the optimizer, does not read."""
    settings = optim_wrapper.get('paramwise_cfg')
    if not isinstance(settings, Mapping):
        return
    kind = optim_wrapper.get('constructor', 'DefaultOptimWrapperConstructor')
    known = _read(_SETTING, readers.readers('optim_wrapper.constructor', kind))
    where = f'{readers.where}: {_PATH}.'
    check_arguments(where, settings, known | _HARMLESS | some(dicts={'custom_keys'}))
    keys = settings.get('custom_keys')
    if not isinstance(keys, Mapping):
        return
    check_arguments(f'{where}custom_keys.', keys, some(dicts=keys))
    optimizer = optim_wrapper.get('optimizer')
    if not isinstance(optimizer, Mapping) or 'type' not in optimizer:
        return  # a constructor of one's own, of several optimizers
    options = _read(_OPTION, readers.readers('optim_wrapper.optimizer', optimizer['type']))
    taken = options | some({'lr_mult', 'decay_mult'}) | _HARMLESS
    for name, key in keys.items():
        if isinstance(key, Mapping):
            # Hooks may read others from the optimizer's groups, as mmpretrain's SimSiamHook does.
            sure = {one: key[one] for one in key if get_close_matches(str(one), taken.kinds)}
            check_arguments(f'{where}custom_keys.{name}.', sure, taken)


def _read(pattern: re.Pattern, classes: Iterable[Callable]) -> Arguments:
    """Return what a pattern finds in the code of classes and their bases."""
    own = classes_of(classes)
    if any(map(is_foreign, own)):
        return Arguments({}, is_open=True)
    return some(name for cls in own for name in pattern.findall(inspect.getsource(cls)))
