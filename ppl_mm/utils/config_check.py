"""Typing errors of a config, found before anything is built from it.

mmengine reports an unknown type or argument by a traceback out of its
registries, sometimes minutes into a run, and a misspelt setting of a data
loader or of ``--cfg-options`` never. Here every key of a config is compared
with what will read it.
"""

import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from types import ModuleType

from mmengine.config import Config
from mmengine.registry import Registry

from ..errors import UserError

# Settings that mmengine reads itself before it builds the type beside them.
_READ_BY_MMENGINE = {
    'optim_wrapper': {'constructor', 'paramwise_cfg', 'type'},
    'param_scheduler': {'convert_to_iter_based', 'epoch_length'},
    'default_hooks': {'priority'},
    'custom_hooks': {'priority'},
}
# Parts whose builders take more than the constructor says, or other names.
_OPEN = ('norm_cfg', 'act_cfg', 'conv_cfg', 'init_cfg', 'upsample_cfg', 'model_wrapper_cfg')
_MARKS = {'type', '_delete_', '_scope_'}


def _positive_int(value: object) -> bool:
    return type(value) is int and value > 0


def _number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and 0 <= value < math.inf


def _count(value: object) -> bool:
    return type(value) is int and value >= 0


# What some settings must be, wherever they stand.
_VALUES: dict[str, tuple[Callable[[object], bool], str]] = {
    'max_epochs': (_positive_int, 'a whole number above 0'),
    'max_iters': (_positive_int, 'a whole number above 0'),
    'epochs': (_positive_int, 'a whole number above 0'),
    'val_interval': (_positive_int, 'a whole number above 0'),
    'batch_size': (_positive_int, 'a whole number above 0'),
    'num_classes': (_positive_int, 'a whole number above 0'),
    'num_workers': (_count, 'a whole number, 0 or more'),
    'seed': (lambda value: value is None or _count(value), 'a whole number, 0 or more'),
    'lr': (_number, 'a number, 0 or more'),
    'crop_size': (
        lambda value: all(
            map(_positive_int, value if isinstance(value, list | tuple) else [value])
        ),
        'a whole number above 0, or a pair of them',
    ),
}


def check_config(cfg: Config) -> None:
    """Refuse a config with a key, a type or a number that nothing can take.

    Args:
        cfg: With its bases and the command line's options merged. What it imports
            (``custom_imports``) has been imported.

    Raises:
        UserError: It names the file, the key and the nearest right name.
    """
    scope, where = cfg.get('default_scope'), cfg.filename or 'config'
    types = _Types(_registries(scope))
    # Other variables of a config are its own: parts to be taken elsewhere.
    read = {key: cfg[key] for key in cfg if key in {*_runner_arguments(), *_OURS}}
    for path, node in _parts(Config(read).to_dict()):
        for key, value in node.items():
            _check_value(where, f'{path}.{key}', key, value)
        if path.endswith(_OPEN):
            continue
        allowed = _UNTYPED.get(path, lambda: None)()
        if 'type' in node and scope:
            allowed = types.arguments(node['type'], f'{where}: {path}')
        if allowed is not None:
            allowed |= _READ_BY_MMENGINE.get(path.split('.')[0], set())
            _check_keys(where, path, node, allowed)


def check_option_keys(where: str, keys: Iterable[str], options: Iterable[str]) -> None:
    """Refuse options whose first key nothing reads.

    Args:
        where: The config's file, for the message.
        keys: Those of the config without the options, since its own variables are known, and
            others that are read.
        options: Dotted keys.

    Raises:
        UserError: It names the key and the nearest right one.
    """
    known = {*keys, *_runner_arguments(), *_OURS}
    for option in options:
        first = option.split('.')[0]
        if first not in known:
            raise UserError(
                f'{where}: --cfg-options {option}: nothing reads the key '
                f"'{first}'{_suggestion(first, known)}"
            )


# Settings that this project's commands read, beside mmengine's Runner.
_OURS = {
    'tta_model', 'tta_pipeline', 'auto_scale_lr', 'custom_imports', 'export_threshold',
    'export_negatives', 'work_dir', 'default_scope', 'env_cfg', 'runner_type',
}  # fmt: skip


def _runner_arguments() -> set[str]:
    from mmengine.runner import Runner

    return set(inspect.signature(Runner.__init__).parameters) - {'self', 'cfg'}


def _loader_arguments() -> set[str]:
    from torch.utils.data import DataLoader

    return {*inspect.signature(DataLoader.__init__).parameters, 'num_batch_per_epoch'}


def _optim_wrapper_arguments() -> set[str]:
    from mmengine.optim import OptimWrapper

    return set(inspect.signature(OptimWrapper.__init__).parameters)


def _loop_arguments() -> set[str]:
    from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop

    loops = (EpochBasedTrainLoop, IterBasedTrainLoop)
    return {name for loop in loops for name in inspect.signature(loop.__init__).parameters} | {
        'by_epoch'
    }


# Parts without a type, and what reads them.
_UNTYPED: dict[str, Callable[[], set[str]]] = {
    'train_dataloader': _loader_arguments,
    'val_dataloader': _loader_arguments,
    'test_dataloader': _loader_arguments,
    'train_cfg': _loop_arguments,
    'optim_wrapper': _optim_wrapper_arguments,
    'randomness': lambda: {'seed', 'diff_rank_seed', 'deterministic'},
    'auto_scale_lr': lambda: {'enable', 'base_batch_size'},
}


class _Types:
    """Finds what a ``type`` of a config stands for."""

    def __init__(self, registries: list[Registry]) -> None:
        self.registries = registries

    def arguments(self, kind: object, where: str) -> set[str] | None:
        """Return the arguments that a type takes; None where it takes any.

        All types of one name count, whatever registry they are in.

        Raises:
            UserError: If no registry knows the name.
        """
        readers: list = [kind]
        if isinstance(kind, str):
            # A bare name is not searched for in the registries of other packages.
            searched = [one for one in self.registries if '.' in kind or one.scope != 'ppl_mm']
            readers = [found for registry in searched if (found := registry.get(kind))]
        taken = [_arguments(reader) for reader in readers]
        if taken:
            return None if None in taken else {name for names in taken for name in names or ()}
        raise UserError(
            f"{where}.type: '{kind}' is not known{_suggestion(str(kind), self._names())}"
        )

    def _names(self) -> set[str]:
        names = set()
        for registry in self.registries:
            prefix = f'{registry.scope}.' if registry.scope == 'ppl_mm' else ''
            names |= {prefix + name for name in registry.module_dict}
        return names


def _registries(scope: str | None) -> list[Registry]:
    """Return the registries of mmengine, of the default scope, and our own."""
    names = ['mmengine.registry', 'ppl_mm.registry']
    if scope:
        names.insert(0, f'{scope}.registry')
    found = []
    for name in names:
        module: ModuleType = import_module(name)
        found += [value for value in vars(module).values() if isinstance(value, Registry)]
    return list({id(registry): registry for registry in found}.values())


def _parts(node: object, path: str = '') -> Iterator[tuple[str, dict]]:
    """Yield the parts that are built, or read by mmengine, with their paths."""
    if isinstance(node, dict):
        if isinstance(node.get('type'), str) or callable(node.get('type')) or path in _UNTYPED:
            yield path, node
        # Augmentation policies, and what Albumentations gets, have readers of their own.
        if not str(node.get('type', '')).startswith('Albu'):
            for key, value in node.items():
                if key != 'policies':
                    yield from _parts(value, f'{path}.{key}' if path else str(key))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _parts(value, f'{path}.{index}')


def _arguments(reader: Callable) -> set[str] | None:
    """Return the names that a constructor takes; None where it takes any."""
    from mmengine.hooks import CheckpointHook
    from mmengine.runner import Runner

    if not inspect.isclass(reader):
        return _named(reader)
    names: set[str] = set()
    if issubclass(reader, CheckpointHook):  # the one whose kwargs go elsewhere
        _named(reader.__init__, names)
        _named(CheckpointHook.__init__, names)
        return names | (_named(Runner.save_checkpoint) or set())
    for cls in reader.__mro__:
        if '__init__' not in vars(cls) or cls is object:
            continue
        found = _named(vars(cls)['__init__'], names)
        if found is not None:
            return found
    return None


def _named(function: Callable, before: set[str] | None = None) -> set[str] | None:
    """Return a function's keywords, with those before; None where it takes any.

    ``before`` grows either way: the caller continues with the base class.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C
        return None
    names = {p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    if before is not None:
        before |= names
        names = before
    return None if any(p.kind is p.VAR_KEYWORD for p in parameters) else names


def _check_value(where: str, path: str, key: str, value: object) -> None:
    fits, wanted = _VALUES.get(key, (None, ''))
    if fits and not fits(value):
        raise UserError(f'{where}: {path}={value!r} must be {wanted}')


def _check_keys(where: str, path: str, node: Mapping, allowed: set[str]) -> None:
    for key in node:
        if key not in allowed and key not in _MARKS:
            taker = f'{node["type"]} takes' if 'type' in node else 'mmengine reads'
            raise UserError(
                f"{where}: {path}.{key}: {taker} no '{key}'{_suggestion(key, allowed - {'self'})}"
            )


def _suggestion(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.55)
    return f'; did you mean {near[0]}?' if near else '; take it out'
