"""Label files of every form give the right names, or one line that says why not."""

import itertools
import json
import os
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_formats.test_image_labels.label_rows import names, read

from ppl_mm.errors import UserError
from ppl_mm.formats.image_labels.label_file import find_label_file, read_labels
from ppl_mm.formats.voc_layout import write_labels

CLASSES = ('cat', 'dog', 'blue bird')


CELLS = {
    'cat': ['cat'],
    'cat dog': ['cat', 'dog'],
    '"cat, dog"': ['cat', 'dog'],
    '"cat,dog"': ['cat', 'dog'],
    'cat|dog': ['cat', 'dog'],
    'cat | blue bird': ['cat', 'blue bird'],
    'blue bird;cat': ['blue bird', 'cat'],
    'blue bird;': ['blue bird'],
    '"blue bird, cat;dog"': ['blue bird', 'cat', 'dog'],
    'cat cat': ['cat'],
    "\"['cat', 'blue bird']\"": ['cat', 'blue bird'],
    "['cat' 'dog']": ['cat', 'dog'],
    '"(\'cat\',)"': ['cat'],
    '"[""cat"", ""dog""]"': ['cat', 'dog'],
    '"[cat, dog]"': ['cat', 'dog'],
    '[]': [],
    '': [],
    '" "': [],
}


@pytest.mark.parametrize('cell, expected', CELLS.items(), ids=CELLS)
@pytest.mark.parametrize('classes', [(), CLASSES])
def test_cells(tmp_path, cell, expected, classes):
    found = read(tmp_path / 'a.csv', f'image,labels\na.jpg,{cell}\n', classes)
    assert names(found) == {'a.jpg': expected} and found.classes is None


def test_a_name_with_a_space_that_stands_alone_needs_the_class_list(tmp_path):
    text = 'image,labels\na,blue bird\n'
    assert names(read(tmp_path / 'a.csv', text, CLASSES)) == {'a': ['blue bird']}
    assert names(read(tmp_path / 'a.csv', text)) == {'a': ['blue', 'bird']}


def test_a_known_class_may_hold_a_separator(tmp_path):
    classes = ('a,b', 'c|d', '[e]')
    text = 'image,labels\n1,"a,b"\n2,"a,b;c|d"\n3,[e]\n'
    found = read(tmp_path / 'a.csv', text, classes)
    assert names(found) == {'1': ['a,b'], '2': ['a,b', 'c|d'], '3': ['[e]']}


TABLES = {
    'labels': 'image,labels\na,cat\nb,cat dog\nc,\n',
    'other words': 'Filename,Class\na,cat\nb,cat dog\nc,\n',
    'semicolons': 'image;labels\na;cat\nb;cat,dog\nc;\n',
    'tabs': 'image\tlabels\na\tcat\nb\tcat dog\nc\t\n',
    'an index': ',image,labels\n0,a,cat\n1,b,cat dog\n2,c,\n',
    'more columns': 'image,width,labels\na,3,cat\nb,4,cat dog\nc,5,\n',
    'quotes': '"image","labels"\n"a","cat"\n"b","cat dog"\n"c",""\n',
    'Windows': 'image,labels\r\na,cat\r\nb,cat dog\r\n\r\nc,\r\n',
    'old Mac': 'image,labels\ra,cat\rb,cat dog\rc,\r',
    'a byte order mark': '\ufeffimage,labels\na,cat\nb,cat dog\nc,\n',
    'UTF-16': 'image,labels\na,cat\nb,cat dog\nc,\n'.encode('utf-16'),
    'a column per class': 'image,cat,dog\na,1,0\nb,1,1\nc,0,0\n',
    'an unnamed column of files': ',cat,dog\na,1,\nb,1,1\nc,,\n',
    'any name of the column': 'ImageId;cat;dog\r\na;TRUE;\r\nb;1;1\r\nc;;\r\n',
    'true and false': 'image,cat,dog\na,True,False\nb,TRUE,true\nc,0.0,0\n',
    'spaces after the commas, as Roboflow': 'filename, cat, dog\na, 1, 0\nb, 1, 1\nc, 0, 0\n',
    'any name of the other column': 'id_code,species\na,cat\nb,cat dog\nc,\n',
    'signs in the header': 'Image Name,label_name\na,cat\nb,cat dog\nc,\n',
    'a row per box': 'filename,class,xmin\na,cat,3\nb,cat,4\nb,dog,5\nc,,\n',
}


@pytest.mark.parametrize('text', TABLES.values(), ids=TABLES)
def test_tables(tmp_path, text):
    found = read(tmp_path / 'a.csv', text)
    shown = {}
    for row in found.rows:
        shown.setdefault(row.image, []).extend(row.names)
    assert shown == {'a': ['cat'], 'b': ['cat', 'dog'], 'c': []}


def test_columns_are_a_class_list_and_one_may_mean_none(tmp_path):
    text = 'image,dog,none,cat\na,1,0,0\nb,0,1,0\n'
    found = read(tmp_path / 'a.csv', text, negative_names=['none'])
    assert found.classes == ('dog', 'cat') and names(found) == {'a': ['dog'], 'b': []}


@pytest.mark.parametrize('cell', ['2', '0.7', 'left'])
def test_where_each_known_class_has_a_column_others_need_not_be_classes(tmp_path, cell):
    text = f'id,cat,severity,dog\na,1,{cell},0\nb,0,1,0\n'
    found = read(tmp_path / 'a.csv', text, ('cat', 'dog'))
    assert names(found) == {'a': ['cat'], 'b': []} and set(found.classes) == {'cat', 'dog'}
    for known in ((), ('cat', 'bird'), ('cat', 'severity')):
        with pytest.raises(UserError, match=f"has '{cell}'.* column"):
            read(tmp_path / 'a.csv', text, known)


JSONS = {
    'names': {'a': ['cat'], 'b': ['cat', 'dog'], 'c': []},
    'texts': {'a': 'cat', 'b': ['cat', 'dog'], 'c': ''},
    'ids': {'a': [0], 'b': [1, 0], 'c': []},
    'vectors': {'a': [1, 0], 'b': [1, 1], 'c': [0, 0]},
    'true and false': {'a': [True, False], 'b': [True, True], 'c': [False, False]},
    'a data list': dict(
        metainfo=dict(classes=['cat', 'dog']),
        data_list=[
            dict(img_path='a', gt_label=0),
            dict(img_path='b', gt_label=[0, 1]),
            dict(img_path='c', gt_label=[]),
        ],
    ),
}


@pytest.mark.parametrize('content', JSONS.values(), ids=JSONS)
def test_jsons(tmp_path, content):
    found = read(tmp_path / 'a.json', json.dumps(content), ('cat', 'dog'))
    labels = {image: sorted(shown) for image, shown in names(found).items()}
    assert labels == {'a': ['cat'], 'b': ['cat', 'dog'], 'c': []}


def test_ids_of_a_data_list_are_those_of_its_own_classes(tmp_path):
    content = dict(
        metainfo=dict(classes=['dog', 'cat']), data_list=JSONS['a data list']['data_list']
    )
    found = read(tmp_path / 'a.json', json.dumps(content), ('cat', 'dog'))
    assert found.classes == ('dog', 'cat') and names(found)['a'] == ['dog']


def test_a_name_may_mean_no_class(tmp_path):
    text = 'image,labels\na,No Defect\nb,good\nc,cat\n'
    found = read(tmp_path / 'a.csv', text, negative_names=['no defect', 'Good'])
    assert names(found) == {'a': [], 'b': [], 'c': ['cat']}
    assert names(read(tmp_path / 'a.csv', 'image,labels\na,none\n', ('none',))) == {'a': ['none']}


def csv_of(*rows, header='image,labels'):
    return '\n'.join([header, *rows])


BAD = [
    # file, text, known classes, what the one line must hold
    ('a.csv', csv_of('a,none'), (), "line 2: label 'none' is usually no class"),
    ('a.csv', csv_of('a,Background'), CLASSES, '--negative-name Background'),
    ('a.csv', csv_of('a,cat none'), (), "label 'none' is usually"),
    ('a.csv', csv_of('a,1', header='image,background'), (), "line 1: label 'background'"),
    ('a.csv', csv_of('a,"[0, 1]"'), (), 'is a list of numbers; write names'),
    ('a.csv', csv_of('a,"[\'cat\', dog]"'), (), 'is not a valid list of names'),
    ('a.csv', csv_of("a,'cat'"), (), 'is not a valid class name'),
    ('a.csv', csv_of('a,"ca\nt;dog"'), (), "'ca\\nt' is not a valid class name"),
    ('a.csv', csv_of('"a\nb",cat'), (), "image 'a\\nb' has a control character"),
    ('a.csv', csv_of('a\x1b[2J,cat'), (), "image 'a\\x1b[2J' has a control character"),
    ('a.csv', csv_of('../a,cat'), (), "line 2: image '../a' is not below"),
    ('a.csv', csv_of('b/../../a,cat'), (), 'is not below the image folder'),
    ('a.csv', csv_of('..\\a,cat'), (), 'is not below the image folder'),
    ('a.csv', csv_of('/etc/a,cat'), (), 'is not below the image folder'),
    ('a.csv', csv_of('C:\\a,cat'), (), 'is not below the image folder'),
    ('a.csv', csv_of('a,2', header='image,cat'), (), "line 2: has '2', expected 0 or 1"),
    ('a.csv', csv_of('a,dog,1', header='image,cat,dog'), (), "has the header 'labels'"),
    ('a.csv', csv_of('a,yes', header='image,cat'), (), "line 2: has 'yes', expected 0 or 1"),
    ('a.csv', csv_of('a,0.93', header='image,cat'), (), "'cat'; a probability is not a label"),
    ('a.csv', csv_of('a,1,0.5', header='x,cat,dog'), (), "'dog'; a probability is not a label"),
    ('a.csv', csv_of('a,-1', header='image,cat'), (), "has '-1', expected 0 or 1"),
    ('a.csv', csv_of('a,640,1', header='x,width,cat'), (), 'remove that column if it is not'),
    (
        'a.csv',
        csv_of('a,1', 'b', header='image,cat'),
        (),
        "line 3: is 'b' with 1 cells, expected 2",
    ),
    ('a.csv', csv_of('a,1,0', header='x,cat,none'), (), '--negative-name none'),
    ('a.csv', csv_of('a,1,1', header='image,cat,none'), (), "label 'none' is usually no class"),
    ('a.csv', 'a,1,0\nb,0,1\n', (), "line 1: is 'a,1,0', expected the header"),
    ('a.csv', csv_of('a,1,1', header='image,cat,cat'), (), "names class 'cat' twice"),
    ('a.csv', csv_of('a,cat,dog'), (), 'spaces between the labels; a cell that holds commas'),
    ('a.csv', csv_of('a,cat', header='x,y'), (), "line 1: is 'x,y', expected the header"),
    ('a.csv', 'image\na\n', (), "line 1: is 'image', expected the header"),
    ('a.csv', csv_of('a,"' + 'x' * 200_000 + '"'), (), 'is not valid CSV (field larger'),
    ('a.csv', '', (), 'holds no labels'),
    ('a.csv', b'image,labels\na,katze_\xfc\n', (), 'is not UTF-8 text'),
    ('a.json', '{"a": [1]}', (), "entry 'a': has the class id 1, but the classes are not known"),
    ('a.json', '{"a": [3]}', CLASSES, "unknown class '3'; class ids count from 0 to 2"),
    ('a.json', '{"a": [0, 1], "b": [0, 1]}', CLASSES[:2], 'may be class ids or a vector'),
    ('a.json', '{"a": [true, false]}', CLASSES, 'has 2 values, one per class, but 3 classes'),
    ('a.json', '{"a": [true]}', (), 'has 1 value, one per class, but 0 classes are known'),
    ('a.json', '{"a": [true, "cat"]}', CLASSES, "has 'True', expected names or ids"),
    ('a.json', '{"a": [0.5]}', CLASSES, "has '0.5', expected names or ids"),
    ('a.json', '{"a": ["cat, dog"]}', CLASSES, "'cat, dog' is not a valid class name"),
    ('a.json', '{"a": null}', CLASSES, 'expected a list of classes, got null'),
    ('a.json', '{"": ["cat"]}', CLASSES, 'names no image'),
    ('a.json', '{"../a": ["cat"]}', CLASSES, 'is not below the image folder'),
    ('a.json', '{"a": ' + '[' * 100_000, (), 'is nested too deep'),
    ('a.json', '{"a": [' + '9' * 5_000 + ']}', (), 'a number of thousands of digits'),
    ('a.json', '[]', (), 'expected {"image"'),
    ('a.json', '{"a": ["cat"],\n}', (), 'line 2: is not valid JSON'),
    ('a.txt', 'a', (), "labels of format '.txt'"),
]


@pytest.mark.parametrize('name, text, classes, words', BAD)
def test_bad_files_are_one_line(tmp_path, name, text, classes, words):
    with pytest.raises(UserError) as caught:
        read(tmp_path / name, text, classes)
    message = str(caught.value)
    assert words in message and message.startswith(str(tmp_path / name))
    assert message.isprintable() and len(message) < 500


def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / 'a.csv')
    with pytest.raises(UserError, match='is not a regular file'):
        read_labels(tmp_path / 'a.csv')


def test_names_are_of_one_unicode_form(tmp_path):
    text = unicodedata.normalize('NFD', 'image,labels\na,caf\xe9\n')
    assert names(read(tmp_path / 'a.csv', text, ('caf\xe9',))) == {'a': ['caf\xe9']}
    assert names(read(tmp_path / 'a.csv', text)) == {'a': ['caf\xe9']}


def test_the_label_file_of_a_data_set(tmp_path):
    assert find_label_file(tmp_path) is None
    (tmp_path / 'Annotations').mkdir()
    assert find_label_file(tmp_path) == tmp_path / 'Annotations'
    (tmp_path / 'image_labels.csv').touch()
    assert find_label_file(tmp_path) == tmp_path / 'image_labels.csv'


def test_the_work_for_a_row_does_not_grow_with_their_number(tmp_path):
    rows = 20_000
    text = csv_of(*(f'folder/{number},cat dog' for number in range(rows)))
    (tmp_path / 'a.csv').write_text(text)
    calls = itertools.count()
    sys.setprofile(lambda *_: next(calls))
    try:
        found = read_labels(tmp_path / 'a.csv', CLASSES)
    finally:
        sys.setprofile(None)
    assert len(found.rows) == rows
    assert next(calls) < 40 * rows


class_names = st.text(
    st.characters(exclude_categories=['Cc', 'Cs', 'Zl', 'Zp'], exclude_characters=';'), min_size=1
).map(lambda name: unicodedata.normalize('NFC', name).strip())
class_lists = st.lists(class_names.filter(bool), min_size=1, max_size=5, unique=True)


@settings(deadline=None, max_examples=200)
@given(data=st.data(), classes=class_lists)
def test_what_is_written_is_read(tmp_path_factory, data, classes):
    shown = data.draw(st.lists(st.lists(st.sampled_from(classes), unique=True), min_size=1))
    labels = {f'image {number}': names for number, names in enumerate(shown)}
    path = tmp_path_factory.mktemp('labels') / 'image_labels.csv'
    write_labels(path, labels)
    assert names(read_labels(path, classes)) == labels


@settings(deadline=None, max_examples=300)
@given(
    text=st.one_of(
        st.text(),
        st.binary(),
        st.lists(st.lists(st.text(max_size=8), max_size=4), max_size=5).map(
            lambda rows: 'image,labels\n' + '\n'.join(','.join(row) for row in rows)
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner),
        ).map(json.dumps),
    ),
    ending=st.sampled_from(['csv', 'json']),
    classes=st.sampled_from([(), CLASSES]),
)
def test_any_text_is_read_or_refused_in_one_line(tmp_path_factory, text, ending, classes):
    path = tmp_path_factory.mktemp('labels') / f'a.{ending}'
    path.write_bytes(text if isinstance(text, bytes) else text.encode('utf-8', 'replace'))
    try:
        found = read_labels(path, classes)
    except UserError as error:
        assert len(str(error).splitlines()) == 1
    else:
        for row in found.rows:
            assert row.image and all(isinstance(name, str) and name for name in row.names)
