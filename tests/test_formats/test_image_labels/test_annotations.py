"""Annotations in XML as label files: read, or refused in one line."""

import pytest
from test_formats.test_image_labels.label_rows import names

from ppl_mm.errors import UserError
from ppl_mm.formats.image_labels.label_file import read_labels

XML = '<annotation>{}</annotation>'
OBJECT = '<object><name>{}</name></object>'
BOMB = (
    '<!DOCTYPE a [<!ENTITY a "x">'
    + ''.join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    + ']><annotation>&a9;</annotation>'
)
BAD_XML = [
    ('<?xml version="1.0" encoding="klingon"?><annotation/>', 'is not valid XML (unknown encod'),
    ('<?xml version="1.0" encoding="utf-7"?><annotation/>', 'is not valid XML'),
    ('<?xml version="1.0" encoding="gbk"?><annotation/>', 'is not valid XML'),
    (BOMB, 'is not valid XML (it defines entities)'),
    (BOMB.encode('utf-16'), 'is not valid XML'),
    ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation>&a;</annotation>', 'is not valid XML'),
    ('<annotation><object>', 'is not valid XML'),
    ('<html/>', "begins with 'html', expected VOC's 'annotation'"),
    (XML.format(OBJECT.format('')), 'is not a valid class name'),
    (XML.format(OBJECT.format('none')), '--negative-name none'),
    ('', 'is not valid XML'),
]


@pytest.mark.parametrize('text, words', BAD_XML)
def test_bad_annotations_are_one_line(tmp_path, text, words):
    path = tmp_path / 'a.xml'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        read_labels(tmp_path, ann_format='voc_xml')
    message = str(caught.value)
    assert words in message and message.startswith(f'{path}: ') and message.isprintable()


def test_annotations(tmp_path):
    (tmp_path / 'a.xml').write_text(
        XML.format(OBJECT.format('cat') * 2 + OBJECT.format('blue bird'))
    )
    (tmp_path / 'b.xml').write_text(XML.format(''))
    assert names(read_labels(tmp_path)) == {'a': ['cat', 'blue bird'], 'b': []}
    assert names(read_labels(tmp_path, images=['b'])) == {'b': []}


def test_a_file_whose_name_is_in_another_normal_form(tmp_path):
    """macOS writes an e and its accent where a list has one character."""
    (tmp_path / 'cafe\u0301.xml').write_text(XML.format(OBJECT.format('cat')))
    (row,) = read_labels(tmp_path, ('cat',), 'voc_xml', images=['caf\u00e9']).rows
    assert (row.image, row.names) == ('caf\u00e9', ('cat',))
