"""Images with image-level labels, the only supervision of the method."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
from mmengine.dataset import BaseDataset

from ..errors import UserError
from ..formats.bit_depth import stored_white_level
from ..formats.class_list import BACKGROUND, check_classes, class_ids, read_classes
from ..formats.export_folder import agreed_classes, find_labels
from ..formats.image_folder import ImageFolder
from ..formats.image_labels import LabelRow, read_csv, read_json, read_voc_xml
from ..formats.image_list import image_id, read_image_list
from ..formats.mask_file import IGNORE
from ..registry import DATASETS

_FORMATS = {'.csv': 'csv', '.json': 'json', '': 'voc_xml'}


@DATASETS.register_module()
class ImageLabelDataset(BaseDataset):
    """Images of a folder, each with the classes that it shows.

    The labels come from one file: CSV (``image,labels``), JSON, or a folder
    of PASCAL VOC's XML; ``docs/data.md`` shows each. A sample holds
    ``img_path``, ``gt_label`` (sorted class ids, 0-based, without background),
    ``seg_map_path`` (None where there is no mask), ``image_id`` (path below
    the image folder without suffix) and ``img_id`` (its number).

    Args:
        ann_file (str): The label file, or the folder of XML files, below
            ``data_root``. '' loads images without labels (``gt_label`` is
            empty), for export with predicted classes. Defaults to
            'image_labels.csv'.
        metainfo (Mapping, optional): ``dict(classes=(..))`` with the
            foreground classes in order. Defaults to those of
            ``data_root/classes.txt``, whose first line is the background.
        data_root (str): Folder of the data set. Defaults to ''.
        data_prefix (dict): Folders below ``data_root``: ``img_path``, by
            default 'JPEGImages', and ``seg_map_path``, by default '' (no
            masks). Training never reads masks.
        label_dir (str, optional): Folder that ``tools/export_cam.py`` or
            ``tools/refine.py`` wrote, whose pseudo-labels become the
            ``seg_map_path`` of the images, for a ``label_loss`` of
            :class:`ppl_mm.CAMHead`. Defaults to None.
        split (str, optional): Name of a list in ``ImageSets/Segmentation``,
            or path of a .txt below ``data_root``, one image a line. Defaults
            to None, every labelled image.
        ann_format (str): 'csv', 'json', 'voc_xml' or 'auto', by the ending of
            ``ann_file``. Defaults to 'auto'.
        count_difficult (bool): Whether objects that VOC's XML marks difficult
            count, as they do in the image-level labels that published methods
            train on. Defaults to True.
        **kwargs: ``pipeline``, ``indices``, ``serialize_data``, ``test_mode``
            and more of :class:`mmengine.dataset.BaseDataset`.

    Raises:
        UserError: Anything wrong with the files; the message names file and
            line.

    Examples:
        >>> dataset = ImageLabelDataset(data_root='data/demo', split='train')
        >>> dataset[0]['gt_label']
        [0]
        >>> dataset.label_counts()
        {'dax': 166, 'fep': 172, 'toma': 183, 'wug': 193}
    """

    def __init__(
        self,
        ann_file: str = 'image_labels.csv',
        metainfo: Mapping | None = None,
        data_root: str = '',
        data_prefix: Mapping | None = None,
        label_dir: str | None = None,
        split: str | None = None,
        ann_format: str = 'auto',
        count_difficult: bool = True,
        **kwargs,
    ) -> None:
        self.split = split
        self.ann_format = _resolve_format(ann_format, ann_file)
        self.count_difficult = count_difficult
        prefix = {'img_path': 'JPEGImages', **(data_prefix or {})}
        if not prefix.get('seg_map_path'):  # '' would be joined to data_root
            prefix.pop('seg_map_path', None)
        metainfo, self._classes_from = _resolve_classes(metainfo, data_root)
        white_level = stored_white_level(data_root)
        if white_level is not None:  # into the checkpoint, for inference
            metainfo['white_level'] = white_level
        self.label_dir = label_dir
        if label_dir is not None:
            prefix['seg_map_path'] = _find_labels(label_dir, metainfo)
        super().__init__(
            ann_file=ann_file, metainfo=metainfo, data_root=data_root, data_prefix=prefix, **kwargs
        )

    def load_data_list(self) -> list[dict]:
        """Read labels and split, and find the files of every image.

        Returns:
            list[dict]: One sample for each image, in the order of the split.
        """
        images = ImageFolder(self.data_prefix['img_path'])
        wanted = self._read_split()
        if self.ann_file:
            rows, labels = self._read_labels(wanted)
        else:
            rows = wanted or [LabelRow(name, [], images.root) for name in images.all_ids()]
            labels = [[]] * len(rows)
        if not rows:
            raise UserError(
                f'{images.root}: the folder holds no images; check data_root and data_prefix'
            )
        paths = _find_images(images, rows)
        masks = self._find_masks(rows)
        return [
            dict(
                img_path=path,
                gt_label=label,
                seg_map_path=mask,
                image_id=image_id(row.image),
                img_id=index,
            )
            for index, (row, path, label, mask) in enumerate(
                zip(rows, paths, labels, masks, strict=True)
            )
        ]

    def prepare_data(self, idx: int) -> dict | None:
        """Run the pipeline on one sample, and check its pseudo-label.

        Args:
            idx (int): Position in the split.

        Returns:
            dict | None: As from the last transform.

        Raises:
            UserError: The pseudo-label has a value without a class, which
                would end in the loss, without a name.
        """
        results = super().prepare_data(idx)
        sample = (results or {}).get('data_samples')
        if 'gt_seg_map' in (sample or ()):
            self._check_label(sample.gt_seg_map, idx)
        return results

    def _check_label(self, label: np.ndarray, idx: int) -> None:
        known = 1 + len(self.metainfo['classes'])
        bad = label[(label >= known) & (label != IGNORE)]
        if len(bad):
            raise UserError(
                f'{self.get_data_info(idx)["seg_map_path"]}: has the label '
                f'{bad[0]}, but there are {known} classes, background '
                'included; export again, or give the labels of this data set'
            )

    def get_cat_ids(self, idx: int) -> list[int]:
        """Class ids of an image, as ClassBalancedDataset asks for them."""
        return self.get_data_info(idx)['gt_label']

    def label_counts(self) -> dict[str, int]:
        """How many images show each class."""
        counts = dict.fromkeys(self.metainfo.get('classes', ()), 0)
        names = list(counts)
        for idx in range(len(self)):
            for class_id in self.get_cat_ids(idx):
                counts[names[class_id]] += 1
        return counts

    def _read_split(self) -> list[LabelRow] | None:
        """The images of the split, without labels."""
        if self.split is None:
            return None
        name = self.split
        if not name.endswith('.txt'):
            name = f'ImageSets/Segmentation/{name}.txt'
        path = os.path.join(self.data_root, name)
        return [
            LabelRow(image, [], f'{path} line {number}') for number, image in read_image_list(path)
        ]

    def _read_labels(self, wanted: list[LabelRow] | None) -> tuple[list[LabelRow], list[list[int]]]:
        """Rows of the split with their class ids; all rows are checked."""
        rows = self._read_rows(wanted)
        classes = self._metainfo.get('classes')
        if classes is None:
            raise UserError(
                f'{self.ann_file}: its classes are not known; set '
                "metainfo=dict(classes=('..', ..)) or write "
                'classes.txt beside it'
            )
        labels = {image: class_ids(row, classes) for image, row in _by_id(rows).items()}
        if wanted is not None:
            table = _by_id(rows)
            rows = [table.get(image_id(row.image)) or self._unlabelled(row) for row in wanted]
        return rows, [labels[image_id(row.image)] for row in rows]

    def _read_rows(self, wanted: list[LabelRow] | None) -> list[LabelRow]:
        """Rows of the label file, and the classes that it may bring."""
        if self.ann_format == 'csv':
            return read_csv(self.ann_file, self._metainfo.get('classes', ()))
        if self.ann_format == 'voc_xml':
            ids = wanted and [image_id(row.image) for row in wanted]
            return read_voc_xml(self.ann_file, ids, self.count_difficult)
        rows, classes = read_json(self.ann_file)
        if classes is not None:
            where = f'{self.ann_file} metainfo.classes'
            classes = check_classes(classes, where)
            known = self._metainfo.setdefault('classes', classes)
            _check_same(classes, where, known, self._classes_from)
        return rows

    def _unlabelled(self, row: LabelRow) -> None:
        raise UserError(
            f"{row.where}: image '{row.image}' has no labels in "
            f'{self.ann_file}; add them or take it out'
        )

    def _find_masks(self, rows: list[LabelRow]) -> list[str | None]:
        """Path of every image's mask, None where there is none."""
        root = self.data_prefix.get('seg_map_path')
        if root is None or not os.path.isdir(root):
            return [None] * len(rows)
        masks = ImageFolder(root, ('.png',))
        found = [masks.find_stem(image_id(row.image)) for row in rows]
        if self.label_dir is not None and None in found:
            row = rows[found.index(None)]
            raise UserError(
                f"{row.where}: image '{row.image}' has no "
                f'pseudo-label in {root}; export the split that '
                'is trained on'
            )
        return found


def _find_labels(label_dir: str, metainfo: Mapping) -> str:
    """The folder of pseudo-labels, absolute, made for the same classes."""
    folder, record = find_labels(label_dir)
    if record:
        classes = metainfo.get('classes')
        agreed_classes(classes and (BACKGROUND, *classes), record['classes'], folder)
    return os.path.abspath(folder)


def _resolve_format(ann_format: str, ann_file: str) -> str:
    if ann_format == 'auto':
        ending = os.path.splitext(ann_file)[1].lower()
        ann_format = _FORMATS.get(ending, ending)
    if ann_format not in _FORMATS.values():
        raise UserError(
            f"{ann_file}: labels of format '{ann_format}'; set "
            f'ann_format to one of {", ".join(_FORMATS.values())}'
        )
    return ann_format


def _resolve_classes(metainfo: Mapping | None, data_root: str) -> tuple[dict, str]:
    """Metainfo with the classes, where they are known, and their source."""
    metainfo = dict(metainfo or {})
    path = os.path.join(data_root, 'classes.txt')
    listed = read_classes(path) if os.path.isfile(path) else None
    if 'classes' in metainfo:
        where = 'metainfo.classes'
        metainfo['classes'] = check_classes(metainfo['classes'], where)
        if listed is not None:
            _check_same(metainfo['classes'], where, listed, path)
        return metainfo, where
    if listed is not None:
        metainfo['classes'] = listed
    return metainfo, path


def _check_same(classes: Sequence[str], where: str, known: Sequence[str], known_where: str) -> None:
    if tuple(classes) != tuple(known):
        raise UserError(
            f'{where}: classes {", ".join(classes)} differ from '
            f'{", ".join(known)} of {known_where}; make them equal'
            ', order included'
        )


def _by_id(rows: list[LabelRow]) -> dict[str, LabelRow]:
    """Rows by image; an error names an image that occurs twice."""
    table = {}
    for row in rows:
        first = table.setdefault(image_id(row.image), row)
        if first is not row:
            raise UserError(
                f"{row.where}: image '{row.image}' occurs twice, first at {first.where}; keep one"
            )
    return table


def _find_images(images: ImageFolder, rows: list[LabelRow]) -> list[str]:
    for row in rows:
        # Exports are named after the image: none may leave their folder.
        if os.path.isabs(row.image) or '..' in row.image.split('/'):
            raise UserError(
                f"{row.where}: image '{row.image}' is not below "
                f'{images.root}; write a path relative to it'
            )
    paths = [images.find(row.image) for row in rows]
    missing = [row for row, path in zip(rows, paths, strict=True) if path is None]
    if missing:
        more = f' (and {len(missing) - 1} more)' if len(missing) > 1 else ''
        raise UserError(
            f"{missing[0].where}: image '{missing[0].image}'{more} is missing "
            f'in {images.root}; add the file or take it out'
        )
    return paths
