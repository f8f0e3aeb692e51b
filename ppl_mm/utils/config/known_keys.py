"""What reads the keys of a config: the constructors of its types, and mmengine itself."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import suppress
from functools import reduce
from importlib import import_module
from operator import or_
from types import ModuleType

from mmengine.registry import Registry

from ...errors import UserError
from ..text import suggestion
from .arguments import Arguments, arguments_of, check_arguments, some

# Settings beside the arguments of mmengine's Runner: this project's commands read them.
_OURS = {
    'tta_model', 'tta_pipeline', 'custom_imports', 'export_threshold',
    'export_negatives', 'export_probe', 'export_reference', 'runner_type',
    # Read by mmengine's Runner, and not arguments of it.
    'sync_bn', 'find_unused_parameters', 'model_wrapper_cfg', 'compile', 'activation_checkpointing',
    'efficient_conv_bn_eval',
}  # fmt: skip


#: The keys of ``default_hooks`` that mmengine fills itself, and with what.
DEFAULT_HOOKS = {
    'runtime_info': 'RuntimeInfoHook',
    'timer': 'IterTimerHook',
    'sampler_seed': 'DistSamplerSeedHook',
    'logger': 'LoggerHook',
    'param_scheduler': 'ParamSchedulerHook',
    'checkpoint': 'CheckpointHook',
}


def first_keys() -> Set[str]:
    """Return the keys at the top of a config that a run reads."""
    return _untyped({})[''].kinds.keys() - {'cfg'}


# The type of this part is not a name of a registry.
_CLIPPING = 'optim_wrapper.clip_grad'
# Settings that mmengine reads itself before it builds the type beside them.
_READ_BY_MMENGINE = {
    'optim_wrapper': some({'constructor', 'type'}, dicts={'paramwise_cfg'}),
    'param_scheduler': some({'epoch_length'}, flags={'convert_to_iter_based'}),
    'default_hooks': some({'priority'}),
    'custom_hooks': some({'priority'}),
}


def _untyped(node: Mapping) -> dict[str, Arguments]:
    """Return what the parts take that mmengine reads itself where they have no type.

    The ``node`` says how gradients are clipped, and whether a constructor is the user's own.
    """
    from mmengine.optim import OptimWrapper
    from mmengine.runner import (
        EpochBasedTrainLoop,
        IterBasedTrainLoop,
        LogProcessor,
        Runner,
        TestLoop,
        ValLoop,
    )
    from mmengine.visualization import Visualizer
    from torch.distributed import init_process_group
    from torch.nn.utils import clip_grad_norm_, clip_grad_value_
    from torch.utils.data import DataLoader

    clip = clip_grad_value_ if node.get('type') == 'value' else clip_grad_norm_
    loader = arguments_of(DataLoader) | some({'num_batch_per_epoch', 'disable_subprocess_warning'})
    loops = arguments_of(ValLoop) | arguments_of(TestLoop)
    training = arguments_of(EpochBasedTrainLoop) | arguments_of(IterBasedTrainLoop)
    return {
        '': arguments_of(Runner) | some(_OURS),
        'train_dataloader': loader,
        'val_dataloader': loader,
        'test_dataloader': loader,
        'train_cfg': training | some(flags={'by_epoch'}),
        'val_cfg': loops,
        'test_cfg': loops,
        # A constructor of one's own may read others, as of several optimizers.
        'optim_wrapper': arguments_of(OptimWrapper) | Arguments({}, 'constructor' in node),
        _CLIPPING: arguments_of(clip) | some({'type', 'norm_type'}),  # a number, or 'inf'
        'randomness': arguments_of(Runner.set_randomness),
        'log_processor': arguments_of(LogProcessor),
        'visualizer': arguments_of(Visualizer),
        'auto_scale_lr': some({'base_batch_size'}, flags={'enable'}),
        'env_cfg': some({'resource_limit'}, {'cudnn_benchmark'}, {'mp_cfg', 'dist_cfg'}),
        'env_cfg.mp_cfg': some({'mp_start_method', 'opencv_num_threads'}),
        'env_cfg.dist_cfg': some({'init_backend', 'port'}) | arguments_of(init_process_group),
    }


def is_read_by_mmengine(path: str) -> bool:
    """Return whether mmengine reads a part that has no type."""
    return path in _untyped({})


def is_foreign(reader: Callable) -> bool:
    """Return whether code is neither ours nor OpenMMLab's: it may read settings in any way."""
    known = ('mmengine', 'mmpretrain', 'mmseg', 'ppl_mm', 'torch')
    return reader.__module__.split('.')[0] not in known


def classes_of(readers: Iterable[Callable]) -> set[Callable]:
    """Return classes and their bases."""
    return {base for one in readers for base in getattr(one, '__mro__', (one,))} - {object}


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

    def arguments(self, path: str, node: Mapping) -> Arguments | None:
        """Return what a part may have, None where that is not known; see :meth:`readers`."""
        found = None
        if 'type' not in node or path == _CLIPPING:
            found = _untyped(node).get(path)
        elif self.scope:
            # Of all types of one name together.
            found = reduce(or_, map(arguments_of, self.readers(path, node['type'])))
        return found and found | _READ_BY_MMENGINE.get(path.split('.')[0], some())

    def readers(self, path: str, kind: str | Callable) -> list[Callable]:
        """Return all that a type stands for in the registries; refuse one that is not known."""
        if not isinstance(kind, str):
            return [kind]
        # A bare name is not searched for in the registries of other packages.
        searched = [one for one in self.registries if '.' in kind or one.scope != 'ppl_mm']
        if readers := [found for registry in searched if (found := registry.get(kind))]:
            return readers
        raise UserError(
            f"{self.where}: {path}.type: '{kind}' is not known; {suggestion(kind, self._names())}"
        )

    def foreign_words(self, path: str, node: Mapping) -> set[str]:
        """Return the words in the code of a part's type, as far as it :func:`is_foreign`."""
        if not self.scope or 'type' not in node:
            return set()
        code = ''
        for cls in filter(is_foreign, classes_of(self.readers(path, node['type']))):
            with suppress(OSError, TypeError):  # built in, or typed into an interpreter
                code += inspect.getsource(cls)
        return set(re.findall(r'\w+', code))

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


def check_part(
    registry: Registry, config: Mapping, where: str, elsewhere: Mapping[str, str] | None = None
) -> None:
    """Refuse a part whose type a registry does not know, or with what the type does not take.

    A part without a type is not looked at: what builds it says so. ``elsewhere`` are the
    :func:`~.arguments.keys_beside` it.
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
    check_arguments(f'{where}: ', config, arguments_of(reader), elsewhere)
