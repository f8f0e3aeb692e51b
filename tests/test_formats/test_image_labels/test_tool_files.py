"""Files of annotation tools that are wrong, or that say more than classes."""

import json

import pytest
from test_formats.test_image_labels.label_rows import names

from ppl_mm.errors import UserError
from ppl_mm.formats.image_labels.label_file import read_labels

IMAGE = dict(id=1, file_name='a.jpg')
CAT, DOG = dict(id=1, name='cat'), dict(id=5, name='dog')


def coco(images=(IMAGE,), annotations=(), categories=(CAT, DOG), **more):
    content = dict(images=images, annotations=annotations, categories=categories, **more)
    return {'a.json': json.dumps(content)}


def box(image=1, category=1):
    return [dict(image_id=image, category_id=category)]


def studio(*tasks):
    return {'a.json': json.dumps(tasks)}


def task(*results, image='/data/upload/1/0a1b2c3d-a.jpg', **more):
    annotations = [dict(result=result, **more) for result in results]
    return dict(data=dict(image=image), annotations=annotations)


def region(kind, *labels, **more):
    return [dict(type=kind, value={kind: labels}, **more)]


def each(*contents):
    return {f'{name}.json': json.dumps(one) for name, one in zip('ab', contents, strict=True)}


def shapes(*labels, **flags):
    return dict(shapes=[dict(label=one) for one in labels], flags=flags)


def tagged(*tags):
    return dict(objects=[], tags=[dict(name=one, value=None) for one in tags])


def datumaro(items=(), labels=('cat', 'dog')):
    listed = [dict(name=name) for name in labels]
    content = dict(categories=dict(label=dict(labels=listed)), items=items)
    return {'a.json': json.dumps(content)}


def cvat(images='', labels='<label><name>cat</name></label>', root='annotations'):
    meta = f'<meta><task><labels>{labels}</labels></task></meta>'
    return {'a.xml': f'<{root}>{meta}{images}</{root}>'}


def yolo(text='0\n', **files):
    return {'labels/a.txt': text, **{name.replace('_', '.'): one for name, one in files.items()}}


YAML = 'names: [cat, dog]\n'
BAD = {
    'COCO: an unknown category': (coco(annotations=box(category=2)), 'has the class 2, but'),
    'COCO: an unknown image': (coco(annotations=box(image=9)), 'annotations[0]: image_id 9 is not'),
    'COCO: no annotations': ({'a.json': '{"images": [], "categories": []}'}, "no 'annotations'"),
    'COCO: captions': (coco(annotations=[dict(image_id=1, caption='x')]), "and 'category_id'"),
    'COCO: an image twice': (coco([IMAGE, IMAGE]), 'images[1]: has the id 1 of images[0]'),
    'COCO: a category twice': (coco(categories=[CAT, CAT]), "id 1 is 'cat' and 'cat'; keep one"),
    'COCO: a name twice': (coco(categories=[CAT, dict(DOG, name='cat')]), "class 'cat' twice"),
    'COCO: background': (coco(categories=[dict(id=0, name='background')]), '--negative-name back'),
    'COCO: a number as name': (coco([dict(IMAGE, file_name=7)]), 'expected an id and a name'),
    'COCO: an escape code': (coco([dict(IMAGE, file_name='a\x1b[2J')]), 'a control character'),
    'COCO: no image': (coco([]), 'holds no labels'),
    'another tool': ({'a.json': '{"shapes": {}}'}, 'COCO, Label Studio, CreateML and Datumaro'),
    'studio: JSON-MIN': (studio(dict(image='a', choice='cat')), 'not JSON-MIN'),
    'studio: predictions only': (studio(dict(data=dict(image='a'))), 'with annotated tasks'),
    'studio: no image': (studio(task([], image='')), "task[0]: its data has no 'image'"),
    'studio: annotators disagree': (
        studio(task([], region('choices', 'cat'))),
        'one annotation shows none of the classes, another cat',
    ),
    'studio: none': (studio(task(region('choices', 'none'))), '--negative-name none'),
    'studio: a number': (studio(task(region('choices', 3))), 'expected names in choices'),
    'studio: nothing annotated': (studio(dict(task(), annotations=[])), 'holds no labels'),
    'Datumaro: an unknown label': (
        datumaro([dict(id='a', annotations=[dict(label_id=2)])]),
        'items[0]: has the class 2, but',
    ),
    'Datumaro: no labels': (
        {'a.json': '{"categories": {"mask": {}}, "items": []}'},
        "expected an object with 'label'",
    ),
    'Datumaro: no items': (datumaro(), 'holds no labels'),
    'Datumaro: an item of text': (datumaro(['a']), "items[0]: expected an object with 'id'"),
    'CVAT: a video': (cvat('<track label="cat"/>'), 'tracks of a video'),
    'CVAT: an unknown label': (
        cvat('<image name="a"><box label="cta"/></image>'),
        "image[0] 'a': has the class 'cta'",
    ),
    'CVAT: no name': (cvat('<image/>'), 'image[0]: names no image'),
    'CVAT: no image': (cvat(), 'holds no labels'),
    'CVAT: a web page': ({'a.xml': '<html/>'}, "holds 'html', expected CVAT's"),
    "CVAT: one of VOC's": ({'a.xml': '<annotation/>'}, 'give the folder of all'),
    'CVAT: entities': ({'a.xml': '<!DOCTYPE a [<!ENTITY b "c">]><a/>'}, 'it defines entities'),
    'CVAT: background': (
        cvat('<image name="a"/>', '<label><name>background</name></label>'),
        '--negative-name background',
    ),
    'Supervisely: a tag without a name': (
        each(dict(tagged(), tags=[dict(id=3)]), tagged()),
        "tags[0]: expected an object with 'name'",
    ),
    'Supervisely: a number as a tag': (each(tagged(3), tagged()), 'expected names in tags'),
    'CreateML: a number': (
        studio(dict(image='a', annotations=[dict(label=3)])),
        '[0]: expected names of an image',
    ),
    'CreateML: no label': (studio(dict(image='a', annotations=[{}])), "an object with 'label'"),
    'a folder: of another tool': (each(dict(objects=[]), {}), 'b.json: is not a file of LabelMe'),
    'a folder: a COCO file': (each(dict(annotations=[]), {}), 'a.json: is not a file of LabelMe'),
    'LabelMe: a number': (each(shapes(3), shapes()), 'a.json: expected names of classes in shapes'),
    'LabelMe: no label': (each(dict(shapes=[{}]), {}), 'shapes[0]: expected an object with'),
    'LabelMe: no list': (each(dict(shapes=3), {}), 'a.json shapes: expected a list'),
    'LabelMe: none': (each(shapes('none'), shapes()), '--negative-name none'),
    'YOLO: an id too large': (yolo('2 0 0 1 1', data_yaml=YAML), 'has the class 2, but'),
    'YOLO: a negative id': (yolo('-1 0 0 1 1', data_yaml=YAML), 'has the class -1, but'),
    'YOLO: no list of classes': (yolo(), 'no data.yaml, classes.txt or obj.names lists'),
    'YOLO: a name for an id': (yolo('cat 0 0 1 1', data_yaml=YAML), "is 'cat 0 0 1 1', expected"),
    'YOLO: half a box': (yolo('\n0 0.5 0.5\n', data_yaml=YAML), "line 2: is '0 0.5 0.5', expected"),
    'YOLO: thousands of digits': (yolo('9' * 5000, data_yaml=YAML), 'expected a class id'),
    'YOLO: no names': (yolo(data_yaml='nc: 2\n'), "has no 'names'"),
    'YOLO: a gap in the ids': (yolo(data_yaml='names: {0: cat, 2: dog}'), "has no 'names'"),
    'YOLO: broken YAML': (yolo(data_yaml='a: 1\nnames: [cat\n'), 'is not valid YAML'),
    'YOLO: a name twice': (yolo(classes_txt='cat\ncat\n'), "names class 'cat' twice"),
    'YOLO: background': (yolo(classes_txt='background\ncat\n'), '--negative-name background'),
    'YOLO: an empty list': (yolo(classes_txt='\n'), 'the class list is empty'),
    'YOLO: a picture': (yolo(b'\x89PNG\r\n\x1a\n\x00\xff', data_yaml=YAML), 'is not UTF-8 text'),
}


def write(folder, parts):
    for name, text in parts.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder if len(parts) > 1 or 'labels/a.txt' in parts else folder / next(iter(parts))


@pytest.mark.parametrize('fault', BAD)
def test_bad_files_are_one_line(tmp_path, fault):
    parts, words = BAD[fault]
    with pytest.raises(UserError) as caught:
        read_labels(write(tmp_path, parts))
    message = str(caught.value)
    assert words in message and message.startswith(str(tmp_path))
    assert message.isprintable() and len(message) < 500


GOOD = {
    'a row per box: a class may hold a space': (
        {'a.csv': 'image,xmin,label\na,1,blue bird\n'},
        {'a': ['blue bird']},
    ),
    'COCO: paths of the tool': (
        coco(
            [dict(IMAGE, file_name=r'..\..\media\upload\1\a.jpg'), dict(id=2, file_name='/b/c.jpg')]
        ),
        {'media/upload/1/a.jpg': [], 'b/c.jpg': []},
    ),
    'studio: paths of the tool': (
        studio(
            task([], image='a#1 50%25.jpg'),
            task([], image=r'C:\photos\a.jpg'),
            task([], image='photos/b/c.jpg'),
            task([], image='/data/local-files/?d=..%5Cb%5Cd.jpg'),
        ),
        {'a#1 50%25.jpg': [], 'a.jpg': [], 'photos/b/c.jpg': [], 'b/d.jpg': []},
    ),
    'studio: an image called otherwise': (
        studio(dict(data=dict(id='7', photo='s3://a/b/c.PNG'), annotations=[dict(result=[])])),
        {'c.PNG': []},
    ),
    'Datumaro: a path of the tool': (datumaro([dict(id='../a/b', annotations=[])]), {'a/b': []}),
    'CVAT: subsets, and a shape without a label': (
        cvat('<image name="a" subset="Train"><polygon label=""/></image>'),
        {'Train/a': []},
    ),
    'COCO: boxes, and categories that mean no class': (
        coco(annotations=box() + box(), categories=[CAT, dict(id=2, name='Good')]),
        {'a.jpg': ['cat']},
    ),
    'studio: a task without an annotation is unlabelled': (
        studio(task([]), task(region('choices', 'cat'), image='b.jpg', was_cancelled=True)),
        {'a.jpg': []},
    ),
    'studio: ground truth counts': (
        studio(task(region('choices', 'cat'), ground_truth=True)),
        {'a.jpg': ['cat']},
    ),
    'studio: brushes, a region without a label, an address': (
        studio(
            task(
                [*region('brushlabels', 'cat', 'dog'), dict(type='labels', value={})],
                image='https://a.b/c/d%20e.jpg?x=1',
            )
        ),
        {'d e.jpg': ['cat', 'dog']},
    ),
    'studio: a label that means no class': (studio(task(region('choices', 'good'))), {'a.jpg': []}),
    'Datumaro: captions have no label': (
        datumaro([dict(id='a', annotations=[dict(type='caption'), dict(label_id=1)])]),
        {'a': ['dog']},
    ),
    'CVAT: attributes are not labels': (
        cvat('<image name="a"><tag label="cat"><attribute name="x">1</attribute></tag></image>'),
        {'a': ['cat']},
    ),
    'CVAT: labels that are not listed': (
        cvat('<image name="a"><tag label="cat"/></image>', labels=''),
        {'a': ['cat']},
    ),
    'LabelMe: flags that are set, where nothing is drawn': (
        each(shapes(cat=True, dog=False, __ignore__=True), shapes(dog=True)),
        {'a': ['cat'], 'b': ['dog']},
    ),
    'LabelMe: flags beside shapes are something else': (
        each(shapes('cat', 'cat', blurry=True), shapes(dog=True)),
        {'a': ['cat'], 'b': []},
    ),
    'Supervisely: tags of whole images, where nothing is drawn': (
        each(tagged('cat', 'dog'), tagged()),
        {'a': ['cat', 'dog'], 'b': []},
    ),
    'Supervisely: tags of old files': (
        each(dict(objects=[dict(classTitle='cat')], tags=['train']), tagged()),
        {'a': ['cat'], 'b': []},
    ),
    'Supervisely: tags beside objects are something else': (
        each(dict(tagged('blurry'), objects=[dict(classTitle='cat')]), tagged('train')),
        {'a': ['cat'], 'b': []},
    ),
    'LabelMe: a class with a space, and one that means none': (
        each(shapes('blue bird'), shapes('Good')),
        {'a': ['blue bird'], 'b': []},
    ),
    'the web tool LabelMe: deleted objects': (
        {
            'a.xml': '<annotation><object><name>cat</name><deleted>1</deleted></object><object>'
            '<name>dog</name><deleted>0</deleted></object></annotation>',
            'b/c.xml': '<annotation/>',
        },
        {'a': ['dog'], 'b/c': []},
    ),
    'VOC: beside its lists': (
        {'Annotations/a.xml': '<annotation/>', 'ImageSets/Main.txt': 'a', 'ImageSets/b.txt': 'a'},
        {'Annotations/a': []},
    ),
    'YOLO: polygons, blank lines, CRLF': (
        yolo('\r\n1 .1 .2 .3 .4 .5 .6\r\n0\r\n', classes_txt='cat\r\ndog\r\n'),
        {'images/a': ['dog', 'cat']},
    ),
    'YOLO: a class called no, and UTF-16': (
        yolo('1'.encode('utf-16'), data_yaml='names: {0: cat, 1: no}'),
        {'images/a': ['no']},
    ),
}


@pytest.mark.parametrize('case', GOOD)
def test_what_counts(tmp_path, case):
    parts, expected = GOOD[case]
    assert names(read_labels(write(tmp_path, parts), negative_names=['good'])) == expected


def test_a_folder_of_json_files_that_is_missing_is_said_to_be(tmp_path):
    with pytest.raises(UserError, match='labels: the folder of JSON files is missing'):
        read_labels(tmp_path / 'labels', ann_format='json_folder')
