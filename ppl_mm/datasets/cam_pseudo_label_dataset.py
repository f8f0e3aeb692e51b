"""Exported pseudo-labels as training data for any mmseg model."""
import json
import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..registry import DATASETS
from .class_lists import BACKGROUND, check_classes
from .voc_layout_dataset import VOCLayoutDataset


@DATASETS.register_module()
class CAMPseudoLabelDataset(VOCLayoutDataset):
    """Images with the pseudo-labels of ``tools/export_cam.py`` or refine.py.

    Args:
        label_dir (str): The folder given to the export (it holds ``labels/``
            and ``export.json``), or a folder of label PNGs.
        data_root (str): The folder of the data set.
        ann_file (str): List of images, one stem a line, below ``data_root``.
            Defaults to '': every label of the folder.
        data_prefix (dict): ``img_path`` is the folder of images below
            ``data_root``. Defaults to ``JPEGImages``.
        metainfo (dict, optional): ``classes``, the background first. Defaults
            to None: those of ``export.json``, of ``data_root/classes.txt`` if
            there is none.
        **kwargs: As of mmseg's ``BaseSegDataset``.

    Raises:
        UserError: As :class:`VOCLayoutDataset`; if there is no export, or the
            classes are not those of the export.

    Examples:
        >>> CAMPseudoLabelDataset(
        ...     'work_dirs/export_cam', data_root='data/demo',
        ...     ann_file='ImageSets/Segmentation/train.txt')
    """

    _mask = 'pseudo-label'

    def __init__(self,
                 label_dir: str,
                 data_root: str,
                 ann_file: str = '',
                 data_prefix: dict | None = None,
                 metainfo: dict | None = None,
                 **kwargs) -> None:
        self.label_dir = Path(label_dir)
        folder, record = self._find()
        metainfo = dict(metainfo or {})
        if record:
            metainfo['classes'] = _agreed_classes(
                metainfo.get('classes'), record['classes'],
                folder.parent / 'export.json')
        data_prefix = dict(
            data_prefix or {}, seg_map_path=os.path.abspath(folder))
        super().__init__(
            data_root, ann_file, data_prefix=data_prefix, metainfo=metainfo,
            **kwargs)

    def _find(self) -> tuple[Path, dict | None]:
        """The folder of labels, and the record of their export if any."""
        if not self.label_dir.is_dir():
            raise UserError(f'{self.label_dir}: {self._no_masks()}')
        folder = self.label_dir / 'labels'
        if not folder.is_dir():
            return self.label_dir, _read_record(self.label_dir.parent)
        record = _read_record(self.label_dir)
        if not record or not is_finished(record):
            raise UserError(
                f'{self.label_dir}: the export was not finished; run its '
                f'command again, or give {folder} to train on what is there')
        return folder, record

    def _no_masks(self) -> str:
        export_dir = self.label_dir
        if export_dir.name == 'labels':
            export_dir = export_dir.parent
        return ('no pseudo-labels are there; make them with python '
                'tools/export_cam.py CONFIG CHECKPOINT --out-dir '
                f'{export_dir}')


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
        raise UserError(f'{path}: not readable as the record of an export; '
                        'export again') from error
    return record


def _agreed_classes(given: Sequence[str] | None, exported: Sequence[str],
                    path: Path) -> tuple[str, ...]:
    """The classes of an export, background first, unless others are given."""
    exported = (BACKGROUND, *exported)
    if given and tuple(given) != exported:
        raise UserError(
            f'mismatched class lists: metainfo.classes is {_show(given)}, but '
            f'the labels of {path} were made for {_show(exported)}; give '
            'the same list in the same order')
    return exported


def _show(classes: Sequence[str]) -> str:
    return f'({", ".join(classes)})'
