"""What the boxes of a label file cover: the same in every form, and never a reason to refuse."""

import json

import pytest
from test_formats.test_image_labels.label_rows import names

from ppl_mm.formats.image_labels.box_share import box_share
from ppl_mm.formats.image_labels.label_file import read_labels

# Two boxes in an image of 200 x 100: 40 x 20 and 10 x 20 pixels.
BOXES = ((20, 10, 40, 20), (100, 50, 10, 20))
SHARE = (40 * 20 + 10 * 20) / (200 * 100)


def shares(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    is_alone = (path.suffix in ('.txt', '.xml') and path.parent != folder) or 'shapes' in content
    found = read_labels(path.parent if is_alone or 'objects' in content else path, ['cat'])
    assert list(names(found).values()) == [['cat']]
    return [row.boxes for row in found.rows]


def coco(boxes=BOXES, **size):
    image = dict(id=1, file_name='a.jpg', **(size or dict(width=200, height=100)))
    found = [dict(image_id=1, category_id=1, bbox=box) for box in boxes]
    content = dict(images=[image], annotations=found, categories=[dict(id=1, name='cat')])
    return 'a.json', content


def voc(boxes=BOXES, size='<size><width>200</width><height>100</height></size>'):
    corner = '<xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax>'
    shown = ''.join(
        f'<object><name>cat</name><bndbox>{corner.format(x, y, x + w, y + h)}</bndbox></object>'
        for x, y, w, h in boxes
    )
    return 'Annotations/a.xml', f'<annotation>{size}{shown}</annotation>'


def yolo(boxes=BOXES):
    rows = [((x + w / 2) / 200, (y + h / 2) / 100, w / 200, h / 100) for x, y, w, h in boxes]
    return 'labels/a.txt', ''.join('0 {} {} {} {}\n'.format(*row) for row in rows)


def yolo_polygon():
    corners = [((x, y), (x + w, y), (x + w / 2, y + h)) for x, y, w, h in BOXES]
    lines = [' '.join(f'{x / 200} {y / 100}' for x, y in one) for one in corners]
    return 'labels/a.txt', ''.join(f'0 {line}\n' for line in lines)


def cvat(more=''):
    (x, y, w, h), (left, top, wide, high) = BOXES
    box = f'<box label="cat" xtl="{x}" ytl="{y}" xbr="{x + w}" ybr="{y + h}"/>'
    points = f'{left},{top};{left + wide},{top};{left},{top + high}'
    shapes = f'{box}<polygon label="cat" points="{points}"/>{more}'
    image = f'<image name="a.jpg" width="200" height="100">{shapes}</image>'
    return 'a.xml', f'<annotations>{image}</annotations>'


def labelme(**more):
    shapes = [dict(label='cat', points=[[x, y], [x + w, y + h]], **more) for x, y, w, h in BOXES]
    return 'json/a.json', dict(shapes=shapes, imageWidth=200, imageHeight=100)


def supervisely():
    objects = [
        dict(classTitle='cat', points=dict(exterior=[[x, y], [x + w, y + h]], interior=[]))
        for x, y, w, h in BOXES
    ]
    return 'json/a.jpg.json', dict(objects=objects, size=dict(width=200, height=100))


def studio(*more):
    boxes = [dict(x=x / 2, y=y, width=w / 2, height=h) for x, y, w, h in BOXES]
    result = [
        dict(type='rectanglelabels', value=dict(one, rectanglelabels=['cat'])) for one in boxes
    ]
    task = dict(data=dict(image='a.jpg'), annotations=[dict(result=[*result, *more])])
    return 'a.json', [task]


def table(boxes=BOXES, header='filename,width,height,class,xmin,ymin,xmax,ymax'):
    rows = [f'a.jpg,200,100,cat,{x},{y},{x + w},{y + h}' for x, y, w, h in boxes]
    return 'a.csv', '\n'.join([header, *rows])


@pytest.mark.parametrize(
    'form', [coco, voc, yolo, yolo_polygon, cvat, labelme, supervisely, studio]
)
def test_every_form_says_the_same(tmp_path, form):
    assert shares(tmp_path, *form()) == [pytest.approx(SHARE)]


def test_a_csv_has_a_row_for_each_box(tmp_path):
    path = tmp_path / 'a.csv'
    path.write_text(table()[1])
    assert sum(row.boxes for row in read_labels(path).rows) == pytest.approx(SHARE)


@pytest.mark.parametrize(
    'content',
    [
        coco(boxes=[None, BOXES[0]]),
        coco(boxes=[['much', 0, 1, 1]]),
        coco(boxes=[[0, 0, 400, 400]]),
        coco(width=0, height=0),
        coco(width='?'),
        voc(size=''),
        voc(boxes=[(float('nan'), 1, 1, 1)]),
        voc(boxes=[(1, 1, 0, 20)]),
        ('labels/a.txt', '0\n'),
        ('labels/a.txt', '0 0.5 . . 1e999\n'),
        cvat('<tag label="cat"/>'),
        labelme(shape_type='circle'),
        studio(dict(type='choices', value=dict(choices=['cat']))),
    ],
)
def test_places_that_say_nothing_are_not_known_and_labels_are_read(tmp_path, content):
    assert shares(tmp_path, *content) == [None]


def test_what_is_there_twice_counts_twice_but_never_more_than_all():
    whole = ((0, 10), (0, 10))
    assert box_share(lambda: [whole, whole], (10, 10)) == 1
    assert box_share(lambda: [((0, 5), (0, 2))] * 2, (10, 10)) == pytest.approx(0.2)
    assert box_share(lambda: [], (10, 10)) is None
