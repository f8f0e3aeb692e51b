"""Images with image-level labels, the only supervision of the method."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain

import numpy as np
from mmengine.dataset import BaseDataset

from ..errors import UserError
from ..formats.class_list import ClassIds, check_same_classes, label_names
from ..formats.export_folder import agreed_classes, find_labels
from ..formats.image_folder import ImageFolder
from ..formats.image_labels.label_file import label_format, read_labels
from ..formats.image_labels.label_json import DATA_LIST
from ..formats.image_labels.label_row import LabelRow
from ..formats.image_list import image_id, read_image_list
from ..formats.images.stored_values import read_values
from ..formats.mask_file import check_labels
from ..formats.voc_layout import VOCLayout
from ..registry import DATASETS
from .class_names import resolve_classes
from .label_warnings import warn_about_labels


@DATASETS.register_module()
class ImageLabelDataset(BaseDataset):
    """Images of a folder, each with the classes that it shows.

    The labels come from one file: CSV (``image,labels``), JSON, a folder of PASCAL VOC's XML, or
    what an annotation tool writes; ``docs/data.md`` shows each. A sample holds ``img_path``,
    ``gt_label`` (sorted class ids, 0-based, without background), ``seg_map_path`` (None where there
    is no mask), ``image_id`` (path below the image folder without suffix) and ``img_id`` (its
    number).

    An image whose label is empty is a negative: it shows none of the classes, and its ``gt_label``
    is empty. An image whose classes are not known has no ``gt_label``.

    Args:
        ann_file: The label file, or the folder of XML files, below ``data_root``. '' loads images
            without labels, for export with predicted classes. Defaults to 'image_labels.csv'.
        metainfo: ``dict(classes=(..))`` with the foreground classes in order. Defaults to those of
            ``data_root/classes.txt``, whose first line is the background. With
            ``background=False``, or as that line says, every pixel belongs to a class.
        data_root: Folder of the data set. Defaults to ''.
        data_prefix: Folders below ``data_root``: ``img_path``, by default 'JPEGImages', and
            ``seg_map_path``, by default '' (no masks). Training never reads masks.
        label_dir: Folder that ``tools/export_cam.py`` or ``tools/refine.py`` wrote, whose
            pseudo-labels become the ``seg_map_path`` of the images, for a ``label_loss`` of
            :class:`ppl_mm.CAMHead`. Defaults to None.
        split: Name of a list in ``ImageSets/Segmentation``, or path of a .txt below ``data_root``,
            one image per line. Defaults to None, every labelled image.
        ann_format: 'csv', 'json', 'voc_xml', 'yolo', 'cvat', 'json_folder' or 'auto', by the
            ending of ``ann_file``, or by what is in a folder. Defaults to 'auto'.
        count_difficult: Whether objects that VOC's XML marks difficult count, as they do in the
            image-level labels that published methods train on. Defaults to True.
        **kwargs: ``pipeline``, ``indices``, ``serialize_data``, ``test_mode``
            and more of :class:`mmengine.dataset.BaseDataset`.

    Raises:
        UserError: Anything wrong with the files; the message names file and line.

    Examples:
        >>> dataset = ImageLabelDataset(data_root='data/demo', split='train')
        >>> dataset[0]['gt_label']
        [0]
        >>> dataset.label_counts()
        {'dax': 166, 'fep': 172, 'toma': 183, 'wug': 193}
    """

    def __init__(
        self,
        ann_file: str = VOCLayout.LABELS,
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
        self.ann_format = ann_format
        label_format(ann_file, ann_format)
        self.count_difficult = count_difficult
        prefix = {'img_path': VOCLayout.IMAGES, **(data_prefix or {})}
        if not prefix.get('seg_map_path'):  # '' would be joined to data_root
            prefix.pop('seg_map_path', None)
        metainfo, self._classes_from = resolve_classes(metainfo, data_root)
        metainfo.update(read_values(data_root).record())
        self.label_dir = label_dir
        if label_dir is not None:
            prefix['seg_map_path'] = _find_labels(label_dir, metainfo)
        super().__init__(
            ann_file=ann_file, metainfo=metainfo, data_root=data_root, data_prefix=prefix, **kwargs
        )

    def load_data_list(self) -> list[dict]:
        """Return a sample for each image, in the order of the split."""
        images = ImageFolder(self.data_prefix['img_path'])
        wanted = None if self.split is None else _read_split(self.data_root, self.split)
        labels = None
        if self.ann_file:
            rows, labels = self._read_labels(wanted)
        else:
            rows = wanted or [LabelRow(name, (), images.root) for name in images.all_ids()]
        if not rows:
            raise UserError(
                f'{images.root}: the folder holds no images; check data_root and data_prefix'
            )
        paths, masks = _find_images(images, rows), self._find_masks(rows)
        samples: list[dict] = [
            dict(img_path=path, seg_map_path=mask, image_id=image_id(row.image), img_id=number)
            for number, (row, path, mask) in enumerate(zip(rows, paths, masks, strict=True))
        ]
        for sample, label in zip(samples, labels or (), strict=False):
            sample['gt_label'] = list(label)
        if self.label_dir is not None and not self.test_mode:
            files = {sample['image_id']: sample['seg_map_path'] for sample in samples}
            warn_about_labels(files, _label_names(self._metainfo), lambda: _negatives(samples))
        return samples

    def prepare_data(self, idx: int) -> dict | None:
        """Run the pipeline on one sample, and check its pseudo-label.

        Raises:
            UserError: The pseudo-label has a value without a class, which would end in the loss,
                without a name.
        """
        results = super().prepare_data(idx)
        sample = (results or {}).get('data_samples')
        if sample is None:
            return results
        if 'gt_seg_map' in sample:
            path = self.get_data_info(idx)['seg_map_path']
            advice = 'export again, or give the labels of this data set'
            classes = len(self.metainfo['classes'])
            check_labels(np.asarray(sample.gt_seg_map), classes, path, advice)
        if 'gt_label' in sample and not len(sample.gt_label):
            # mmpretrain packs an empty list as float, which is not an index.
            sample.set_gt_label(np.zeros(0, np.int64))
        return results

    def get_cat_ids(self, idx: int) -> list[int]:
        """Return the class ids of an image, as ClassBalancedDataset asks for them."""
        return self.get_data_info(idx).get('gt_label', [])

    def negatives(self) -> frozenset[str]:
        """Return the ids of the images that show none of the classes."""
        return _negatives(map(self.get_data_info, range(len(self))))

    def label_counts(self) -> dict[str, int]:
        """Return how many images show each class."""
        seen = Counter(chain.from_iterable(map(self.get_cat_ids, range(len(self)))))
        return {name: seen[k] for k, name in enumerate(self.metainfo.get('classes', ()))}

    def _read_labels(self, wanted: list[LabelRow] | None) -> tuple[list[LabelRow], list[list[int]]]:
        """Return the rows of the split with their class ids; all rows are checked."""
        rows = self._read_rows(wanted)
        classes = self._metainfo.get('classes')
        if classes is None:
            raise UserError(
                f"{self.ann_file}: its classes are not known; set metainfo=dict(classes=('..', "
                '..)) or write classes.txt beside it'
            )
        table, ids = _by_id(rows), ClassIds(classes)
        labels = {image: ids(row) for image, row in table.items()}
        if wanted is not None:
            rows = [_labelled(row, table, self.ann_file) for row in wanted]
        return rows, [labels[image_id(row.image)] for row in rows]

    def _read_rows(self, wanted: list[LabelRow] | None) -> list[LabelRow]:
        """Return the rows of the label file; take over the classes that it may bring."""
        found = read_labels(
            self.ann_file,
            self._metainfo.get('classes', ()),
            self.ann_format,
            images=None if wanted is None else [image_id(row.image) for row in wanted],
            count_difficult=self.count_difficult,
        )
        if found.classes is not None:
            known = self._metainfo.setdefault('classes', found.classes)
            if found.form == DATA_LIST:  # others name their classes, in any order
                where = f'{self.ann_file} metainfo.classes'
                check_same_classes(found.classes, where, known, self._classes_from)
        return found.rows

    def _find_masks(self, rows: list[LabelRow]) -> list[str | None]:
        """Return the path of every image's mask, None where there is none."""
        root = self.data_prefix.get('seg_map_path')
        if root is None or not os.path.isdir(root):
            return [None] * len(rows)
        masks = ImageFolder(root, ('.png',))
        found = [masks.find_id(image_id(row.image)) for row in rows]
        if self.label_dir is not None and None in found:
            row = rows[found.index(None)]
            raise UserError(
                f"{row.where}: image '{row.image}' has no pseudo-label in {root}; export the split "
                'that is trained on'
            )
        return found


def _negatives(samples: Iterable[Mapping]) -> frozenset[str]:
    return frozenset(one['image_id'] for one in samples if one.get('gt_label') == [])


def _find_labels(label_dir: str, metainfo: Mapping) -> str:
    """Return the folder of pseudo-labels, absolute, made for the same classes."""
    folder, record = find_labels(label_dir)
    if record:
        classes = metainfo.get('classes')
        agreed_classes(classes and _label_names(metainfo), record.label_names, folder)
    return os.path.abspath(folder)


def _label_names(metainfo: Mapping) -> tuple[str, ...]:
    return label_names(metainfo['classes'], metainfo.get('background', True))


def _read_split(data_root: str, split: str) -> list[LabelRow]:
    """Return the images of a split, without labels."""
    name = split if split.endswith('.txt') else f'{VOCLayout.SPLITS}/{split}.txt'
    path = os.path.join(data_root, name)
    return [LabelRow(image, (), path, number) for number, image in read_image_list(path)]


def _by_id(rows: list[LabelRow]) -> dict[str, LabelRow]:
    """Return rows by image; an error names an image that occurs twice."""
    table: dict[str, LabelRow] = {}
    for row in rows:
        first = table.setdefault(image_id(row.image), row)
        if first is not row:
            raise UserError(
                f"{row.where}: image '{row.image}' occurs twice, first at {first.where}; keep one"
            )
    return table


def _labelled(row: LabelRow, table: dict[str, LabelRow], ann_file: str) -> LabelRow:
    if (found := table.get(image_id(row.image))) is not None:
        return found
    raise UserError(
        f"{row.where}: image '{row.image}' has no labels in {ann_file}; add a row, with "
        'an empty label if it shows none of the classes, or take it out'
    )


def _find_images(images: ImageFolder, rows: list[LabelRow]) -> list[str]:
    paths = [images.find(row.image) or '' for row in rows]
    missing = [row for row, path in zip(rows, paths, strict=True) if not path]
    if missing:
        more = f' (and {len(missing) - 1} more)' if len(missing) > 1 else ''
        raise UserError(
            f"{missing[0].where}: image '{missing[0].image}'{more} is missing "
            f'in {images.root}; add the file or take it out'
        )
    return paths
