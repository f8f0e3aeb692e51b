"""Everything that a data set holds, read without stopping at a fault."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from ...errors import UserError
from ...formats.class_list import (
    BACKGROUND,
    check_classes,
    check_same_classes,
    label_names,
    natural_order,
)
from ...formats.found_files import find_files
from ...formats.image_folder import ImageFolder
from ...formats.image_labels.label_file import (
    LABEL_FILES,
    find_label_file,
    label_format,
    read_labels,
)
from ...formats.image_labels.label_json import DATA_LIST
from ...formats.image_labels.label_row import LabelRow
from ...formats.image_labels.label_xml import annotated_images
from ...formats.image_list import IMAGE_SUFFIXES, image_id, read_ids
from ...formats.images.bands import ImageBands
from ...formats.images.bit_depth import FULL_WHITE
from ...formats.images.stored_values import values_for
from ...formats.voc_layout import VOC_CLASSES, VOCLayout
from ...utils.processes.thread_pool import map_files
from ..near_copies import find_near_copies
from .facts import ImageFacts, MaskFacts, image_facts, mask_facts

T = TypeVar('T')


@dataclass(frozen=True)
class ScanOptions:
    """Where the parts of a data set are: the options of ``check_dataset.py``."""

    root: Path
    ann_file: str = ''
    image_dir: str = VOCLayout.IMAGES
    mask_dir: str = VOCLayout.MASKS
    train: str = ''
    val: str = 'val'
    classes: tuple[str, ...] = ()


@dataclass
class DatasetScan:
    """What was found.

    Attributes:
        options: Where.
        ann_file: The label file.
        form: What kind of file it is, see :class:`.LabelRows`.
        classes: Foreground classes.
        background: False where every pixel belongs to a class.
        labels: Names as they stand, by image id; none for a negative, an image that shows none of
            the classes.
        lists: Image ids by name of the list.
        train: Name of the list to train on, '' for all labelled.
        names: Files of the image folder by id.
        skipped: Other files of it, and of what kind they are.
        white_level: White of its images of 16 bits.
        bands: Bands of its images, None if they are photos.
        images: Facts of the images in use.
        masks: Facts of their masks, where there is one.
        near_copies: Pairs of images in use that are nearly, but not to the byte, the same.
        problems: A line for each part that cannot be read.
        guessed: Whether the classes are taken from the labels.
    """

    options: ScanOptions
    ann_file: str = ''
    form: str = ''
    classes: tuple[str, ...] = ()
    background: bool = True
    labels: dict[str, tuple] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    train: str = ''
    names: dict[str, list[str]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    white_level: int = FULL_WHITE
    bands: ImageBands | None = None
    images: dict[str, ImageFacts] = field(default_factory=dict)
    masks: dict[str, MaskFacts] = field(default_factory=dict)
    near_copies: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    guessed: bool = False

    def split(self, name: str) -> list[str]:
        """Ids of 'train' or 'val'."""
        if name == 'train' and not self.lists:
            return list(self.labels)
        return self.lists.get(self.train if name == 'train' else self.options.val, [])

    def kinds(self) -> dict[str, int]:
        """Return how many images of the folder show a class, none, or are not labelled."""
        labelled = [names for image, names in self.labels.items() if image in self.names]
        with_class = sum(map(bool, labelled))
        return dict(
            with_class=with_class,
            without_class=len(labelled) - with_class,
            unlabelled=len(self.names) - len(labelled),
        )

    def used(self) -> list[str]:
        """Ids of both, each once."""
        return list(dict.fromkeys([*self.split('train'), *self.split('val')]))

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Width and height of the images in use that can be read."""
        return {image: facts.size for image, facts in self.images.items() if not facts.problem}

    def counts(self, name: str) -> dict[str, int]:
        """Images of each class in 'train' or 'val'."""
        counts = dict.fromkeys(self.classes, 0)
        for image in self.split(name):
            for label in set(self.labels.get(image, ())):
                if label in counts:
                    counts[label] += 1
        return counts


def scan_dataset(options: ScanOptions, workers: int | None = None) -> DatasetScan:
    """Read whatever can be read of a data set: lists, labels, every image in use and its mask.

    Raises:
        UserError: There is no such folder.
    """
    if not options.root.is_dir():
        raise UserError(f'{options.root}: the folder is missing; give the folder of a data set')
    scan = DatasetScan(options)
    _read_lists(scan)
    zero, *classes = _given_names(scan) or (BACKGROUND,)
    scan.classes, scan.background = tuple(classes), zero == BACKGROUND
    _read_labels(scan)
    folder = options.root / options.image_dir
    found = _try(scan, find_files, folder)
    scan.skipped = found.skipped if found else {}
    if values := _try(scan, values_for, folder):
        scan.white_level, scan.bands = values.white_level or FULL_WHITE, values.bands
    for name in found.photos if found else []:
        scan.names.setdefault(image_id(name), []).append(name)
    if folder.is_dir():  # else find_files has said so
        images = ImageFolder(folder)
        scan.images = _facts(scan, images, image_facts, 'reading images', workers)
        scan.near_copies = find_near_copies(_looks(scan))
    if (masks := options.root / options.mask_dir).is_dir():
        files = ImageFolder(masks, ('.png',))
        scan.masks = _facts(scan, files, mask_facts, 'reading masks', workers)
    return scan


def _try(scan: DatasetScan, function: Callable[..., T], *args, **kwargs) -> T | None:
    """Return the result, or None and keep the error."""
    try:
        return function(*args, **kwargs)
    except UserError as error:
        scan.problems.append(str(error))
        return None


def _read_lists(scan: DatasetScan) -> None:
    folder = VOCLayout(scan.options.root).split_dir
    for path in sorted(folder.glob('*.txt')):
        ids = _try(scan, read_ids, path)
        scan.lists[path.stem] = ids or []
    train = scan.options.train
    scan.train = train or ('train_aug' if 'train_aug' in scan.lists else 'train')
    wanted = {scan.train} if scan.lists or train else set()
    if scan.options.val != 'val':
        wanted.add(scan.options.val)
    for name in sorted(wanted - scan.lists.keys()):
        _try(scan, read_ids, folder / f'{name}.txt')


def _given_names(scan: DatasetScan) -> Iterable[str] | None:
    """Return what the values of masks mean, as an option or classes.txt says."""
    options = scan.options
    layout = VOCLayout(options.root)
    if options.classes:
        return label_names(_try(scan, check_classes, options.classes, '--classes') or ())
    return _try(scan, layout.read_label_names) if layout.has_class_file else None


def _read_labels(scan: DatasetScan) -> None:
    options = scan.options
    found = find_label_file(options.root)
    scan.ann_file = options.ann_file or (found.name if found else LABEL_FILES[0])
    path = options.root / scan.ann_file
    is_xml = path.is_dir() and label_format(path) == 'voc_xml'
    rows = _xml_rows(scan, path) if is_xml else _file_rows(scan, path)
    for row in rows:
        image = image_id(row.image)
        if image in scan.labels:
            scan.problems.append(f"{row.where}: image '{row.image}' occurs twice; keep one")
        else:
            scan.labels[image] = row.names
    if not scan.classes:
        names = {name for labels in scan.labels.values() for name in labels}
        scan.guessed = True
        is_voc = is_xml and names <= set(VOC_CLASSES)
        scan.classes = VOC_CLASSES if is_voc else tuple(natural_order(names))


def _xml_rows(scan: DatasetScan, path: Path) -> list[LabelRow]:
    """Read XML files one by one, since a bad one need not hide the others."""
    rows = list[LabelRow]()
    scan.form = 'VOC XML'
    for image in scan.used() or annotated_images(path):
        found = _try(scan, read_labels, path, scan.classes, 'voc_xml', images=[image])
        rows += found.rows if found else []
    return rows


def _file_rows(scan: DatasetScan, path: Path) -> list[LabelRow]:
    found = _try(scan, read_labels, path, scan.classes)
    if found is None:
        return []
    scan.form = found.form
    if found.classes is not None:
        scan.classes = scan.classes or found.classes
        if found.form == DATA_LIST:  # others name their classes, in any order
            where = f'{path} metainfo.classes'
            _try(scan, check_same_classes, found.classes, where, scan.classes, 'the class list')
    return found.rows


def _facts(
    scan: DatasetScan, folder: ImageFolder, read: Callable[[str], T], what: str, workers: int | None
) -> dict[str, T]:
    """Return what is known of the files of the images in use, by image."""
    paths = {path: image for image in scan.used() if (path := folder.find_id(image))}
    facts = dict(map_files(read, list(paths), what, workers))
    return {image: facts[path] for path, image in paths.items()}


def _looks(scan: DatasetScan) -> dict[str, np.ndarray]:
    """Return the small copy of each image in use, of equal files of the first."""
    first: dict[str, str] = {}
    for image, facts in scan.images.items():
        first.setdefault(facts.digest, image)
    looks = {image: scan.images[image].look for image in first.values()}
    return {image: look for image, look in looks.items() if look is not None}


def other_files(names: Mapping[str, list[str]]) -> list[str]:
    """Pictures in the image folder that training does not look at."""
    return [
        name
        for files in names.values()
        for name in files
        if os.path.splitext(name)[1].lower() not in IMAGE_SUFFIXES
    ]
