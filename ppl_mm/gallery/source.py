"""What a gallery shows: images, and the maps and labels that were made of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ..apis.exporting.summary import THRESHOLD_SHEET
from ..errors import UserError
from ..formats.class_list import ClassIds
from ..formats.image_folder import ImageFolder
from ..formats.image_labels.label_file import find_label_file, read_labels
from ..formats.image_list import image_id
from ..formats.voc_layout import VOCLayout

#: Keys of the layers that have a meaning of their own.
REFINED, PREDICTION, TRUTH = 'refined', 'prediction', 'truth'


@dataclass(frozen=True)
class Layer:
    """One way to see an image: its map, or a label of it.

    Args:
        key: Names its files: small letters, digits and underscores.
        title: Its name for people.
        folders: Hold ``<image id>.npz`` for a map, ``.png`` for a label; the first that has it
            counts.
        is_map: Whether it is a map. Defaults to False: labels.
        flat: Whether labels may lie without the folders of their image ids, as mmsegmentation
            writes predictions. Defaults to False.
    """

    key: str
    title: str
    folders: tuple[Path, ...]
    is_map: bool = False
    flat: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch('[a-z0-9_]+', self.key):
            raise ValueError(f'not the key of a layer: {self.key!r}')

    def find(self, image: str) -> Path | None:
        """Return the file of an image id, None if it has none."""
        suffix = '.npz' if self.is_map else '.png'
        names = [image, Path(image).name] if self.flat else [image]
        paths = (folder / f'{name}{suffix}' for name in names for folder in self.folders)
        return next((path for path in paths if path.is_file()), None)


@dataclass(frozen=True)
class GallerySource:
    """The images of a gallery and what belongs to them.

    Args:
        title: Title of the gallery.
        data_root: A data set in VOC's layout.
        classes: Foreground classes.
        splits: Image ids by split, in order; an image is of the first split that names it.
        layers: What there is of the images, in the order in which it is made.
        measured: Image ids with ground truth, by what they are called, for the scores. Defaults to
            the splits.
        trained: Splits whose images should have a pseudo-label.
        folder: The finished export or refinement that made the pseudo-labels. Defaults to None:
            not known.
        work_dir: The folder of the pipeline. Defaults to None: not one's.
        background: False where every pixel belongs to a class. Defaults to True.
        photos: Names of the images as a user has them, by image id, where they are known.
        masks: Names of the masks that a user gets, by image id. Defaults to ``<image id>.png``.
    """

    title: str
    data_root: Path
    classes: tuple[str, ...]
    splits: Mapping[str, Sequence[str]]
    layers: tuple[Layer, ...]
    measured: Mapping[str, Sequence[str]] = field(default_factory=dict)
    trained: tuple[str, ...] = ()
    folder: Path | None = None
    work_dir: Path | None = None
    background: bool = True
    photos: Mapping[str, str] = field(default_factory=dict)
    masks: Mapping[str, str] = field(default_factory=dict)

    UNLISTED: ClassVar[str] = 'in no list'

    @property
    def pseudo_label(self) -> str:
        """Key of the layer that a network learns from, whose coverage is shown."""
        return [layer.key for layer in self.label_layers() if layer.key != PREDICTION][-1]

    @property
    def raw_label(self) -> str | None:
        """Key of the labels before refinement; None where nothing was refined."""
        if self.pseudo_label != REFINED:
            return None
        return [layer.key for layer in self.label_layers() if layer.key != PREDICTION][-2]

    @property
    def mask_dir(self) -> Path | None:
        """The folder of the ground truth, None if there is none."""
        return next((layer.folders[0] for layer in self.layers if layer.key == TRUTH), None)

    @property
    def only_drawn(self) -> bool:
        """Whether the ground truth is what a user has corrected: no negative is known without."""
        return self.mask_dir == VOCLayout(self.data_root).corrected_dir

    def threshold_sheet(self) -> Path | None:
        """Return the picture of other thresholds that an export has drawn, None without one."""
        folders = [folder for layer in self.layers if layer.is_map for folder in layer.folders]
        sheets = (folder.parent / THRESHOLD_SHEET for folder in reversed(folders))
        return next((path for path in sheets if path.is_file()), None)

    def split_of(self) -> dict[str, str]:
        """Return the split of each image id, in the order of the gallery."""
        found: dict[str, str] = {}
        for split, ids in self.splits.items():
            for image in ids:
                found.setdefault(image, split)
        return found

    def image_labels(self) -> dict[str, list[int]]:
        """Return the class ids of the images that have image-level labels; none for a negative.

        Raises:
            UserError: The labels are malformed.
        """
        path, to_ids = find_label_file(self.data_root), ClassIds(self.classes)
        rows = read_labels(path, self.classes).rows if path else ()
        return {image_id(row.image): to_ids(row) for row in rows}

    def negatives(self) -> set[str]:
        """Return the ids of the images whose label names none of the classes."""
        return {image for image, labels in self.image_labels().items() if not labels}

    def usual_layer(self) -> str:
        """Return the key of what is shown first: the masks that a user gets, else pseudo-labels."""
        predicted = any(layer.key == PREDICTION for layer in self.layers)
        return PREDICTION if self.masks and predicted else self.pseudo_label

    def label_layers(self) -> list[Layer]:
        """Return the layers of labels, without the ground truth."""
        return [layer for layer in self.layers if not layer.is_map and layer.key != TRUTH]

    def title_of(self, key: str) -> str:
        """Return the title of a layer."""
        return next(layer.title for layer in self.layers if layer.key == key)


def splits_of(data_root: Path, first: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return the image ids of a data set in VOC's layout by split, those of ``first`` first.

    Raises:
        UserError: If the folder of images, or a split of ``first``, is missing.
    """
    layout = VOCLayout(data_root)
    names = sorted(path.stem for path in layout.split_dir.glob('*.txt'))
    names = [*first, *(name for name in names if name not in first)]
    splits = {
        name: layout.read_split(name) for name in names if name in first or _ids(layout, name)
    }
    listed = {image for ids in splits.values() for image in ids}
    others = [image for image in ImageFolder(layout.image_dir).all_ids() if image not in listed]
    return splits | ({GallerySource.UNLISTED: others} if others else {})


def masks_of(data_root: Path) -> Path | None:
    """Return the folder of masks of a data set, None if it holds none."""
    folder = VOCLayout(data_root).mask_dir
    return folder if next(folder.rglob('*.png'), None) else None


def _ids(layout: VOCLayout, split: str) -> list[str]:
    try:
        return layout.read_split(split)
    except UserError:  # an empty list, or a file that is none
        return []
