"""The commands that would change what looks wrong."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..formats.export_folder import ExportFolder
from ..formats.export_record import ExportRecord, RefinementRecord

#: How far a threshold is moved.
_STEP = 0.15
_LEAST, _MOST = 0.05, 0.9


def recut_command(folder: Path | None, way: str) -> str | None:
    """Return the command that makes labels again at another threshold.

    Args:
        folder: The export or refinement that made them; None for none.
        way: 'raise' or 'lower'.

    Returns:
        A line for a shell; None where no threshold decides, or the folder does not say what made
        it.
    """
    if folder is None:
        return None
    record = ExportFolder(folder).read()
    more = 1 if way == 'raise' else -1
    if isinstance(record, RefinementRecord):
        parts = _refine(record, folder, more)
    else:
        parts = _export(record, folder, more)
    return shlex.join(map(str, parts)) if parts else None


def _export(record: ExportRecord, folder: Path, more: int) -> Sequence[object]:
    if not record.config or not record.checkpoint or record.threshold is None:
        return ()
    command = ['python', 'tools/export_cam.py', record.config, record.checkpoint]
    split = ['--split', record.split] if record.split else []
    threshold = f'{_moved(record.threshold, more):g}'
    return [*command, '--out-dir', _beside(folder), *split, '--threshold', threshold]


def _refine(record: RefinementRecord, folder: Path, more: int) -> Sequence[object]:
    option = _option(record.refiners, more)
    if not option or not record.refine_config or not record.source_dir:
        return ()
    command = ['python', 'tools/refine.py', record.refine_config, record.source_dir]
    return [*command, '--out-dir', _beside(folder), '--cfg-options', option]


def _option(refiners: Sequence[Mapping], more: int) -> str | None:
    """Return the setting that makes the first background stronger or weaker."""
    for index, step in enumerate(refiners):
        threshold, alpha = step.get('threshold'), step.get('alpha')
        if isinstance(threshold, int | float):
            return f'refiners.{index}.threshold={_moved(threshold, more):g}'
        if isinstance(alpha, int | float):  # (1 - score) ** alpha: a lower one covers less
            return f'refiners.{index}.alpha={alpha * 2**-more:g}'
    return None


def _moved(threshold: float, more: int) -> float:
    return round(min(max(threshold + more * _STEP, _LEAST), _MOST), 2)


def _beside(folder: Path) -> Path:
    return folder.with_name(f'{folder.name}_again')
