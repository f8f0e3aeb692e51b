"""MXNet's files, written byte by byte from the description of the format."""

import struct

import numpy as np
import pytest

from ppl_mm.errors import UserError
from ppl_mm.formats.mxnet_params import read_params

FLAGS = {
    'float32': 0,
    'float64': 1,
    'float16': 2,
    'uint8': 3,
    'int32': 4,
    'int8': 5,
    'int64': 6,
    'bool': 7,
}


def array_bytes(array, version, device=(1, 0)):
    """One array, in each version that MXNet has written."""
    sides = array.ndim
    if version == 'legacy':  # before 0.11
        head = struct.pack(f'<I{sides}I', sides, *array.shape)
    else:
        magic = {1: 0xF993FAC8, 2: 0xF993FAC9, 3: 0xF993FACA}[version]
        head = struct.pack('<I', magic)
        if version > 1:
            head += struct.pack('<i', 0)
        head += struct.pack(f'<i{sides}q', sides, *array.shape)
    head += struct.pack('<iii', *device, FLAGS[str(array.dtype)])
    return head + array.tobytes()


def file_bytes(arrays, names):
    parts = [struct.pack('<QQQ', 0x112, 0, len(arrays)), *arrays, struct.pack('<Q', len(names))]
    for name in names:
        parts += [struct.pack('<Q', len(name.encode())), name.encode()]
    return b''.join(parts)


def some_arrays():
    rng = np.random.default_rng(0)
    arrays = {
        'arg:conv_weight': rng.normal(size=(4, 3, 1, 2)),
        'aux:bn_moving_mean': rng.normal(size=7),
        'arg:empty': rng.normal(size=(0, 3)),
        'arg:größe': rng.normal(size=(2, 5)),
    }
    return {name: value.astype(np.float32) for name, value in arrays.items()}


@pytest.mark.parametrize('version', ['legacy', 1, 2, 3])
def test_every_version_is_read_back(tmp_path, version):
    arrays = some_arrays()
    path = tmp_path / 'net.params'
    path.write_bytes(file_bytes([array_bytes(value, version) for value in arrays.values()], arrays))
    found = read_params(path)
    assert list(found) == list(arrays)
    for name, value in arrays.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize('kind', FLAGS)
def test_every_type(tmp_path, kind):
    array = np.array([[0, 1, 3], [7, 100, 1]]).astype(kind)
    path = tmp_path / 'net.params'
    path.write_bytes(file_bytes([array_bytes(array, 2, (2, 5))], ['x']))
    assert read_params(path)['x'].dtype == array.dtype
    np.testing.assert_array_equal(read_params(path)['x'], array)


@pytest.mark.parametrize(
    'head',
    [
        struct.pack('<I', 0),  # legacy: no sides
        struct.pack('<Ii', 0xF993FAC8, 0),
        struct.pack('<Iii', 0xF993FAC9, 0, 0),
        struct.pack('<Iii', 0xF993FACA, 0, -1),
    ],
)
def test_an_array_of_nothing_ends_after_its_shape(tmp_path, head):
    after = np.arange(3, dtype=np.float32)
    path = tmp_path / 'net.params'
    path.write_bytes(file_bytes([head, array_bytes(after, 2)], ['a', 'b']))
    found = read_params(path)
    assert found['a'].size == 0
    np.testing.assert_array_equal(found['b'], after)


def test_a_number_in_the_newest_version(tmp_path):
    path = tmp_path / 'net.params'
    number = np.array(2.5, dtype=np.float32)
    path.write_bytes(file_bytes([array_bytes(number, 3)], ['x']))
    assert read_params(path)['x'].shape == ()
    assert read_params(path)['x'] == 2.5


def test_a_file_cut_anywhere_is_refused_in_one_line(tmp_path):
    arrays = some_arrays()
    whole = file_bytes([array_bytes(value, 2) for value in arrays.values()], arrays)
    path = tmp_path / 'net.params'
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError) as caught:
            read_params(path)
        assert str(path) in str(caught.value)
        assert '\n' not in str(caught.value)


ARRAY = array_bytes(np.zeros(2, np.float32), 2)


@pytest.mark.parametrize(
    'content, message',
    [
        (b'', 'not a .params file'),
        (b'PK\x03\x04' + bytes(100), 'not a .params file'),
        (file_bytes([ARRAY], ['x']) + b'1', '1 bytes follow'),
        (file_bytes([ARRAY], []), '1 arrays and 0 names'),
        (file_bytes([ARRAY, ARRAY], ['x', 'x']), '2 arrays and 1 names'),
        (file_bytes([struct.pack('<Ii', 0xF993FAC9, 1) + ARRAY], ['x']), 'sparse array'),
        (file_bytes([struct.pack('<I', 0xF993FACB) + ARRAY], ['x']), 'begins with 0xf993facb'),
        (file_bytes([struct.pack('<Iiiqiii', 0xF993FAC9, 0, 1, 2, 1, 0, 12)], ['x']), 'of type 12'),
        (file_bytes([struct.pack('<Iiiq', 0xF993FAC9, 0, 1, -2) + ARRAY], ['x']), 'shape'),
        (
            file_bytes([struct.pack('<Iiiqiii', 0xF993FAC9, 0, 1, 1 << 60, 1, 0, 0)], ['x']),
            'truncated',
        ),
        (struct.pack('<QQQ', 0x112, 0, 1 << 62), 'truncated'),
        (file_bytes([ARRAY], ['x'])[:-1] + b'\xff', 'not text'),
    ],
)
def test_what_is_not_read_says_why(tmp_path, content, message):
    path = tmp_path / 'net.params'
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        read_params(path)
    assert str(path) in str(caught.value) and '\n' not in str(caught.value)


def test_no_such_file(tmp_path):
    with pytest.raises(UserError, match='none.params: no such file'):
        read_params(tmp_path / 'none.params')
