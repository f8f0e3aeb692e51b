"""Label files that are wrong, at each command that reads one."""

import pytest

HEAD = 'image,labels\n'
# What is in the file, and what the line says. In both {a} and {b} are classes,
# {i} is an image.
CSV = {
    'no header': ('{i},{a}\n', "line 1: is '{i},{a}', expected the header 'image,labels'"),
    'one column': ('image\n1\n', "line 1: is 'image', expected the header"),
    'a missing cell': (HEAD + '{i}\n', "line 2: is '{i}', expected 'image,labels'"),
    'commas without quotes': (HEAD + '{i},{a}, {b}\n', "line 2: is '{i},{a},{b}', expected"),
    'a path outside': (HEAD + '../{i},{a}\n', "line 2: image '../{i}' is not below"),
    'an absolute path': (HEAD + '/etc/{i},{a}\n', "line 2: image '/etc/{i}' is not below"),
    'none and a class': (HEAD + '{i},none {a}\n', "line 2: label 'none' is usually no class"),
    'two columns of labels': (
        'image,labels,Labels\n{i},{a},{b}\n',
        "line 1: has the columns 'labels' and 'Labels'",
    ),
    'two columns of images': (
        'image,image,labels\n{i},{i},{b}\n',
        "line 1: has the columns 'image' and 'image'",
    ),
    'background as others call it': (HEAD + '{i},__background__\n', 'is usually no class'),
    'a dash': (HEAD + '{i},-\n', "line 2: label '-' is usually no class"),
    'NA as R writes it': (HEAD + '{i},NA\n', "line 2: label 'NA' is usually no class"),
    'an ampersand': (HEAD + '{i},{a} & {b}\n', "line 2: '&' is not a valid class name"),
    'quotes of a word processor': (HEAD + '{i},“{a}”\n', 'is not a valid class name'),
    'two columns of labels in pandas': (
        'image,label,label.1\n{i},{a},{b}\n',
        "line 1: has the columns 'label' and 'label.1'",
    ),
    'a mark': ('image,{a}\n{i},x\n', "line 2: has 'x', expected 0 or 1"),
    'a flag of 2': ('image,{a},{b}\n{i},2,0\n', "line 2: has '2', expected 0 or 1"),
    'half a list': (HEAD + '{i},"[\'{a}"\n', 'is not a valid class name'),
    'ids in a list': (HEAD + '{i},"[0, 1]"\n', "line 2: '[0, 1]' is a list of numbers"),
    'an escape code': (HEAD + '\x1b[31m{i},{a}\n', 'has a control character'),
    'a NUL': (HEAD + 'a\x00b,{a}\n', 'has a control character'),
    'a header only': (HEAD, 'holds no labels'),
    'Latin-1': ((HEAD + '{i},katze_\xe4\n').encode('latin1'), 'is not UTF-8 text'),
    'a picture': (b'\x89PNG\r\n\x1a\n\x00\xff', 'is not UTF-8 text'),
    'nothing': ('', 'holds no labels'),
}
JSON = {
    'no JSON': ('{"{i}": ["{a}",]}', 'line 1: is not valid JSON'),
    'a list': ('[1, 2]', 'expected {"image": ["class", ..]}'),
    'deep': ('[' * 100_000, 'is nested too deep'),
    'digits': ('{"{i}": [' + '9' * 5000 + ']}', 'a number of thousands of digits'),
    'ids': ('{"{i}": [99]}', "entry '{i}': "),
    'a list in a list': ('{"{i}": [["{a}"]]}', 'got one that holds a list or an object'),
    'a fraction': ('{"{i}": [0.5]}', "entry '{i}': has '0.5', expected names or ids"),
    'null': ('{"{i}": null}', "entry '{i}': expected a list of classes, got null"),
    'a long vector': ('{"{i}": [true, false, true, false, true]}', 'has 5 values, one per class'),
    'a path outside': ('{"../{i}": ["{a}"]}', "image '../{i}' is not below"),
    'no img_path': ('{"data_list": [{"img": "{i}"}]}', 'data_list[0]: expected an object with'),
    'NaN': ('{"{i}": [NaN]}', "has 'nan', expected names or ids of classes"),
    'nothing': ('', 'line 1: is not valid JSON'),
}
_COCO = '{"images": [{"id": 1, "file_name": "%s"}], "annotations": %s, "categories": %s}'
JSON |= {
    'COCO: an unknown category': (
        _COCO % ('{i}', '[{"image_id": 1, "category_id": 2}]', '[{"id": 1, "name": "{a}"}]'),
        'annotations[0]: has the class 2, but',
    ),
    'COCO: an escape code': (
        _COCO % (r'\u001b[2J{i}', '[]', '[{"id": 1, "name": "{a}"}]'),
        'has a control character',
    ),
    'Label Studio: JSON-MIN': (
        '[{"image": "{i}", "choice": "{a}"}]',
        "no 'data' and 'annotations'",
    ),
    'Label Studio: no list of results': (
        '[{"data": {"image": "{i}"}, "annotations": [{"result": true}]}]',
        '[0] result: expected a list',
    ),
    'CreateML: no label': (
        '[{"image": "{i}", "annotations": [{}]}]',
        "[0] annotations[0]: expected an object with 'label'",
    ),
    'Datumaro: no list of labels': (
        '{"categories": {}, "items": []}',
        "categories.label: expected an object with 'label'",
    ),
}
CVAT = {
    'a web page': ('<html></html>', "holds 'html', expected CVAT's annotations of images"),
    'a video': ('<annotations><track/></annotations>', 'holds tracks of a video'),
    'an unknown label': (
        '<annotations><meta><task><labels><label><name>{a}</name></label></labels></task></meta>'
        '<image name="{i}"><tag label="unicorn"/></image></annotations>',
        "image[0] '{i}': has the class 'unicorn'",
    ),
    'no image': ('<annotations/>', 'holds no labels'),
    'a cut file': ('<annotations><image', 'is not valid XML'),
}
YOLO = {
    'no names': ('nc: 2\n', "has no 'names'"),
    'broken': ('names: [{a}', 'is not valid YAML'),
    'background': ('names: [background, {a}]', "label 'background' is usually no class"),
    'a class twice': ('names: [{a}, {a}]', "names class '{a}' twice"),
    'a picture': (b'\x89PNG\r\n\x1a\n\x00\xff', 'is not UTF-8 text'),
    'no label files': ('names: [{a}, {b}]', 'holds no labels'),
}
LABELME = {
    'another tool': ('{"tags": []}', 'is not a file of LabelMe, Darwin (V7) or Supervisely'),
    'no list': ('{"shapes": 3}', 'shapes: expected a list'),
    'a number': ('{"shapes": [{"label": 3}]}', 'expected names of classes in shapes'),
    'no JSON': ('{"shapes": [', 'line 1: is not valid JSON'),
}
XML = {
    'a cut file': ('<annotation><object>', 'is not valid XML (no element found'),
    'a web page': ('<html></html>', "begins with 'html', expected VOC's 'annotation'"),
    'an unknown encoding': (
        '<?xml version="1.0" encoding="klingon"?><annotation/>',
        'is not valid XML (unknown encoding: klingon)',
    ),
    'entities': ('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', 'it defines entities'),
    'no name': ('<annotation><object></object></annotation>', "'' is not a valid class name"),
    'nothing': ('', 'is not valid XML (no element found'),
}
# By command and ending: the file, a good image, and more arguments.
_TRAIN = 'train_dataloader.dataset.ann_file='
READERS = {
    ('own_data', 'csv'): ('labels.csv', '1.jpg', ()),
    ('check_dataset', 'csv'): ('data/image_labels.csv', 'train_00000.jpg', ()),
    ('train', 'csv'): ('data/image_labels.csv', 'train_00000.jpg', ()),
    ('own_data', 'json'): ('labels.json', '1.jpg', ('--labels', 'labels.json')),
    ('check_dataset', 'json'): ('data/l.json', 'train_00000.jpg', ('--ann-file', 'l.json')),
    ('train', 'json'): ('data/l.json', 'train_00000.jpg', ('--cfg-options', f'{_TRAIN}l.json')),
    ('check_dataset', 'xml'): (
        'data/Annotations/train_00000.xml',
        '',
        ('--ann-file', 'Annotations'),
    ),
    ('train', 'xml'): (
        'data/Annotations/train_00000.xml',
        '',
        ('--cfg-options', f'{_TRAIN}Annotations'),
    ),
    ('own_data', 'cvat'): ('l.xml', '1.jpg', ('--labels', 'l.xml')),
    ('check_dataset', 'cvat'): ('data/l.xml', 'train_00000.jpg', ('--ann-file', 'l.xml')),
    ('train', 'cvat'): ('data/l.xml', 'train_00000.jpg', ('--cfg-options', f'{_TRAIN}l.xml')),
    ('own_data', 'labelme'): ('ann/1.json', '', ('--labels', 'ann')),
    ('own_data', 'yolo'): ('yolo/l.yaml', '1.jpg', ('--labels', 'yolo/l.yaml')),
    ('check_dataset', 'yolo'): ('data/l.yaml', '', ('--ann-file', 'l.yaml')),
    ('train', 'yolo'): ('data/l.yaml', '', ('--cfg-options', f'{_TRAIN}l.yaml')),
    ('voc_subset', 'xml'): ('devkit/Annotations/2007_000001.xml', '', ()),
    ('cls_labels', 'xml'): ('devkit/Annotations/2007_000001.xml', '', ()),
}
TABLES = dict(csv=CSV, json=JSON, xml=XML, cvat=CVAT, yolo=YOLO, labelme=LABELME)
ROWS = [(name, ending, fault) for name, ending in READERS for fault in TABLES[ending]]


def filled(text, name, image):
    """A text with the classes of a command's data, and the name of an image."""
    a, b = ('cat', 'dog') if name == 'own_data' else ('dax', 'fep')
    return text.replace('{a}', a).replace('{b}', b).replace('{i}', image)


@pytest.mark.parametrize('name, ending, fault', ROWS)
def test_labels_that_cannot_be_used(play, folder, name, ending, fault):
    path, image, more = READERS[name, ending]
    content, said = TABLES[ending][fault]
    if isinstance(content, str):
        content = filled(content, name, image).encode()
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_bytes(content)
    done, said = play(name, *more), filled(said, name, image)
    assert 'Traceback' not in done.output, done.output
    if name == 'check_dataset':  # which lists all that is wrong, and counts the rest
        assert done.code == 1 and '12 images in train and val' in done.output, done.output
        assert any(path in line and said in line for line in done.errors), done.output
    else:
        assert done.code == 2 and len(done.errors) == 1, done.output
        assert path in done.errors[0] and said in done.errors[0], done.output
        assert not (folder / 'mine/classes.txt').exists()


OTHERS = [
    # What no file can be blamed for alone: the others show it.
    ('own_data', HEAD + 'nobody.jpg,cat\n', "labels.csv line 2: photo 'nobody.jpg' is missing"),
    ('own_data', HEAD + '1.jpg,\n1.jpg,cat\n', "'1.jpg' shows none of the classes, but cat by"),
    *(
        ('own_data', HEAD + f'1.jpg,{cell}\n2.jpg,cat\n3.jpg,dog\n', f"line 2: label '{name}'")
        for cell, name in (
            ('cat/dog', 'cat/dog'),
            ('cat+Dog', 'cat+Dog'),
            ('bird;cat and dog', 'cat and dog'),
        )
    ),
    ('train', HEAD + 'train_00000.jpg,unicorn\n', "unknown class 'unicorn'; known are dax"),
    ('train', HEAD + 'train_00000.jpg,Dax\n', "unknown class 'Dax'; did you mean 'dax'?"),
    ('train', HEAD + 'a.jpg,dax\na.jpg,dax\n', "image 'a.jpg' occurs twice, first at"),
    ('train', HEAD + 'a.jpg,dax\n', "image 'train_00000' has no labels in data/image_labels.csv"),
    ('test', HEAD + 'val_00000.jpg,unicorn\n', "unknown class 'unicorn'; known are dax"),
    ('test', HEAD, 'data/image_labels.csv: holds no labels'),
    ('export_cam', HEAD + 'val_00000.jpg,unicorn\n', "unknown class 'unicorn'; known are dax"),
    ('export_cam', HEAD, 'data/image_labels.csv: holds no labels'),
]


@pytest.mark.parametrize('name, text, said', OTHERS, ids=[f'{n}-{s}' for n, _, s in OTHERS])
def test_labels_that_do_not_fit(play, folder, name, text, said):
    (folder / READERS.get((name, 'csv'), READERS['train', 'csv'])[0]).write_text(text)
    done = play(name)
    assert done.code == 2 and len(done.errors) == 1, done.output
    assert said in done.errors[0]
