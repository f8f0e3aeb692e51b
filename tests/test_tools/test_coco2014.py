import builtins
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ppl_mm.data_tools.coco.instances import Annotation, CocoImage
from ppl_mm.data_tools.coco.masks import decode, paint
from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import read_mask

PATH = Path(__file__).parents[2] / 'tools/dataset_converters/coco2014.py'
SPEC = importlib.util.spec_from_file_location('coco2014', PATH)
coco2014 = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(coco2014)

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


@pytest.fixture
def coco(tmp_path):
    root = tmp_path / 'coco'
    write_split(root, 'train', [9, 5, 6], TRAIN)
    write_split(root, 'val', [7, 8], VAL)
    return root


def convert(root, *more):
    coco2014.main([str(root), '--workers', '1', *more])


def stem(split, image_id):
    return f'{split}2014/COCO_{split}2014_{image_id:012d}'


def test_labels_and_lists(coco, capsys):
    convert(coco, '--no-masks')
    assert (coco / 'classes.txt').read_text().splitlines() == [
        'background',
        'person',
        'traffic light',
        'toothbrush',
    ]
    assert (coco / 'image_labels.csv').read_text().splitlines() == [
        'image,labels',
        f'{stem("train", 5)},person;traffic light;toothbrush',
        f'{stem("train", 9)},traffic light',
        f'{stem("val", 7)},toothbrush',
    ]
    lists = coco / 'ImageSets/Segmentation'
    assert (lists / 'train.txt').read_text().split() == [stem('train', 5), stem('train', 9)]
    assert (lists / 'val.txt').read_text().split() == [stem('val', 7)]
    printed = capsys.readouterr().out
    assert (
        'train: 2 images with objects, NOT the official 82,081; 1 without are left out'
    ) in printed
    assert not (coco / 'SegmentationClass').exists()


def test_images_without_an_object_may_be_negatives(coco, capsys):
    convert(coco, '--no-masks', '--with-negatives')
    assert f'{stem("train", 6)},\n' in (coco / 'image_labels.csv').read_text()
    dataset = ImageLabelDataset(data_root=str(coco), split='train')
    assert [dataset[k]['gt_label'] for k in range(3)] == [[0, 1, 2], [], [1]]
    printed = capsys.readouterr().out
    assert 'train: 2 images with objects, NOT the official 82,081; 1 without are listed' in printed


def test_an_image_outside_of_its_folder_is_refused(coco):
    path = coco / 'annotations/instances_train2014.json'
    path.write_text(path.read_text().replace('COCO_train2014_000000000005', '../x'))
    with pytest.raises(UserError, match="image '../x.jpg' is not below the image folder"):
        convert(coco, '--no-masks')


def test_the_official_numbers_are_said_to_be():
    image = CocoImage('a', (1, 1), [Annotation(1, [], 1.0, False)])
    line = coco2014.count_line('val', [image] * 40_137, 367)
    assert line == ('val: 40,137 images with objects, as official; 367 without are left out')


def test_the_data_set_reads_it(coco):
    convert(coco, '--no-masks')
    dataset = ImageLabelDataset(data_root=str(coco), split='train')
    assert [dataset[k]['gt_label'] for k in range(2)] == [[0, 1, 2], [1]]
    assert Path(dataset[0]['img_path']).is_file()


def test_the_links_are_relative(coco):
    convert(coco, '--no-masks')
    moved = coco.rename(coco.with_name('moved'))
    link = moved / 'JPEGImages/train2014'
    assert os.readlink(link) == '../train2014'
    assert (link / f'{Path(stem("train", 5)).name}.jpg').is_file()
    convert(moved, '--no-masks')  # the links are there already


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


def test_pycocotools_is_asked_for_before_any_work(coco, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith('pycocotools'):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', refuse)
    with pytest.raises(UserError, match='pip install pycocotools, or .*--no'):
        convert(coco)
    assert not (coco / 'SegmentationClass').exists()
    convert(coco, '--no-masks')


def lose_annotations(root):
    (root / 'annotations/instances_val2014.json').unlink()


def cut_annotations(root):
    path = root / 'annotations/instances_train2014.json'
    path.write_bytes(path.read_bytes()[:-30])


def other_json(root):
    (root / 'annotations/instances_train2014.json').write_text('{}')


def unknown_category(root):
    write_split(root, 'train', [5], [annotation(5, 12, [], 1)])


def other_categories(root):
    write_split(root, 'val', [7], [], CATEGORIES[:1])


def no_area(root):
    entry = annotation(5, 1, [], 1)
    del entry['area']
    write_split(root, 'train', [5], [entry])


def lose_folder(root):
    (root / 'val2014').rename(root / 'val')


def lose_image(root):
    (root / f'{stem("train", 9)}.jpg').unlink()


@pytest.mark.parametrize(
    'spoil, message',
    [
        (lose_annotations, 'instances_val2014.json: is missing; unpack'),
        (cut_annotations, 'instances_train2014.json: cannot be read as COCO'),
        (other_json, 'cannot be read as COCO instances .KeyError'),
        (unknown_category, 'cannot be read as COCO instances .KeyError: 12'),
        (other_categories, 'val2014.json: has other categories'),
        (no_area, "an entry has no 'area'"),
        (lose_folder, 'val2014: the folder of images is missing'),
        (lose_image, '1 of 2 images are missing, first train2014/COCO_train'),
    ],
)
def test_bad_input_is_named(coco, spoil, message):
    spoil(coco)
    with pytest.raises(UserError, match=message) as caught:
        convert(coco, '--no-masks')
    assert len(str(caught.value).splitlines()) == 1


@masks
def test_an_annotation_that_cannot_be_drawn_names_its_image(coco):
    write_split(coco, 'val', [7], [annotation(7, 1, [[1.0]], 1)])
    with pytest.raises(UserError, match=f'{stem("val", 7)}: an annotation'):
        convert(coco)


def test_a_disk_without_links_gets_the_way_out(coco, monkeypatch):

    def refuse(*args, **kwargs):
        raise OSError(1, 'Operation not permitted')

    monkeypatch.setattr(os, 'symlink', refuse)
    with pytest.raises(UserError, match='cannot be made a link .*; move'):
        convert(coco, '--no-masks')
    for split in ('train', 'val'):
        (coco / f'{split}2014').rename(coco / f'JPEGImages/{split}2014')
    convert(coco, '--no-masks')
