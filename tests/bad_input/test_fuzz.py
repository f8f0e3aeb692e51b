"""Files of random content, or with one changed byte: read as before, or refused in one line."""

import json

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, read_cam, write_cam
from ppl_mm.formats.export_record import read_record
from ppl_mm.formats.image_labels.label_file import read_labels
from ppl_mm.formats.image_list import image_fault, read_ids
from ppl_mm.formats.images.image_file import read_image
from ppl_mm.formats.mask_file import read_mask, write_label
from ppl_mm.utils.weights.checkpoint_file import read_checkpoint

bounded = settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CELLS = st.text('ab,;|"\'[]{}\n\r\t \x00\x1b\ufeff01é<>&/.', max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(['cat', '', '../a']),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(['a.jpg', 'data_list', 'metainfo', 'classes']), inner)
    ),
    max_leaves=8,
)


def read(function, *args):
    """Return what is read; None where one line says that it cannot be."""
    try:
        return function(*args)
    except UserError as error:
        assert len(str(error).splitlines()) == 1
        return None


def check_labels(path):
    found = read(read_labels, path)
    for row in found.rows if found else ():
        assert not image_fault(row.image)
        assert all(name.strip() and name.isprintable() for name in row.names)


@bounded
@given(text=CELLS, head=st.sampled_from(['image,labels\n', 'image;labels\n', 'image,a,b\n', '']))
def test_csv(tmp_path, text, head):
    (tmp_path / 'l.csv').write_bytes((head + text).encode())
    check_labels(tmp_path / 'l.csv')


@bounded
@given(content=st.binary(max_size=60))
def test_bytes(tmp_path, content):
    for name in ('l.csv', 'l.json', 'a.xml', 'a.txt', 'export.json'):
        (tmp_path / name).write_bytes(content)
    check_labels(tmp_path / 'l.csv')
    check_labels(tmp_path / 'l.json')
    check_labels(tmp_path)  # the XML in it
    read(read_record, tmp_path / 'export.json')
    assert not any(map(image_fault, read(read_ids, tmp_path / 'a.txt') or ()))


@bounded
@given(value=JSON)
def test_json(tmp_path, value):
    (tmp_path / 'l.json').write_text(json.dumps(value))
    check_labels(tmp_path / 'l.json')
    read(read_record, tmp_path / 'l.json')


@bounded
@given(name=CELLS, difficult=CELLS)
def test_xml(tmp_path, name, difficult):
    (tmp_path / 'a.xml').write_text(
        f'<annotation><object><name>{name}</name><difficult>{difficult}</difficult></object>'
        '</annotation>'
    )
    check_labels(tmp_path)


def cam(path):
    write_cam(path, CamFile([1, 4], np.random.default_rng(0).random((2, 5, 6)), (40, 48)))


def mask(path):
    write_label(path, np.random.default_rng(0).integers(0, 9, (20, 30), np.uint8))


def checkpoint(path):
    torch.save(dict(state_dict=dict(weight=torch.arange(24.0).reshape(4, 6))), path)


def same(found, before):
    """Compare two results of a reader."""
    if isinstance(found, CamFile):
        return all(np.array_equal(value, vars(before)[key]) for key, value in vars(found).items())
    if isinstance(found, dict):
        return torch.equal(found['state_dict']['weight'], before['state_dict']['weight'])
    return np.array_equal(found, before)


@pytest.mark.parametrize(
    'write, reader, name',
    [
        (cam, read_cam, 'a.npz'),
        (mask, read_mask, 'a.png'),
        (mask, read_image, 'a.png'),
        (checkpoint, read_checkpoint, 'a.pth'),
    ],
    ids=['CAM file', 'mask', 'image', 'checkpoint'],
)
@bounded
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit(tmp_path, write, reader, name, place, bit):
    path = tmp_path / name
    write(path)
    before, content = reader(path), bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    path.write_bytes(content)
    found = read(reader, path)
    # A PNG's palette and sizes have checksums that not every decoder looks at.
    assert found is None or name.endswith('.png') or same(found, before)


@pytest.mark.parametrize(
    'write, reader, name',
    [(cam, read_cam, 'a.npz'), (mask, read_mask, 'a.png'), (checkpoint, read_checkpoint, 'a.pth')],
    ids=['CAM file', 'mask', 'checkpoint'],
)
@bounded
@given(place=st.floats(0, 1, exclude_max=True))
def test_a_cut_file(tmp_path, write, reader, name, place):
    path = tmp_path / name
    write(path)
    before, content = reader(path), path.read_bytes()
    path.write_bytes(content[: int(place * len(content))])
    found = read(reader, path)
    assert found is None or same(found, before)
