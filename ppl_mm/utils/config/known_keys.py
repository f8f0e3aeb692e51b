"""What reads the keys of a config: the constructors of its types, and mmengine itself."""

import inspect
from collections.abc import Callable, Mapping, Set
from functools import cache
from importlib import import_module
from types import ModuleType

from mmengine.registry import Registry

from ...errors import UserError
from ..text import suggestion

# Settings that this project's commands read, beside mmengine's Runner.
_OURS = {
    'tta_model', 'tta_pipeline', 'auto_scale_lr', 'custom_imports', 'export_threshold',
    'export_negatives', 'export_reference', 'work_dir', 'default_scope', 'env_cfg', 'runner_type',
}  # fmt: skip


def first_keys() -> Set[str]:
    """Return the keys at the top of a config that a run reads."""
    from mmengine.runner import Runner

    return _parameters(Runner) - {'cfg'} | _OURS


def default_hooks() -> set[str]:
    """Return the keys of ``default_hooks`` that mmengine fills itself."""
    return {'runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler', 'checkpoint'}


# The type of this part is not a name of a registry.
_CLIPPING = 'optim_wrapper.clip_grad'
# Settings that mmengine reads itself before it builds the type beside them.
_READ_BY_MMENGINE = {
    'optim_wrapper': {'constructor', 'paramwise_cfg', 'type'},
    'param_scheduler': {'convert_to_iter_based', 'epoch_length'},
    'default_hooks': {'priority'},
    'custom_hooks': {'priority'},
}


@cache
def _parameters(*readers: Callable) -> frozenset[str]:
    """Return what functions, or constructors, take by name."""
    names = {name for reader in readers for name in inspect.signature(reader).parameters}
    return frozenset(names - {'self', 'kwargs'})


def _untyped(node: Mapping) -> dict[str, Set[str]]:
    """Return the keys of the parts that mmengine reads itself where they have no type.

    Args:
        node: The part that is asked for: clipping of gradients takes keys by its own type.
    """
    from mmengine.optim import OptimWrapper
    from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, TestLoop, ValLoop
    from torch.nn.utils import clip_grad_norm_, clip_grad_value_
    from torch.utils.data import DataLoader

    clip = clip_grad_value_ if node.get('type') == 'value' else clip_grad_norm_
    loader = _parameters(DataLoader) | {'num_batch_per_epoch'}
    test_loop = _parameters(ValLoop, TestLoop)
    return {
        'train_dataloader': loader,
        'val_dataloader': loader,
        'test_dataloader': loader,
        'train_cfg': _parameters(EpochBasedTrainLoop, IterBasedTrainLoop) | {'by_epoch'},
        'val_cfg': test_loop,
        'test_cfg': test_loop,
        'optim_wrapper': _parameters(OptimWrapper),
        _CLIPPING: _parameters(clip) - {'parameters'} | {'type'},
        'randomness': {'seed', 'diff_rank_seed', 'deterministic'},
        'auto_scale_lr': {'enable', 'base_batch_size'},
        'env_cfg': {'cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'},
        'env_cfg.mp_cfg': {'mp_start_method', 'opencv_num_threads'},
    }


def is_read_by_mmengine(path: str) -> bool:
    """Return whether mmengine reads a part that has no type."""
    return path in _untyped({})


class KeyReaders:
    """Finds the keys that the parts of a config may have.

    Args:
        scope: The config's ``default_scope``, a package with a registry. None for types of mmengine
            and our own.
        where: The config's file, for messages.
    """

    def __init__(self, scope: str | None, where: str) -> None:
        self.scope, self.where = scope, where
        self.registries = self._registries()

    def keys(self, path: str, node: Mapping) -> Set[str] | None:
        """Return the keys that a part may have; None where it may have any.

        Raises:
            UserError: If no registry knows its type.
        """
        names = None
        if 'type' not in node or path == _CLIPPING:
            names = _untyped(node).get(path)
        elif self.scope:
            names = self._arguments(path, node['type'])
        return names and names | _READ_BY_MMENGINE.get(path.split('.')[0], set())

    def _arguments(self, path: str, kind: object) -> set[str] | None:
        """Return the arguments that a type takes, or all types of one name together."""
        readers: list = [kind]
        if isinstance(kind, str):
            # A bare name is not searched for in the registries of other packages.
            searched = [one for one in self.registries if '.' in kind or one.scope != 'ppl_mm']
            readers = [found for registry in searched if (found := registry.get(kind))]
        taken = [arguments_of(reader) for reader in readers]
        if taken:
            return None if None in taken else {name for names in taken for name in names or ()}
        raise UserError(
            f"{self.where}: {path}.type: '{kind}' is not known"
            f'; {suggestion(str(kind), self._names())}'
        )

    def _names(self) -> set[str]:
        names = set()
        for registry in self.registries:
            prefix = f'{registry.scope}.' if registry.scope == 'ppl_mm' else ''
            names |= {prefix + name for name in registry.module_dict}
        return names

    def _registries(self) -> list[Registry]:
        """Return the registries of mmengine, of the default scope, and our own."""
        found = []
        for name in filter(None, (self.scope, 'mmengine', 'ppl_mm')):
            module: ModuleType = import_module(f'{name}.registry')
            found += [value for value in vars(module).values() if isinstance(value, Registry)]
        return list({id(registry): registry for registry in found}.values())


def check_part(registry: Registry, config: Mapping, where: str) -> None:
    """Refuse a part whose type a registry does not know, or with a key that the type does not take.

    A part without a type is not looked at: what builds it says so.

    Raises:
        UserError: It is not a dict; or it names the nearest right name.
    """
    if not isinstance(config, Mapping):
        raise UserError(f"{where}: is {config!r}, but must be a dict with a 'type'")
    kind = config.get('type')
    if not isinstance(kind, str):
        return
    reader = registry.get(kind)
    if reader is None:
        known = suggestion(kind, [f'{registry.scope}.{name}' for name in registry.module_dict])
        raise UserError(f"{where}: type '{kind}' is not known; {known}")
    allowed = arguments_of(reader)
    if allowed is None:
        return
    for key in sorted(config.keys() - {'type'} - allowed):
        raise UserError(f"{where}: {kind} takes no '{key}'; {suggestion(key, allowed - {'self'})}")


def arguments_of(reader: Callable) -> set[str] | None:
    """Return the names that a constructor takes; None where it takes any."""
    from mmengine.hooks import CheckpointHook
    from mmengine.runner import Runner

    if not inspect.isclass(reader):
        names, passes_on = _keywords(reader)
        return None if passes_on else names
    if issubclass(reader, CheckpointHook):  # the one whose kwargs go elsewhere
        takers = (reader.__init__, CheckpointHook.__init__, Runner.save_checkpoint)
        return {name for taker in takers for name in _keywords(taker)[0]}
    names = set()
    for cls in reader.__mro__:
        if '__init__' in vars(cls) and cls is not object:
            own, passes_on = _keywords(vars(cls)['__init__'])
            names |= own
            if not passes_on:
                return names
    return None


def _keywords(function: Callable) -> tuple[set[str], bool]:
    """Return a function's keywords, and whether it takes others, for its base class maybe."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C
        return set(), True
    names = {p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    return names, any(p.kind is p.VAR_KEYWORD for p in parameters)
