"""Typing errors of a config, found before anything is built from it.

mmengine reports an unknown type or argument by a traceback out of its registries, sometimes minutes
into a run, and a misspelt setting of a data loader or of ``--cfg-options`` never. Here every key of
a config is compared with what will read it.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib.util import find_spec

from mmengine.config import Config

from ...errors import UserError
from ..text import suggestion
from .arguments import check_arguments, keys_beside, some
from .known_keys import DEFAULT_HOOKS, KeyReaders, first_keys, is_read_by_mmengine
from .paramwise import check_paramwise
from .values import check_value

# Parts whose builders take more than the constructor says, or other names.
_OPEN = ('norm_cfg', 'act_cfg', 'conv_cfg', 'init_cfg', 'upsample_cfg', 'model_wrapper_cfg')
# Dicts in which anything may stand, by their names, and the keys of theirs that OpenMMLab reads.
_KEYS = {
    'metainfo': ('classes', 'palette'),
    'data_prefix': ('img_path', 'img_path2', 'seg_map_path'),
    'train_cfg': ('augments', 'probs'),
    'test_cfg': ('mode', 'crop_size', 'stride', 'size', 'size_divisor'),
}
_SCOPES = ('mmpretrain', 'mmseg', 'mmengine', 'ppl_mm')


def check_config(cfg: Config) -> None:
    """Refuse a config with a key, a type or a number that nothing can take."""
    scope, where = cfg.get('default_scope'), cfg.filename or 'config'
    if scope and not find_spec(str(scope)):
        raise UserError(
            f"{where}: default_scope='{scope}': no such package; {suggestion(str(scope), _SCOPES)}"
        )
    # Other variables of a config are its own: parts to be taken elsewhere.
    read = {key: cfg[key] for key in cfg if key in first_keys()}
    for key, value in read.items():
        check_value(where, key, value)
    readers = KeyReaders(scope, where)
    check_arguments(f'{where}: ', read, readers.arguments('', read) or some())
    for path, node, above in _parts(Config(read).to_dict()):
        _check_part(readers, where, path, node, above)


def check_option_keys(where: str, cfg: Mapping, read: Iterable[str], options: Mapping) -> None:
    """Refuse options whose first key nothing reads.

    A variable that a config has copied into its parts is such a key, too: a
    change of it would do nothing.
    """
    known = set(read)
    for option in options:
        first, _, rest = option.partition('.')
        if first in known:
            continue
        if first in cfg:
            raise UserError(_variable_fault(where, cfg, known, first, rest))
        raise UserError(
            f'{where}: --cfg-options {option}: nothing reads the key '
            f"'{first}'; {suggestion(first, known)}"
        )


def _variable_fault(where: str, cfg: Mapping, read: set[str], name: str, rest: str) -> str:
    """Return the message about an option that sets a variable of the config's own."""
    parts = {key: cfg[key] for key in cfg if key in read}
    copies = [f'{path}.{rest}'.strip('.') for path in _copies(parts, name, cfg[name])]
    place = (
        f'the config has copied it already: set {" and ".join(copies)}'
        if copies
        else 'nothing reads it; change what the config makes of it, or the config itself'
    )
    return f'{where}: --cfg-options {f"{name}.{rest}".strip(".")}: is a variable, {place}'


def _copies(node: object, name: str, value: object, path: str = '') -> Iterator[str]:
    """Yield the dotted keys of settings that have the name's ending and the value."""
    if path and node == value and name.endswith(path.split('.')[-1]):
        yield path
    elif isinstance(node, Mapping):
        for key in node:
            yield from _copies(node[key], name, value, f'{path}.{key}'.strip('.'))


def _parts(
    node: object, path: str = '', above: dict | None = None
) -> Iterator[tuple[str, dict, dict]]:
    """Yield the parts, but for what has a reader of its own: path, part, and what it stands in."""
    if isinstance(node, dict):
        if above is not None:
            yield path, node, above
        # Policies of augmentation, LoRA's targets and Albumentations have readers of their own.
        if not str(node.get('type', '')).startswith('Albu'):
            for key, value in node.items():
                if key not in ('policies', 'targets'):
                    yield from _parts(value, f'{path}.{key}' if path else str(key), node)
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _parts(value, f'{path}.{index}', above)


def _check_part(readers: KeyReaders, where: str, path: str, node: dict, above: dict) -> None:
    """Refuse what nothing can take in one part."""
    kind, name = node.get('type'), path.split('.')[-1]
    if isinstance(kind, str) or callable(kind) or is_read_by_mmengine(path):
        for key, value in node.items():
            check_value(where, f'{path}.{key}', value)
        taken = readers.arguments(path, node)
        if taken and name not in _OPEN:
            check_arguments(f'{where}: {path}.', node, taken, _beside(path, above))
        if path == 'optim_wrapper':
            check_paramwise(readers, node)
    elif name in _OPEN and node:
        raise UserError(f"{where}: {path}: has no 'type'{_misspelt(node)}")
    elif path == 'default_hooks':
        _check_hooks(where, node)
    elif name in _KEYS:
        others = readers.foreign_words(path.rpartition('.')[0], above)
        _check_open(f'{where}: {path}', [key for key in node if key not in others], _KEYS[name])


def _beside(path: str, above: Mapping) -> dict[str, str]:
    """Return the keys of the other parts of the list that a part is in, if it is in one."""
    place, _, name = path.rpartition('.')
    return keys_beside(above.get(place.split('.')[-1]), int(name), place) if name.isdigit() else {}


def _misspelt(node: Mapping) -> str:
    near = [key for key in node if 'type' in suggestion(str(key), ['type'])]
    return f"; '{near[0]}' is not read" if near else '; give one'


def _check_open(where: str, keys: Iterable, known: Iterable[str]) -> None:
    """Refuse a key that is nearly one of those that are read, where others may stand, too."""
    for key in keys:
        near = get_close_matches(str(key), known, n=1, cutoff=0.8)
        if near and key not in known:
            raise UserError(f"{where}.{key}: nothing reads '{key}'; did you mean {near[0]}?")


def _check_hooks(where: str, hooks: Mapping) -> None:
    """Refuse a change of a hook that is not there, and a second hook of a kind by a wrong name."""
    defaults = {kind: name for name, kind in DEFAULT_HOOKS.items()}
    for name, hook in hooks.items():
        if not isinstance(hook, Mapping):
            continue
        if 'type' not in hook:
            near = suggestion(name, {*hooks, *DEFAULT_HOOKS} - {name})
            raise UserError(f"{where}: default_hooks.{name}: is a hook without 'type'; {near}")
        right = defaults.get(hook['type'], name)
        if right != name and hooks.get(right, hook) is not None:
            raise UserError(
                f'{where}: default_hooks.{name}: is a second {hook["type"]} beside '
                f'default_hooks.{right}; did you mean {right}? (two of them: see custom_hooks)'
            )
