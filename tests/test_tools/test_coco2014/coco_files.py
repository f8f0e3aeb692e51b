"""COCO's files, small, and how they are converted."""

import importlib.util
import json

import numpy as np
import pytest
from PIL import Image
from tool_modules import TOOLS, load_tool

PATH = TOOLS / 'dataset_converters/coco2014.py'
coco2014 = load_tool('coco2014')

HEIGHT, WIDTH = 12, 16
# As COCO's: ids with gaps, in no order here, and names with spaces.
CATEGORIES = [
    dict(id=90, name='toothbrush'),
    dict(id=1, name='person'),
    dict(id=10, name='traffic light'),
]
PERSON, LIGHT, BRUSH = 1, 2, 3
NEEDS_PYCOCOTOOLS = importlib.util.find_spec('pycocotools') is None
masks = pytest.mark.skipif(NEEDS_PYCOCOTOOLS, reason='needs pycocotools')


def box(left, top, right, bottom):
    """A polygon whose pixels are exactly mask[top:bottom, left:right]."""
    return [[left, top, right, top, right, bottom, left, bottom]]


def counts(mask):
    """COCO's run lengths: column after column, background first."""
    flat = np.append(mask.T.reshape(-1), 2)
    lengths, value, run = [], 0, 0
    for pixel in flat:
        if pixel != value:
            lengths.append(run)
            value, run = pixel, 0
        run += 1
    return dict(counts=[int(length) for length in lengths], size=list(mask.shape))


def annotation(image_id, category_id, shape, area, crowd=0):
    return dict(
        image_id=image_id, category_id=category_id, segmentation=shape, area=area, iscrowd=crowd
    )


CROWD = np.zeros((HEIGHT, WIDTH), int)
CROWD[6:12, 0:10] = 1
# Image 5: a large person above whom lie, in area's order, a light and a brush;
# by order, the person covers the brush. The crowd of lights is the largest.
TRAIN = [
    annotation(5, 90, box(2, 2, 6, 6), 16),
    annotation(5, 1, box(1, 1, 8, 9), 56),
    annotation(5, 10, box(5, 4, 10, 8), 20),
    annotation(5, 10, counts(CROWD), 60, crowd=1),
    annotation(9, 10, box(0, 0, 3, 3) + box(8, 8, 12, 12), 25),
    annotation(9, 10, box(0, 4, 2, 6), 4),
]
VAL = [annotation(7, 90, counts(CROWD), 60, crowd=1)]


def write_split(root, split, image_ids, annotations, categories=CATEGORIES):
    folder = root / f'{split}2014'
    folder.mkdir(parents=True, exist_ok=True)
    images = []
    for image_id in image_ids:
        name = f'COCO_{split}2014_{image_id:012d}.jpg'
        Image.new('RGB', (WIDTH, HEIGHT)).save(folder / name)
        images.append(dict(id=image_id, file_name=name, height=HEIGHT, width=WIDTH))
    path = root / f'annotations/instances_{split}2014.json'
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps(dict(info={}, images=images, annotations=annotations, categories=categories))
    )


def convert(root, *more):
    coco2014.main([str(root), '--workers', '1', *more])


def stem(split, image_id):
    return f'{split}2014/COCO_{split}2014_{image_id:012d}'


def lose_annotations(root):
    (root / 'annotations/instances_val2014.json').unlink()
