import os
import pickle

import numpy as np
import pytest
from numpy.lib import format as npy_format
from tool_modules import load_tool

from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.image_labels.label_file import read_labels

cls_labels = load_tool('cls_labels')

CLASSES = ('--classes', 'cat', 'traffic light', 'dog')
VECTORS = {
    '2007_000032': np.float32([1, 0, 1]),
    '2007_000039': np.float32([0, 1, 0]),
    '2008_000001': np.float32([0, 0, 0]),
}
OBJECT = '<object><name>{}</name><difficult>{}</difficult></object>'


def write_npy(path, payload):
    """A .npy whose pickle is given as bytes."""
    with open(path, 'wb') as file:
        npy_format.write_array_header_1_0(file, dict(descr='|O', fortran_order=False, shape=()))
        file.write(payload)
    return path


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'cls_labels.npy'
    np.save(path, VECTORS)
    return path


def convert(path, *more, out='image_labels.csv'):
    return cls_labels.main([str(path), '--out', str(path.parent / out), '--trust', *CLASSES, *more])


def names_of(path):
    return {row.image: list(row.names) for row in read_labels(path, CLASSES[1:]).rows}


def test_the_csv_has_the_names(file, capsys):
    assert convert(file) == 0
    assert names_of(file.with_name('image_labels.csv')) == {
        '2007_000032': ['cat', 'dog'],
        '2007_000039': ['traffic light'],
        '2008_000001': [],
    }
    assert '3 images, 1 of them without a class' in capsys.readouterr().out


def test_the_default_classes_are_those_of_voc(tmp_path):
    vector = np.zeros(20)
    vector[[7, 14]] = 1
    path = tmp_path / 'cls_labels.npy'
    np.save(path, {'2007_000032': vector})
    cls_labels.main([str(path), '--out', str(tmp_path / 'x.csv'), '--trust'])
    assert names_of(tmp_path / 'x.csv') == {'2007_000032': ['cat', 'person']}


def test_a_data_set_reads_it(file):
    (file.parent / 'JPEGImages').mkdir()
    for image in VECTORS:
        (file.parent / f'JPEGImages/{image}.jpg').touch()
    (file.parent / 'classes.txt').write_text('background\ncat\ntraffic light\ndog\n')
    convert(file, '--classes', str(file.parent / 'classes.txt'))
    dataset = ImageLabelDataset(data_root=str(file.parent))
    assert [dataset[k]['gt_label'] for k in range(2)] == [[0, 2], [1]]


@pytest.mark.parametrize(
    'key', [2007000032, np.int32(2007000032), '2007_000032.jpg', np.str_('2007_000032')]
)
def test_keys_of_irn_and_others(tmp_path, key):
    path = tmp_path / 'cls_labels.npy'
    np.save(path, {key: [1, 0, 0]})
    convert(path)
    assert list(names_of(tmp_path / 'image_labels.csv')) == ['2007_000032']


@pytest.mark.parametrize('protocol', [0, 2, 3, 4, 5])
def test_every_protocol_of_pickle(tmp_path, protocol):
    array = np.array(VECTORS, dtype=object)
    path = write_npy(tmp_path / 'cls_labels.npy', pickle.dumps(array, protocol))
    found = cls_labels.read_cls_labels(path)
    assert found.keys() == VECTORS.keys()
    assert all((found[key] == VECTORS[key]).all() for key in VECTORS)


def test_numpy_1_is_read(tmp_path):
    payload = pickle.dumps(np.array(VECTORS, dtype=object), 3)
    old = payload.replace(b'numpy._core.', b'numpy.core.')
    path = write_npy(tmp_path / 'cls_labels.npy', old)
    assert cls_labels.read_cls_labels(path).keys() == VECTORS.keys()


class Harm:
    """A pickle of it would make a folder when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_pickle_cannot_call_anything(tmp_path):
    path = write_npy(tmp_path / 'cls_labels.npy', pickle.dumps({'a': Harm(tmp_path / 'harm')}))
    with pytest.raises(UserError, match=r'it calls (posix|nt)\.mkdir'):
        convert(path)
    assert not (tmp_path / 'harm').exists()
    np.load(path, allow_pickle=True)  # what would have happened
    assert (tmp_path / 'harm').exists()


def test_without_trust_it_is_not_opened(file):
    file.unlink()
    with pytest.raises(UserError, match='can run any program .* --trust'):
        cls_labels.main([str(file), '--out', 'x.csv'])


@pytest.fixture
def annotations(tmp_path):
    folder = tmp_path / 'Annotations'
    folder.mkdir()
    for image, objects in {
        '2007_000032': [('cat', 0), ('dog', 1), ('dog', 1)],
        '2007_000039': [('traffic light', 0)],
        '2008_000001': [('dog', 0)],
    }.items():
        (folder / f'{image}.xml').write_text(
            '<annotation>' + ''.join(OBJECT.format(*item) for item in objects) + '</annotation>'
        )
    return folder


def test_images_that_differ_from_the_xml_are_named(file, annotations, capsys):
    assert convert(file, '--compare', str(annotations)) == 1
    assert capsys.readouterr().out.splitlines()[:2] == [
        '2008_000001: nothing, but dog in the XML',
        f'1 of 3 images differ from {annotations}',
    ]
    assert convert(file, '--compare', str(annotations), '--drop-difficult') == 1
    assert '2007_000032: cat dog, but cat in the XML' in capsys.readouterr().out
    np.save(file, {k: v for k, v in VECTORS.items() if v.any()})
    assert convert(file, '--compare', str(annotations)) == 0


@pytest.mark.parametrize(
    'content, message',
    [
        (['a'], r'not a pickled dictionary .*it is an array \(1,\)'),
        ({'a': [[1, 0, 0]]}, r'image a has a vector of shape \(1, 3\)'),
        ({}, 'holds a dict, expected a dictionary from'),
    ],
)
def test_other_content_is_named(tmp_path, content, message):
    path = tmp_path / 'cls_labels.npy'
    if isinstance(content, list):
        content = np.array(content, dtype=object)
    np.save(path, content)
    with pytest.raises(UserError, match=message) as caught:
        convert(path)
    assert len(str(caught.value).splitlines()) == 1


def test_nothing_to_do_is_said(file, capsys):
    with pytest.raises(SystemExit):
        cls_labels.main([str(file), '--trust'])
    assert 'give --out, --compare or both' in capsys.readouterr().err
