"""Initial weights of kinds of layers: ``layer`` of an ``init_cfg``, which mmengine never checks."""

from collections.abc import Iterator, Mapping

from mmengine.config import Config
from torch import nn

from ..console import warn
from ..text import suggestion
from ..weights.loading import unwrap_model


def warn_of_layers(cfg: Config, model: nn.Module) -> None:
    """Warn of initial weights for kinds of layers that the model does not have."""
    for key, init, part in _init_cfgs('model', cfg.get('model'), unwrap_model(model)):
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
