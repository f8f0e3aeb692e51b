"""The embedded default data set: made by this code, the same for one seed.

Generator and seed 0 were committed before any two methods were compared on
this data, and are not to be tuned to results: a change here is a change of the
benchmark and needs a new VERSION. Masks of the training split serve measuring
and the choice of a threshold, never training.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from ...errors import UserError
from ...formats.mask_file import write_label
from ...formats.voc_layout import VOCLayout, write_lists
from ...utils.files import atomic_write, write_bytes
from ...utils.progress import track
from ..made_folder import MadeFolder
from .drawing import CLASSES, DemoSample, draw_sample

VERSION = 1
_SPLITS = ('train', 'val')


def write_demo_data(
    root: str | os.PathLike, seed: int = 0, train: int = 480, val: int = 120, size: int = 96
) -> bool:
    """Write the demo data in PASCAL VOC's layout; return whether anything was written.

    ``demo.json`` says with which settings; an interrupted run is continued by the next one, and a
    complete folder is left alone. An image depends on seed, split and its number in the split
    alone, so a larger ``train`` only adds images. Files are the same, byte by byte, wherever the
    same versions of NumPy, OpenCV and Pillow run on the same kind of machine.

    Args:
        root: Folder to write, new or of an earlier run.
        seed: Seed of the whole set. Defaults to 0.
        train: Images of the training split. Defaults to 480.
        val: Images of the validation split. Defaults to 120.
        size: Height and width in pixels. Defaults to 96.

    Raises:
        UserError: The folder holds something else, or demo data of other settings.
    """
    root = Path(root)
    settings = dict(version=VERSION, seed=seed, train=train, val=val, size=size)
    _check_settings(settings)
    parts = (VOCLayout.IMAGES, VOCLayout.MASKS, VOCLayout.ANNOTATIONS)
    folder = MadeFolder(root, 'demo.json', settings, 'demo data', parts)
    splits = {
        split: [f'{split}_{index:05d}' for index in range(settings[split])] for split in _SPLITS
    }
    images = [(split, *one) for split, names in splits.items() for one in enumerate(names)]
    if folder.was_finished and _has_all_files(root, [image for _, _, image in images]):
        return False
    labels = {}
    with folder:
        for split, index, image in track(images, 'demo data'):
            sample = demo_sample(seed, split, index, size)
            _write_sample(root, image, sample)
            labels[image] = sample_classes(sample)
        write_lists(root, CLASSES, splits, labels)
    return True


def demo_sample(seed: int, split: str, index: int, size: int) -> DemoSample:
    """Draw one image of the set by its split and number in it, whatever else is drawn before."""
    rng = np.random.default_rng((seed, _SPLITS.index(split), index))
    return draw_sample(rng, size)


def sample_classes(sample: DemoSample) -> list[str]:
    """Names of the classes in a picture, in the order of the classes."""
    present = {class_id for class_id, _ in sample.objects}
    return [CLASSES[class_id] for class_id in sorted(present)]


def _check_settings(settings: dict) -> None:
    for name, least in (('seed', 0), ('train', 1), ('val', 1), ('size', 32)):
        if settings[name] < least:
            raise UserError(f'--{name} is {settings[name]}; it must be at least {least}')


def _has_all_files(root: Path, images: Sequence[str]) -> bool:
    """Whether no image, mask or list has been deleted since."""
    layout = VOCLayout(root)
    paths = [layout.label_file, layout.class_file, *map(layout.split_path, _SPLITS)]
    for image in images:
        paths += [layout.image_path(image), layout.mask_path(image), layout.annotation_path(image)]
    return all(path.is_file() for path in paths)


def _write_sample(root: Path, image_id: str, sample: DemoSample) -> None:
    layout = VOCLayout(root)
    with atomic_write(layout.image_path(image_id)) as file:
        Image.fromarray(sample.image).save(file, 'JPEG', quality=95, subsampling=0)
    write_label(layout.mask_path(image_id), sample.mask)
    write_bytes(layout.annotation_path(image_id), _annotation(image_id, sample))


def _annotation(image_id: str, sample: DemoSample) -> bytes:
    """PASCAL VOC's XML of one image."""
    height, width = sample.mask.shape
    tree = ElementTree.Element('annotation')
    _add(tree, filename=f'{image_id}.jpg')
    _add(ElementTree.SubElement(tree, 'size'), width=width, height=height, depth=3)
    _add(tree, segmented=1)
    for class_id, (xmin, ymin, xmax, ymax) in sample.objects:
        item = ElementTree.SubElement(tree, 'object')
        _add(item, name=CLASSES[class_id], difficult=0)
        _add(ElementTree.SubElement(item, 'bndbox'), xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)
    ElementTree.indent(tree)
    return ElementTree.tostring(tree) + b'\n'


def _add(parent: ElementTree.Element, **texts: object) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(parent, name).text = str(text)
