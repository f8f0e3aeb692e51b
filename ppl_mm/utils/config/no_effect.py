"""Settings for which a model has nothing: mmengine never says so."""

from collections.abc import Iterator, Mapping

from mmengine.config import Config
from torch import nn

from ..console import warn
from ..text import suggestion
from ..weights.loading import unwrap_model


def warn_of_settings(cfg: Config, model: nn.Module) -> None:
    """Warn of settings of parameters, and initial weights of layers, that a model does not have."""
    model = unwrap_model(model)
    _warn_of_custom_keys(cfg, model)
    _warn_of_layers(cfg, model)


def _warn_of_custom_keys(cfg: Config, model: nn.Module) -> None:
    wrapper = cfg.get('optim_wrapper') or {}
    if 'constructor' in wrapper:  # it may find parameters in another way
        return
    settings = wrapper.get('paramwise_cfg') or {}
    # As mmengine's constructor spells them: those of the model itself begin with a point.
    found = [name for name, _ in model.named_parameters()]
    names = [name if '.' in name else f'.{name}' for name in found]
    for key in settings.get('custom_keys') or ():
        if not any(key in name for name in names):
            parts = {part for name in names for part in name.split('.')}
            warn(
                f"optim_wrapper.paramwise_cfg.custom_keys: no parameter's name holds '{key}', so "
                f'that it has no effect; {suggestion(key, parts)}'
            )


def _warn_of_layers(cfg: Config, model: nn.Module) -> None:
    for key, init, part in _init_cfgs('model', cfg.get('model'), model):
        layers, kinds = init.get('layer'), _kinds(part)
        layers = [layers] if isinstance(layers, str) else layers
        # mmengine refuses what is neither text nor a list.
        if layers and isinstance(layers, list) and kinds.isdisjoint(map(str, layers)):
            warn(
                f"{key}.init_cfg: layer '{', '.join(map(str, layers))}' is not a kind of layer "
                f'there, so that it has no effect; {suggestion(str(layers[0]), kinds)}'
            )


def _init_cfgs(key: str, cfg: object, part: nn.Module) -> Iterator[tuple[str, Mapping, nn.Module]]:
    """Yield what a config says of initial weights, with the key and the module of each."""
    inner: dict = {}
    if isinstance(cfg, Mapping):
        inner, given = dict(cfg), cfg.get('init_cfg') or ()
        given = [given] if isinstance(given, Mapping) else given
        yield from ((key, init, part) for init in given if isinstance(init, Mapping))
    elif isinstance(cfg, list):
        inner = dict(enumerate(cfg))
    for name, value in inner.items():
        if isinstance(module := getattr(part, str(name), None), nn.Module):
            yield from _init_cfgs(f'{key}.{name}', value, module)


def _kinds(part: nn.Module) -> set[str]:
    """Return the names that mmengine compares: those of classes, and of their direct bases."""
    kinds = {type(module) for module in part.modules()}
    return {kind.__name__ for cls in kinds for kind in (cls, *cls.__bases__)}
