"""What constructors take: names of arguments, and the plain values that each may have."""

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache

from ...errors import UserError
from ..text import suggestion

# Keys that mmengine takes out before it builds a part.
_MARKS = {'type', '_delete_', '_scope_'}
# The kinds of values that a config can write, by what a message calls them: their types, which
# annotations name, too, and the words for them in docstrings.
_FLAG, _NUMBER, _TEXT, _DICT, _LIST = 'True or False', 'a number', 'a text', 'a dict', 'a list'
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    _FLAG: ((bool,), 'bool'),
    _NUMBER: ((int, float), 'int|float|[Nn]umber'),
    _TEXT: ((str,), 'str'),
    _DICT: ((dict, Mapping), '[Dd]ict|ConfigDict'),
    _LIST: ((list, tuple), '[Ll]ist|[Tt]uple|Sequence'),
}
Kinds = Set[str] | None  # None: anything


@dataclass(frozen=True)
class Arguments:
    """The arguments of a constructor.

    Attributes:
        kinds: For each name the kinds of plain values that it takes; None for any.
        is_open: Whether others are taken, too.
    """

    kinds: Mapping[str, Kinds]
    is_open: bool = False

    def __or__(self, other: 'Arguments') -> 'Arguments':
        """Return what one or the other takes."""
        kinds = {**self.kinds, **other.kinds}
        for name in self.kinds.keys() & other.kinds.keys():
            own, others = self.kinds[name], other.kinds[name]
            kinds[name] = None if own is None or others is None else own | others
        return Arguments(kinds, self.is_open or other.is_open)


def some(
    names: Iterable[str] = (), flags: Iterable[str] = (), dicts: Iterable[str] = ()
) -> Arguments:
    """Return arguments of which some take anything, some are flags, and some are dicts."""
    return Arguments(
        dict.fromkeys(names)
        | dict.fromkeys(flags, frozenset([_FLAG]))
        | dict.fromkeys(dicts, frozenset([_DICT]))
    )


def check_arguments(
    before: str, node: Mapping, taken: Arguments, elsewhere: Mapping[str, str] | None = None
) -> None:
    """Refuse a part with a key, or a kind of value, that nothing takes; ``before`` names it.

    ``elsewhere`` are the :func:`keys_beside` the part.
    """
    for key, value in node.items():
        if not taken.is_open and key not in taken.kinds and key not in _MARKS:
            taker = f'{node["type"]} takes' if 'type' in node else 'mmengine reads'
            there = (elsewhere or {}).get(str(key))
            meant = f'did you mean {there}?' if there else suggestion(str(key), taken.kinds)
            raise UserError(f"{before}{key}: {taker} no '{key}'; {meant}")
        if wanted := _misfit(value, taken.kinds.get(key)):
            raise UserError(f'{before}{key}={value!r} must be {wanted}')


def keys_beside(parts: object, index: int, path: str) -> dict[str, str]:
    """Return the keys of the other parts of a list, each with its path.

    Examples:
        >>> keys_beside([dict(type='A'), dict(type='B', threshold=0.3)], 0, 'refiners')
        {'type': 'refiners.1.type', 'threshold': 'refiners.1.threshold'}
    """
    return {
        str(key): f'{path}.{at}.{key}'
        for at, part in enumerate(parts if isinstance(parts, list | tuple) else ())
        if isinstance(part, Mapping) and at != index
        for key in part
    }


def _misfit(value: object, kinds: Kinds) -> str | None:
    """Return what a value must be; None if it fits.

    None stands for what is not given, and always fits. 0 and 1 are flags, too. Of lists only flags
    are sure: OpenMMLab annotates much as one number, or one dict, that may be a list of them.
    """
    kind = next((name for name, (of, _) in _KINDS.items() if isinstance(value, of)), None)
    if not kinds or kind is None or kind in kinds or (kind == _LIST and kinds != {_FLAG}):
        return None
    if (kind == _FLAG and _NUMBER in kinds) or (_FLAG in kinds and value in (0, 1)):
        return None
    return ' or '.join(sorted(kinds))


@cache
def arguments_of(reader: Callable) -> Arguments:
    """Return what a function takes, or a constructor and those that it passes on to."""
    from mmengine.hooks import CheckpointHook
    from mmengine.runner import Runner

    if not inspect.isclass(reader):
        return _of_function(reader)
    if issubclass(reader, CheckpointHook):  # the one whose kwargs go elsewhere
        takers = (reader.__init__, CheckpointHook.__init__, Runner.save_checkpoint)
        return Arguments(_merged(map(_of_function, takers)))
    found = list(_of_bases(reader))
    return Arguments(_merged(found), is_open=not found or found[-1].is_open)


def _of_bases(cls: type) -> Iterator[Arguments]:
    docs = '\n'.join(base.__doc__ or '' for base in cls.__mro__)
    for base in cls.__mro__:
        if '__init__' in vars(base) and base is not object:
            own = _of_function(vars(base)['__init__'], docs)
            yield own
            if not own.is_open:
                return


def _merged(found: Iterable[Arguments]) -> dict[str, Kinds]:
    """Return the arguments of classes that pass on to the next; the first that says counts."""
    kinds: dict[str, Kinds] = {}
    for one in found:
        for name, own in one.kinds.items():
            kinds[name] = kinds[name] if kinds.get(name) is not None else own
    return kinds


def _of_function(function: Callable, docs: str = '') -> Arguments:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # written in C
        return Arguments({}, is_open=True)
    names = getattr(inspect.unwrap(function), '__globals__', {})
    docs = f'{docs}\n{function.__doc__}'
    kinds = {
        one.name: _widened(_kinds_of(one, names), one.name, docs)
        for one in parameters
        if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL) and one.name != 'self'
    }
    return Arguments(kinds, any(one.kind is one.VAR_KEYWORD for one in parameters))


def _kinds_of(parameter: inspect.Parameter, names: dict[str, object]) -> Kinds:
    """Return what an argument takes by its annotation, or as a flag by its default.

    An annotation that is a text is looked up in ``names``.
    """
    default = parameter.default
    if parameter.annotation is parameter.empty:
        return frozenset([_FLAG]) if isinstance(default, bool) else None
    holder = types.SimpleNamespace(__annotations__={'hint': parameter.annotation})
    try:
        hint = typing.get_type_hints(holder, names)['hint']
    except Exception:  # a name that only a type checker knows
        return None
    kinds = _kinds_of_hint(hint)
    return kinds if default is parameter.empty or not _misfit(default, kinds) else None


def _widened(kinds: Kinds, name: str, docs: str) -> Kinds:
    """Return kinds with those of the docstring: OpenMMLab annotates a loss scale as a text only."""
    if not kinds:
        return kinds
    said = ' '.join(re.findall(rf'^\s*{name}\s*\(([^:]*?)\)\s*:', docs, re.MULTILINE))
    return kinds | {kind for kind, (_, word) in _KINDS.items() if re.search(rf'\b({word})\b', said)}


def _kinds_of_hint(hint: object) -> Kinds:
    origin = typing.get_origin(hint) or hint
    if origin in (typing.Union, types.UnionType):
        members = [_kinds_of_hint(one) for one in typing.get_args(hint)]
        return None if None in members else frozenset().union(*filter(None, members))
    if origin is types.NoneType:
        return frozenset()
    origin = dict if _is_built(origin) else origin
    return next((frozenset([kind]) for kind, (of, _) in _KINDS.items() if origin in of), None)


def _is_built(hint: object) -> bool:
    """Return whether an annotation is a class whose objects a config writes as dicts."""
    packages = ('mmengine.', 'torch.nn.', 'torch.optim.', 'torch.utils.data.')
    return inspect.isclass(hint) and hint.__module__.startswith(packages)
