"""Objects of an instances file of COCO."""

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...errors import UserError
from ...formats.class_list import check_classes
from ...formats.image_list import check_image, image_id
from ...utils.files import check_regular


class Annotation(NamedTuple):
    """One annotated object, or a crowd.

    Attributes:
        label: Value in the masks, 1 for the category with the smallest id.
        shape: COCO's polygons or run lengths.
        area: As COCO has it, in pixels.
        is_crowd: Whether it is a region of many objects.
    """

    label: int
    shape: list | dict
    area: float
    is_crowd: bool


class CocoImage(NamedTuple):
    """What is annotated in an image; size is (H, W) in pixels."""

    image_id: str
    size: tuple[int, int]
    annotations: list[Annotation]

    def labels(self) -> list[int]:
        """Labels of the classes in it, sorted."""
        return sorted({annotation.label for annotation in self.annotations})


def read_images(
    path: Path, split: str, with_negatives: bool = False
) -> tuple[list[str], list[CocoImage], int]:
    """Return the classes, the images and how many have no annotation, of a split 'train' or 'val'.

    Classes are in the order of the categories' ids, images in that of their names. Images without
    an annotation are left out unless ``with_negatives``.

    Raises:
        UserError: The file is missing or something else.
    """
    try:
        check_regular(path)
        with open(path, encoding='utf-8') as file:
            content = json.load(file, object_hook=_packed)
        categories = sorted(content['categories'], key=lambda category: category['id'])
        names = [category['name'] for category in categories]
        label_of = {category['id']: label for label, category in enumerate(categories, 1)}
        found: dict[int, list[Annotation]] = {}
        for one in content['annotations']:
            _check_entry(path, one, 'image_id', 'segmentation', 'area', 'iscrowd')
            label, area, is_crowd = label_of[one['category_id']], one['area'], one['iscrowd']
            annotation = Annotation(label, one['segmentation'], _area(area), _is_crowd(is_crowd))
            found.setdefault(one['image_id'], []).append(annotation)
        names = list(check_classes(names, str(path)))
        for image in content['images']:
            _check_entry(path, image, 'id', 'file_name', 'height', 'width')
        listed = [
            CocoImage(
                f'{split}2014/{image_id(check_image(image["file_name"], str(path)))}',
                (image['height'], image['width']),
                found.get(image['id'], []),
            )
            for image in content['images']
            if image['id'] in found or with_negatives
        ]
    except UserError:
        raise
    except Exception as error:  # what is nested in JSON can be of any kind
        raise unreadable_instances(path, error) from error
    listed.sort(key=lambda image: image.image_id)
    return names, listed, sum(image['id'] not in found for image in content['images'])


def _check_entry(path: Path, entry: dict, *names: str) -> None:
    for name in names:
        if name not in entry:
            raise UserError(
                f"{path}: an entry has no '{name}'; unpack annotations_trainval2014.zip again"
            )


def unreadable_instances(path: Path, error: Exception) -> UserError:
    """Return the error for an instances file that cannot be read."""
    if isinstance(error, FileNotFoundError):
        return UserError(f'{path}: is missing; unpack annotations_trainval2014.zip there')
    return UserError(
        f'{path}: cannot be read as COCO instances ({type(error).__name__}: {error}); unpack '
        'annotations_trainval2014.zip again'
    )


def _polygon(values: list) -> np.ndarray:
    polygon = np.array(values, np.float64)
    if not np.isfinite(polygon).all():
        raise ValueError('a polygon has a point at infinity')
    return polygon


def _area(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise ValueError(f'area={value!r} must be a number, 0 or more')
    return value


def _is_crowd(value: object) -> bool:
    if value not in (0, 1):  # nor False and True
        raise ValueError(f'iscrowd={value!r} must be 0 or 1')
    return bool(value)


def _packed(found: dict) -> dict:
    """An object of the file, with an eighth of the memory for polygons."""
    shape = found.get('segmentation')
    if isinstance(shape, list):
        found['segmentation'] = [_polygon(one) for one in shape]
    elif isinstance(shape, dict) and isinstance(shape['counts'], list):
        shape['counts'] = np.array(shape['counts'], np.uint32)
    return found
