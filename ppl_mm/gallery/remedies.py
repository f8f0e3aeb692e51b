"""The commands that would change what looks wrong."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..apis.compare_chains import OWN
from ..formats.export_folder import ExportFolder
from ..formats.export_record import ExportRecord, RefinementRecord, threshold_text
from ..formats.result_folder import ResultFolder
from ..utils.files import read_json
from ..utils.project import command_line

#: How far a threshold is moved.
_STEP = 0.15
_LEAST, _MOST = 0.05, 0.9
# Options of make_masks.py that choose the threshold, each with a value.
_CHOOSING = ('--threshold', '--expected-area')


def masks_command(work_dir: Path | None) -> list[str]:
    """Return the words of the command of make_masks.py that made a run; none if none did."""
    record = work_dir.parent / ResultFolder.RECORD if work_dir else None
    if record is None or not record.is_file():
        return []
    return list(map(str, read_json(record).get('command') or ()))


def other_threshold(folder: Path | None, work_dir: Path | None, way: str) -> str | None:
    """Return the command that makes labels again at another threshold.

    Args:
        folder: The export or refinement that made them.
        work_dir: The folder of the pipeline that did.
        way: 'raise' or 'lower'.

    Returns:
        A line for a shell: the command of make_masks.py where that made them, else that of the
        step. None where no threshold decides, or nothing says what made the labels.
    """
    if folder is None:
        return None
    record, more = ExportFolder(folder).read(), 1 if way == 'raise' else -1
    command, cut = masks_command(work_dir), _cut_maps(record)
    if command and cut is not None and cut.threshold is not None:
        parts = [*_without_choice(command), '--threshold', _moved_text(cut, more)]
    elif isinstance(record, RefinementRecord):
        parts = _refine(record, folder, more)
    else:
        parts = _export(record, folder, more)
    return shlex.join(map(str, parts)) if parts else None


def _export(record: ExportRecord, folder: Path, more: int) -> list:
    if not record.config or not record.checkpoint or record.threshold is None:
        return []
    command = [*command_line('export_cam').split(), record.config, record.checkpoint]
    split = ['--split', record.split] if record.split else []
    threshold = _moved_text(record, more)
    return [*command, '--out-dir', _beside(folder), *split, '--threshold', threshold]


def _refine(record: RefinementRecord, folder: Path, more: int) -> list:
    option = _option(record.refiners, more)
    if not option or not record.refine_config or not record.source_dir:
        return []
    if record.chain_from and record.chain_from.get('chain') != OWN:
        return []  # the option would be of other steps
    command = [*command_line('refine').split(), record.refine_config, record.source_dir]
    return [*command, '--out-dir', _beside(folder), '--cfg-options', option]


def _option(refiners: Sequence[Mapping], more: int) -> str | None:
    """Return the setting that makes the first background stronger or weaker."""
    for index, step in enumerate(refiners):
        threshold, alpha = step.get('threshold'), step.get('alpha')
        if isinstance(threshold, list):
            moved = ','.join(f'{_moved(one, more):g}' for one in threshold)
            return f'refiners.{index}.threshold=[{moved}]'
        if isinstance(threshold, int | float):
            return f'refiners.{index}.threshold={_moved(threshold, more):g}'
        if isinstance(alpha, int | float):  # (1 - score) ** alpha: a lower one covers less
            return f'refiners.{index}.alpha={alpha * 2**-more:g}'
    return None


def _moved(threshold: float, more: int) -> float:
    return round(min(max(threshold + more * _STEP, _LEAST), _MOST), 2)


def _moved_text(record: ExportRecord, more: int) -> str:
    """Return a higher or lower threshold as an option says it, that of each class if it has one."""
    cut = record.threshold
    if isinstance(cut, list):
        return threshold_text([_moved(one, more) for one in cut], record.classes)
    return f'{_moved(cut or 0.0, more):g}'


def _beside(folder: Path) -> Path:
    return folder.with_name(f'{folder.name}_again')


def _cut_maps(record: ExportRecord) -> ExportRecord | None:
    """Return the record of an export, or of that whose maps were refined."""
    if not isinstance(record, RefinementRecord):
        return record
    source = ExportFolder(record.source_dir or '')
    return source.read() if source.record_path.is_file() else None


def _without_choice(command: Sequence[str]) -> list[str]:
    """Return a command without the options that choose a threshold, and their values."""
    kept: list[str] = []
    words = iter(command)
    for word in words:
        if word in _CHOOSING:
            next(words, None)
        elif not word.startswith(tuple(f'{option}=' for option in _CHOOSING)):
            kept.append(word)
    return kept
