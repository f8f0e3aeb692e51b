"""coco2014.py: masks of COCO's annotations."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from test_tools.test_coco2014.coco_files import (
    BRUSH,
    CROWD,
    HEIGHT,
    LIGHT,
    PATH,
    PERSON,
    WIDTH,
    annotation,
    convert,
    counts,
    lose_annotations,
    masks,
    stem,
    write_split,
)

from ppl_mm.data_tools.coco.instances import Annotation, CocoImage
from ppl_mm.data_tools.coco.masks import decode, paint
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import read_mask


@masks
def test_a_smaller_object_lies_above(coco):
    convert(coco)
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[6:12, 0:10] = LIGHT  # the crowd, of area 60
    expected[1:9, 1:8] = PERSON
    expected[4:8, 5:10] = LIGHT
    expected[2:6, 2:6] = BRUSH
    folder = coco / 'SegmentationClass'
    assert (read_mask(folder / f'{stem("train", 5)}.png') == expected).all()
    expected[:] = 0
    expected[0:3, 0:3] = expected[8:12, 8:12] = expected[4:6, 0:2] = LIGHT
    assert (read_mask(folder / f'{stem("train", 9)}.png') == expected).all()
    assert not (folder / f'{stem("train", 6)}.png').exists()


@masks
def test_the_later_object_lies_above_without_crowds(coco):
    convert(coco, '--overlap', 'order', '--crowd', 'background')
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[2:6, 2:6] = BRUSH
    expected[1:9, 1:8] = PERSON
    expected[4:8, 5:10] = LIGHT
    folder = coco / 'SegmentationClass'
    assert (read_mask(folder / f'{stem("train", 5)}.png') == expected).all()
    # The image stays labelled, as its label counts the crowd.
    assert not read_mask(folder / f'{stem("val", 7)}.png').any()


@masks
@pytest.mark.parametrize('overlap', ['area', 'order'])
def test_a_void_crowd_hides_no_object(coco, overlap):
    convert(coco, '--overlap', overlap, '--crowd', 'void')
    mask = read_mask(coco / f'SegmentationClass/{stem("train", 5)}.png')
    objects = np.zeros((HEIGHT, WIDTH), bool)
    objects[1:9, 1:8] = objects[4:8, 5:10] = True
    assert ((mask == 255) == (CROWD.astype(bool) & ~objects)).all()


@masks
def test_any_overlap_follows_the_rule_pixel_by_pixel():
    """Beside a slow reference; of equal areas the earlier lies above."""
    rng = np.random.default_rng(0)
    shapes = [rng.random((9, 7)) < 0.5 for _ in range(12)]
    found = [
        Annotation(label, counts(shape), label // 3, False) for label, shape in enumerate(shapes, 1)
    ]
    rng.shuffle(found)
    found = [Annotation(*one) for one in found]
    image = CocoImage('x', (9, 7), found)
    by_area = paint(image, 'area', 'class')
    by_order = paint(image, 'order', 'class')
    for row, column in np.ndindex(9, 7):
        here = [one for one in found if shapes[one.label - 1][row, column]]
        smallest = min(here, key=lambda one: one.area).label if here else 0
        assert by_area[row, column] == smallest
        assert by_order[row, column] == (here[-1].label if here else 0)


@masks
def test_packed_run_lengths_are_read_too():
    from pycocotools import mask as api

    shape = CROWD.astype(np.uint8)
    packed = api.encode(np.asfortranarray(shape))
    for code in (packed, dict(packed, counts=packed['counts'].decode())):
        assert (decode(code, shape.shape) == shape).all()


@masks
def test_a_second_run_makes_what_is_missing(coco):
    convert(coco)
    kept, lost = (coco / f'SegmentationClass/{stem("train", k)}.png' for k in (5, 9))
    before = kept.stat().st_mtime_ns
    lost.unlink()
    convert(coco)
    assert lost.is_file() and kept.stat().st_mtime_ns == before
    with pytest.raises(UserError, match='other settings .*crowd'):
        convert(coco, '--crowd', 'void')


@masks
@pytest.mark.parametrize('split', ['train', 'val'])
def test_masks_of_other_annotations_are_refused(coco, split):
    convert(coco)
    path = coco / f'annotations/instances_{split}2014.json'
    content = json.loads(path.read_text())
    for one in content['annotations']:
        one['category_id'] = 1
    path.write_text(json.dumps(content))
    before = {path: path.read_bytes() for path in coco.glob('SegmentationClass/*/*.png')}
    with pytest.raises(
        UserError, match=rf'other settings \({path.name} .*; remove it, or give another one'
    ) as caught:
        convert(coco)
    assert len(str(caught.value).splitlines()) == 1
    assert before == {path: path.read_bytes() for path in before}
    convert(coco, '--no-masks')  # asks for none


@masks
def test_missing_annotations_are_named_where_masks_are_wanted(coco):
    lose_annotations(coco)
    with pytest.raises(UserError, match='val2014.json: is missing; unpack'):
        convert(coco)
    assert not (coco / 'SegmentationClass').exists()


@masks
def test_several_processes_write_the_same(coco):
    done = subprocess.run(
        [sys.executable, str(PATH), str(coco), '--workers', '2'],
        text=True,
        capture_output=True,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join([str(PATH.parents[2]), *sys.path])),
    )
    assert done.returncode == 0, done.stderr
    assert len(list(coco.glob('SegmentationClass/*/*.png'))) == 3


@masks
def test_an_annotation_that_cannot_be_drawn_names_its_image(coco):
    write_split(coco, 'val', [7], [annotation(7, 1, [[1.0]], 1)])
    with pytest.raises(UserError, match=f'{stem("val", 7)}: an annotation'):
        convert(coco)
