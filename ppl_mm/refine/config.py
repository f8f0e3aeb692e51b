"""The config of a refinement: read, checked, built."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mmengine.utils import import_modules_from_strings

from ..errors import UserError
from ..formats.export_record import ExportRecord, Threshold
from ..utils.tiles import MAX_PIXELS
from ..utils.weights.loading import checkpoint_sha256, resolve_checkpoint
from .chain import RefinerChain

#: First keys of the settings of a chain.
CHAIN_KEYS = ('refiners', 'label', 'max_pixels', 'tiles', 'least_left')
# The step whose threshold an export may give, with and without its scope.
_CONSTANT = ('ppl_mm.ConstantBackground', 'ConstantBackground')


@dataclass(frozen=True)
class ChainSettings:
    """What a config says about its chain, of JSON's types.

    Args:
        refiners: Configs of the steps.
        label: Config of the rule that makes the label.
        max_pixels: Larger images are refined at about this size.
        tiles: They are refined in tiles of this size instead. Defaults to None: no.
        custom_imports: Modules to import first. Defaults to None.
        threshold: The background score of its ``ConstantBackground``, where there is one. Defaults
            to None.
        threshold_from: Where that comes from. Defaults to None.
        background: False where every pixel belongs to a class. Defaults to True.
        least_left: The share of an object below which it is put back. Defaults to None: none is.
    """

    refiners: list[dict]
    label: dict
    max_pixels: int
    tiles: bool | None = None
    custom_imports: dict | None = None
    threshold: Threshold | None = None
    threshold_from: str | None = None
    background: bool = True
    least_left: float | None = None

    def chain(self) -> dict:
        """Return what the labels depend on, for records."""
        return {key: getattr(self, key) for key in (*CHAIN_KEYS, 'custom_imports')}


def chain_settings(
    cfg: Mapping, where: str = 'config', record: ExportRecord | None = None
) -> ChainSettings:
    """Read what a config says about its chain.

    A ``ConstantBackground`` whose threshold is None gets that of the export. Where that has no
    background, the chain knows it.

    Args:
        cfg: With ``refiners``, optional ``label``, ``max_pixels``, ``tiles``,
            ``least_left`` and ``custom_imports``.
        where: Where it stands, for messages.
        record: That of the export. Defaults to None: it is not known yet, and a threshold that is
            None stays.

    Raises:
        UserError: If there are no refiners, a number is not finite, or the export has no threshold
            where one is asked for.
    """
    refiners = cfg.get('refiners')
    if not isinstance(refiners, list | tuple) or not all(
        isinstance(step, dict) for step in refiners
    ):
        raise UserError(
            f'{where}: refiners must be a list of steps, as '
            f"[dict(type='ppl_mm.ConstantBackground', threshold=0.3)]; got {refiners!r}"
        )
    settings = dict(
        refiners=refiners,
        label=cfg.get('label') or dict(type='ppl_mm.Strongest'),
        max_pixels=cfg.get('max_pixels', MAX_PIXELS),
        tiles=cfg.get('tiles') or None,
        least_left=cfg.get('least_left') or None,
        custom_imports=cfg.get('custom_imports'),
    )
    try:
        settings = json.loads(json.dumps(settings, default=str, allow_nan=False))
    except ValueError as error:
        raise UserError(
            f'{where}: a number of a step is infinite or NaN; give one that is finite'
        ) from error
    threshold, origin = _background(settings, where, record)
    background = record is None or record.background
    return ChainSettings(
        **settings, threshold=threshold, threshold_from=origin, background=background
    )


def _background(
    settings: dict, where: str, record: ExportRecord | None
) -> tuple[Threshold | None, str | None]:
    """Fill in thresholds that are None; return the background score and its origin."""
    open_steps = {
        at: step
        for part in ('refiners', 'label')
        for at, step in _constant_steps(settings[part], part)
        if step.get('threshold') is None
    }
    if open_steps and record is not None:
        if record.map_threshold is None:
            raise UserError(
                f'{where}: a ppl_mm.ConstantBackground has no threshold, and CAM_DIR has none to '
                'give (its export is not finished, or it is refined already); give a number, '
                f'e.g. --cfg-options {next(iter(open_steps))}.threshold=0.3'
            )
        for step in open_steps.values():
            step['threshold'] = record.map_threshold
        return record.map_threshold, f'the export ({_origin_of(record)})'
    found = [step.get('threshold') for _, step in _constant_steps(settings['refiners'], 'refiners')]
    one = found[0] if found and found.count(found[0]) == len(found) else None
    return (None, None) if one is None else (one, where)


def _origin_of(record: ExportRecord) -> str:
    """Return where the threshold of an export comes from."""
    by_masks = isinstance(record.threshold_from, dict) and 'split' in record.threshold_from
    return f'masks of {record.threshold_origin}' if by_masks else str(record.threshold_origin)


def _constant_steps(part: object, at: str) -> Iterator[tuple[str, dict]]:
    """Return every ``ConstantBackground`` in a part of a config, and where: 'refiners.0'."""
    if isinstance(part, dict) and part.get('type') in _CONSTANT:
        yield at, part
    children = dict(enumerate(part)) if isinstance(part, list) else part
    for key, child in children.items() if isinstance(children, dict) else ():
        yield from _constant_steps(child, f'{at}.{key}')


def build_chain(settings: ChainSettings) -> RefinerChain:
    """Build a chain, from :func:`chain_settings`, in this process.

    Raises:
        UserError: If a step or the rule cannot be built.
    """
    if settings.custom_imports:
        import_modules_from_strings(**settings.custom_imports)
    return RefinerChain(
        settings.refiners,
        settings.label,
        settings.max_pixels,
        bool(settings.tiles),
        settings.background,
        settings.least_left or 0.0,
    )


def used_files(settings: object) -> dict[str, str]:
    """Return the SHA-256, by path, of the files that a config or a part of it names.

    So a change of them is seen. A work folder stands for its latest checkpoint.
    """
    if isinstance(settings, Mapping):
        settings = list(settings.values())
    if isinstance(settings, list | tuple):
        return {path: digest for part in settings for path, digest in used_files(part).items()}
    if not isinstance(settings, str) or not os.path.exists(settings):
        return {}
    try:
        return {settings: checkpoint_sha256(resolve_checkpoint(settings))}
    except UserError:  # a folder that only happens to have this name
        return {}
