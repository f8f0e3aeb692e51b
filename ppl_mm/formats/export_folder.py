"""The folder of pseudo-labels that an export or a refinement wrote."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from .class_list import BACKGROUND, check_classes


def find_labels(label_dir: str | os.PathLike) -> tuple[Path, dict | None]:
    """The labels of an export or a refinement.

    Args:
        label_dir (str | PathLike): The folder given to ``tools/export_cam.py``
            or ``tools/refine.py`` (it holds ``labels/`` and ``export.json``),
            or a folder of label PNGs.

    Returns:
        tuple[Path, dict | None]: The folder of PNGs, and the record of their
        export if there is one.

    Raises:
        UserError: If there is no such folder, or its export was not finished.
    """
    label_dir = Path(label_dir)
    if not label_dir.is_dir():
        raise UserError(f'{label_dir}: {how_to_make_labels(label_dir)}')
    folder = label_dir / 'labels'
    if not folder.is_dir():
        return label_dir, _read_record(label_dir.parent)
    record = _read_record(label_dir)
    if not record or not is_finished(record):
        raise UserError(
            f'{label_dir}: the export was not finished; run its '
            f'command again, or give {folder} to train on what is there'
        )
    return folder, record


def how_to_make_labels(label_dir: Path) -> str:
    """What to tell where there are none."""
    export_dir = label_dir.parent if label_dir.name == 'labels' else label_dir
    return (
        'no pseudo-labels are there; make them with python '
        'tools/export_cam.py CONFIG CHECKPOINT --out-dir '
        f'{export_dir}'
    )


def is_finished(record: dict) -> bool:
    """Whether the run that wrote an ``export.json`` came to its end.

    Args:
        record (dict): What the file holds: of ``tools/refine.py``, which says
            so, or of ``tools/export_cam.py``, which has a threshold then.

    Returns:
        bool: Whether it did.
    """
    return record.get('finished', record.get('threshold') is not None)


def _read_record(export_dir: Path) -> dict | None:
    """What ``export.json`` says, or None if there is no such file."""
    path = export_dir / 'export.json'
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding='utf-8'))
        check_classes(record['classes'], str(path))
    except UserError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f'{path}: not readable as the record of an export; export again') from error
    return record


def agreed_classes(
    given: Sequence[str] | None, exported: Sequence[str], folder: Path
) -> tuple[str, ...]:
    """The classes of an export, which must be those that are given.

    Args:
        given (Sequence[str], optional): Of the data set, background first.
        exported (Sequence[str]): Of the export, without background.
        folder (Path): Its labels, for the message.

    Returns:
        tuple[str]: Background first.

    Raises:
        UserError: If they differ.
    """
    exported, path = (BACKGROUND, *exported), folder.parent / 'export.json'
    if given and tuple(given) != exported:
        raise UserError(
            f'mismatched class lists: metainfo.classes is {_show(given)}, but '
            f'the labels of {path} were made for {_show(exported)}; give '
            'the same list in the same order'
        )
    return exported


def _show(classes: Sequence[str]) -> str:
    return f'({", ".join(classes)})'
