import io
import os
import struct
import threading
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppl_mm.errors import UserError
from ppl_mm.formats.npz_file import MAX_BYTES, read_npz


def read(path, *optional):
    return read_npz(path, 'CAM file', ['cam'], optional)


def header(shape, dtype):
    """An npy that ends behind its header."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, dict(descr=np.dtype(dtype).str, fortran_order=False, shape=shape)
    )
    return file.getvalue()


def write_zip(path, **members):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f'{name}.npy', content)


def refusal(path):
    with pytest.raises(UserError) as caught:
        read(path)
    line = str(caught.value)
    assert line.startswith(f'{path}: ') and '\n' not in line
    return line


def test_arrays_are_read_by_name_and_others_are_not_touched(tmp_path):
    np.savez(tmp_path / 'a.npz', cam=np.arange(3), more=np.ones(2), pickle=np.array([object()]))
    found = read(tmp_path / 'a.npz', 'more', 'none')
    assert found.keys() == {'cam', 'more'} and found['cam'].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    'shape, dtype',
    [((20, 9000, 15000), 'f2'), ((10**18, 10**18), 'f8'), ((2**31,), 'u1'), ((2, 1), f'U{2**28}')],
)
def test_what_unpacks_to_gigabytes_is_refused_by_its_header(tmp_path, shape, dtype):
    write_zip(tmp_path / 'a.npz', cam=header(shape, dtype))
    assert 'bytes of memory' in refusal(tmp_path / 'a.npz')


def test_arrays_are_counted_together(tmp_path):
    half = header((MAX_BYTES // 2 + 1,), 'u1')
    write_zip(tmp_path / 'a.npz', cam=half, more=half)
    with pytest.raises(UserError, match='bytes of memory'):
        read(tmp_path / 'a.npz', 'more')


def test_a_pickle_is_not_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'ran'),)

    np.savez(tmp_path / 'a.npz', cam=np.array([Bomb()]))
    assert 'Python objects' in refusal(tmp_path / 'a.npz')
    (tmp_path / 'b.npz').write_bytes(b'\x80\x04K\x01.')
    refusal(tmp_path / 'b.npz')
    assert not (tmp_path / 'ran').exists()


def test_a_flipped_byte_is_seen_in_every_place(tmp_path):
    path = tmp_path / 'a.npz'
    np.savez(path, cam=np.arange(40, dtype=np.int16))
    whole = path.read_bytes()
    begin = whole.index(b'\x93NUMPY') + 128  # the data, behind the header
    for place in range(begin, begin + 80):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert 'CRC' in refusal(path)


def test_what_is_no_file_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / 'pipe.npz')
    done = []
    thread = threading.Thread(target=lambda: done.append(refusal(tmp_path / 'pipe.npz')))
    thread.daemon = True
    thread.start()
    thread.join(5)
    assert done and 'not a regular file' in done[0]
    assert 'not a regular file' in refusal(tmp_path)
    assert 'no such CAM file' in refusal(tmp_path / 'none.npz')


@settings(max_examples=150, deadline=None)
@given(places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), min_size=1, max_size=4))
def test_damage_of_any_kind_is_one_line_or_nothing(tmp_path_factory, places):
    path = tmp_path_factory.mktemp('fuzz') / 'a.npz'
    np.savez_compressed(path, cam=np.arange(60, dtype=np.float16))
    data = bytearray(path.read_bytes())
    for place, change in places:
        data[int(place * len(data))] ^= change
    path.write_bytes(bytes(data))
    try:
        found = read(path)
    except UserError as error:
        assert str(path) in str(error) and '\n' not in str(error)
    else:  # a byte that says nothing, as a time stamp
        assert found['cam'].tolist() == list(range(60))


@settings(max_examples=60, deadline=None)
@given(end=st.floats(0, 1))
def test_a_file_cut_anywhere_is_one_line(tmp_path_factory, end):
    path = tmp_path_factory.mktemp('cut') / 'a.npz'
    np.savez(path, cam=np.arange(60, dtype=np.float16))
    data = path.read_bytes()
    path.write_bytes(data[: int(end * (len(data) - 1))])
    refusal(path)


def test_unknown_versions_of_npy_are_refused(tmp_path):
    content = b'\x93NUMPY\x09\x00' + struct.pack('<H', 2) + b'{}'
    write_zip(tmp_path / 'a.npz', cam=content)
    assert 'version' in refusal(tmp_path / 'a.npz')
