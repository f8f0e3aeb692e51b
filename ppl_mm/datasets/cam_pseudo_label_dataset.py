"""Exported pseudo-labels as training data for any mmseg model."""

import os
from pathlib import Path

from ..formats.class_list import label_names
from ..formats.export_folder import agreed_classes, find_labels, how_to_make_labels
from ..formats.ground_truth import read_negatives
from ..formats.voc_layout import VOCLayout
from ..registry import DATASETS
from .label_warnings import warn_about_labels
from .voc_layout_dataset import VOCLayoutDataset


@DATASETS.register_module()
class CAMPseudoLabelDataset(VOCLayoutDataset):
    """Images with the pseudo-labels of ``tools/export_cam.py`` or refine.py.

    Args:
        label_dir: The folder given to the export (it holds ``labels/`` and ``export.json``), or a
            folder of label PNGs.
        data_root: The folder of the data set.
        ann_file: List of images, one image id a line, below ``data_root``. Defaults to '': every
            label of the folder.
        data_prefix: ``img_path`` is the folder of images below ``data_root``. Defaults to
            ``JPEGImages``.
        metainfo: ``classes``, see :func:`.class_list.label_names`. Defaults to None: those of
            ``export.json``, of ``data_root/classes.txt`` if there is none.
        **kwargs: See mmseg's ``BaseSegDataset``.

    Raises:
        UserError: As :class:`VOCLayoutDataset`; if there is no export, or the classes are not
            those of the export.

    Examples:
        >>> CAMPseudoLabelDataset(
        ...     'work_dirs/export_cam', data_root='data/demo',
        ...     ann_file='ImageSets/Segmentation/train.txt')
    """

    _mask = 'pseudo-label'

    def __init__(
        self,
        label_dir: str,
        data_root: str,
        ann_file: str = '',
        data_prefix: dict | None = None,
        metainfo: dict | None = None,
        **kwargs,
    ) -> None:
        self.label_dir = Path(label_dir)
        folder, record = find_labels(label_dir)
        metainfo = dict(metainfo or {})
        if record:
            given = metainfo.get('classes')
            metainfo['classes'] = agreed_classes(given, record.label_names, folder)
            VOCLayout(data_root).check_classes(record.classes, str(folder))
        data_prefix = dict(data_prefix or {}, seg_map_path=os.path.abspath(folder))
        super().__init__(data_root, ann_file, data_prefix=data_prefix, metainfo=metainfo, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Return the files of every image, and say what is suspicious about the labels."""
        samples = super().load_data_list()
        if not self.test_mode:
            labels = {
                one['image_id']: one['seg_map_path'] for one in samples if one['seg_map_path']
            }
            names = tuple(self._metainfo['classes'])
            if self.reduce_zero_label:
                names = label_names(names, background=False)
            warn_about_labels(labels, names, lambda: read_negatives(self.data_root))
        return samples

    def _no_masks(self) -> str:
        return how_to_make_labels(self.label_dir)
