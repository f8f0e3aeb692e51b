"""The folder that an export or a refinement writes: maps, labels and a record."""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError
from ..utils.claims import Claim
from .class_list import channel_names
from .export_record import ExportRecord, Record, read_record
from .image_list import normal_name

_RECORD, _CAMS, _LABELS = 'export.json', 'cams', 'labels'
_REFINED, NEGATIVES = 'refined', '.negatives'
#: Matches the files of an export or a refinement, by their paths below its folder.
FILES = re.compile(
    rf'{re.escape(_RECORD)}|{_LABELS}/.+\.png|{_CAMS}/.+\.npz|\.lock'
    r'|\.(reference|probe)_[0-9a-f]{16}\.npz',
    re.DOTALL,
)


class ExportFolder:
    """Where the files of an export or a refinement are.

    Args:
        root: The folder given to ``tools/export_cam.py`` or ``tools/refine.py``; it need not exist.

    Examples:
        >>> ExportFolder('work_dirs/export').cam_path('2007_000032').as_posix()
        'work_dirs/export/cams/2007_000032.npz'
    """

    def __init__(self, root: str | os.PathLike) -> None:
        self.root = Path(root)
        self.record_path = self.root / _RECORD
        self.cam_dir = self.root / _CAMS
        self.label_dir = self.root / _LABELS

    @property
    def negatives(self) -> 'ExportFolder':
        """Where an export keeps the maps of negatives; hidden, since no user needs them."""
        return ExportFolder(self.root / NEGATIVES)

    def learnt_path(self, name: str, record: ExportRecord, later: Collection[str]) -> Path:
        """Return where an export of these settings keeps what it has learnt of many images.

        Args:
            name: What that is, see :data:`.learnt.LEARNT`.
            record: The settings.
            later: Fields of the record that are known only afterwards; they do not count.
        """
        left_out = {'full_scale', 'background', *later}
        made = {key: value for key, value in record.identity().items() if key not in left_out}
        text = json.dumps(made, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self.root / f'.{name}_{digest}.npz'

    @property
    def refined(self) -> 'ExportFolder':
        """Where ``tools/export_cam.py --refine`` writes."""
        return ExportFolder(self.root / _REFINED)

    def cam_path(self, image_id: str) -> Path:
        """Return the path of the CAM file of an image."""
        return self.cam_dir / f'{image_id}.npz'

    def label_path(self, image_id: str) -> Path:
        """Return the path of the pseudo-label of an image."""
        return self.label_dir / f'{image_id}.png'

    def cam_ids(self) -> set[str]:
        """Return the image ids of the CAM files that exist."""
        return _ids_below(self.cam_dir, '.npz')

    def label_ids(self) -> set[str]:
        """Return the image ids of the pseudo-labels that exist."""
        return _ids_below(self.label_dir, '.png')

    def read(self) -> ExportRecord:
        """Read the record, see :func:`.export_record.read_record`."""
        return read_record(self.record_path)

    def write(self, record: ExportRecord) -> None:
        """Write the record."""
        record.write(self.record_path)

    def check(self, record: ExportRecord, unknown: Sequence[str] = ()) -> None:
        """Refuse a folder that :meth:`claim` would; fields ``unknown`` yet do not count."""
        identity = {key: value for key, value in record.identity().items() if key not in unknown}
        self._claim(identity, record.what).check()

    @contextmanager
    def claim(self, record: Record) -> Iterator[Record]:
        """Hold the folder for the run, in its main process, that writes this record.

        Yields:
            The record; if an earlier run with the same settings was here, with what it reached.

        Raises:
            UserError: If the folder holds something else or the files of other settings, or another
                run is at work there.
        """
        if self.record_path.is_file() and self._has_files():
            found = self.read()
            if type(found) is not type(record):
                raise UserError(
                    f'{self.root}: holds {found.what}, not {record.what}; give another folder'
                )
        with self._claim(record.identity(), record.what).hold() as earlier:
            yield record if earlier is None else record.continuing(self.read())

    def _claim(self, identity: dict, what: str) -> Claim:
        return Claim(self.record_path, identity, what, self._has_files, (_CAMS, _LABELS))

    def _has_files(self) -> bool:
        """Return whether a run has written more than the record."""
        return any(
            next(folder.rglob(f'*{suffix}'), None)
            for folder, suffix in ((self.cam_dir, '.npz'), (self.label_dir, '.png'))
        )


def _ids_below(folder: Path, suffix: str) -> set[str]:
    paths = folder.rglob(f'*{suffix}')
    return {normal_name(path.relative_to(folder).as_posix().removesuffix(suffix)) for path in paths}


def find_labels(label_dir: str | os.PathLike) -> tuple[Path, ExportRecord | None]:
    """Return the pseudo-labels of an export or a refinement, and its record.

    Args:
        label_dir: The folder given to ``tools/export_cam.py`` or
            ``tools/refine.py``, or a folder of label PNGs.

    Returns:
        The folder of PNGs, and the record if there is one.

    Raises:
        UserError: If there is no such folder, or its export was not finished.
    """
    label_dir = Path(label_dir)
    folder = ExportFolder(label_dir)
    lacks_labels = folder.record_path.is_file() and not folder.label_dir.is_dir()
    if not label_dir.is_dir() or lacks_labels:
        raise UserError(f'{label_dir}: {how_to_make_labels(label_dir)}')
    if not folder.label_dir.is_dir():
        beside = ExportFolder(label_dir.parent)
        return label_dir, beside.read() if beside.record_path.is_file() else None
    if not folder.record_path.is_file() or not (record := folder.read()).finished:
        raise UserError(
            f'{label_dir}: the export was not finished; run its command again, '
            f'or give {folder.label_dir} to train on what exists'
        )
    return folder.label_dir, record


def how_to_make_labels(label_dir: str | os.PathLike) -> str:
    """Return what to tell a user where there are no pseudo-labels."""
    path, more = Path(os.path.normpath(label_dir)), ''
    if path.name == _LABELS:
        path = path.parent
    if path.name == _REFINED:
        path, more = path.parent, ' --refine CONFIG'
    return (
        'no pseudo-labels are there; make them with python tools/export_cam.py CONFIG '
        f'CHECKPOINT --out-dir {path}{more}, or set label_dir to the folder that has them'
    )


def agreed_classes(
    given: Sequence[str] | None, exported: Sequence[str], folder: Path
) -> tuple[str, ...]:
    """Return what the labels of an export mean; refuse what is given if it differs.

    Args:
        given: What those of the data set mean, see :func:`.class_list.label_names`.
        exported: What those of the export mean, likewise.
        folder: Its labels, for the message.
    """
    exported, path = tuple(exported), folder.parent / _RECORD
    if given and tuple(given) not in (exported, channel_names(exported)):
        raise UserError(
            f'mismatched class lists: metainfo.classes is {_show(given)}, but the labels of {path} '
            f'were made for {_show(exported)}; give the same list in the same order'
        )
    return exported


def _show(classes: Sequence[str]) -> str:
    return f'({", ".join(classes)})'
