"""Files of annotation tools with one random change: read, or refused in one line."""

import json
from xml.sax.saxutils import quoteattr

import pytest
from bad_input.test_fuzz import bounded, check_labels
from hypothesis import given
from hypothesis import strategies as st
from test_data_tools.label_forms import FORMS

SHOWN = {'x/a.jpg': ['cat', 'dog'], 'b.jpg': [], 'c.jpg': ['cat']}
ANYTHING = st.sampled_from(
    [
        None,
        True,
        -1,
        0.5,
        10**30,
        '',
        'none',
        '../a',
        'a\x1b',
        'cat',
        [],
        ['cat'],
        [[1]],
        {},
        {'a': 1},
    ]
)


def places(value, path=()):
    """The way to every part of a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def changed(value, path, other):
    """A JSON value with another part; a key that is gone where the other is None."""
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    if other is None and len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(value[path[0]], path[1:], other)
    return copy


@pytest.mark.parametrize('form', ['COCO JSON', 'Label Studio JSON', 'Datumaro JSON'])
@bounded
@given(data=st.data(), other=ANYTHING)
def test_json(tmp_path, form, data, other):
    path = FORMS[form](tmp_path, SHOWN, ['cat', 'dog'])
    content = json.loads(path.read_text())
    place = data.draw(st.sampled_from(list(places(content))))
    path.write_text(json.dumps(changed(content, place, other)))
    check_labels(path)


@bounded
@given(
    text=st.text('0123 .-e\n\tx', max_size=20),
    names=ANYTHING | st.lists(ANYTHING) | st.just(['cat', 'dog']),
)
def test_yolo(tmp_path, text, names):
    (tmp_path / 'labels').mkdir(exist_ok=True)
    (tmp_path / 'labels/a.txt').write_text(text)
    (tmp_path / 'data.yaml').write_text(json.dumps(dict(names=names)))
    check_labels(tmp_path / 'labels')


@bounded
@given(content=st.binary(max_size=60) | st.text('names: [cat,{}]&*!-\n0"', max_size=30))
def test_yaml_and_xml(tmp_path, content):
    for name in ('labels/a.txt', 'data.yaml', 'a.xml'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        check_labels(tmp_path / name.replace('a.txt', ''))


@bounded
@given(
    name=st.text('a./\\:', max_size=6),
    label=st.sampled_from(['cat', 'none', '', 'dog', ' cat', 'a;b']),
    listed=st.lists(st.sampled_from(['cat', 'none', '', 'a;b']), max_size=2),
)
def test_cvat(tmp_path, name, label, listed):
    meta = ''.join(f'<label><name>{one}</name></label>' for one in listed)
    image = f'<image name={quoteattr(name)}><box label="{label}"/></image>'
    text = f'<annotations><meta><job><labels>{meta}</labels></job></meta>{image}</annotations>'
    (tmp_path / 'l.xml').write_text(text)
    check_labels(tmp_path / 'l.xml')
