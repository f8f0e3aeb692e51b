"""The config of a refinement: read, checked, built."""

import json
import os
from collections.abc import Mapping

from mmengine.utils import import_modules_from_strings

from ..errors import UserError
from ..utils.checkpoints import resolve_checkpoint
from ..utils.files import file_sha256
from .chain import MAX_PIXELS, RefinerChain


def chain_settings(cfg: Mapping, where: str = 'config') -> dict:
    """What a config says about its chain, as JSON's types.

    Args:
        cfg (Mapping): With ``refiners``, optional ``label``, ``max_pixels``
            and ``custom_imports``.
        where (str): Where it stands, for messages.

    Returns:
        dict: These four, for :func:`build_chain`.

    Raises:
        UserError: If there are no refiners.
    """
    refiners = cfg.get('refiners')
    if not isinstance(refiners, list | tuple) or not all(
        isinstance(step, dict) for step in refiners
    ):
        raise UserError(
            f'{where}: refiners must be a list of steps, as [dict(type='
            "'ppl_mm.ConstantBackground', threshold=0.3)]; got "
            f'{refiners!r}'
        )
    settings = dict(
        refiners=refiners,
        label=cfg.get('label') or dict(type='ppl_mm.Strongest'),
        max_pixels=cfg.get('max_pixels', MAX_PIXELS),
        custom_imports=cfg.get('custom_imports'),
    )
    return json.loads(json.dumps(settings, default=str))


def build_chain(settings: Mapping) -> RefinerChain:
    """Build a chain in this process.

    Args:
        settings (Mapping): From :func:`chain_settings`.

    Returns:
        RefinerChain: The chain.

    Raises:
        UserError: If a step or the rule can't be built.
    """
    if settings['custom_imports']:
        import_modules_from_strings(**settings['custom_imports'])
    return RefinerChain(settings['refiners'], settings['label'], settings['max_pixels'])


def used_files(settings: object) -> dict[str, str]:
    """The files that a config names, so that a change of them is seen.

    Args:
        settings: A config or a part of it.

    Returns:
        dict[str, str]: SHA-256 by path; a work folder stands for its latest
        checkpoint.
    """
    if isinstance(settings, Mapping):
        settings = list(settings.values())
    if isinstance(settings, list | tuple):
        return {path: digest for part in settings for path, digest in used_files(part).items()}
    if not isinstance(settings, str) or not os.path.exists(settings):
        return {}
    try:
        return {settings: file_sha256(resolve_checkpoint(settings))}
    except UserError:  # a folder that only happens to have this name
        return {}
