import io

import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, read_cam, write_cam
from ppl_mm.formats.export_folder import ExportFolder


def make(n=2, h=5, w=7, size=(20, 28)):
    rng = np.random.default_rng(0)
    return CamFile(np.arange(n)[::-1], rng.random((n, h, w)), size)


def test_what_is_written_is_read(tmp_path):
    path = ExportFolder(tmp_path).cam_path('a')
    assert path == tmp_path / 'cams' / 'a.npz'
    cam_file = make()
    write_cam(path, cam_file)
    back = read_cam(path)
    assert back.class_ids.dtype == np.int16 and back.cam.dtype == np.float16
    np.testing.assert_array_equal(back.class_ids, [1, 0])
    np.testing.assert_array_equal(back.cam, cam_file.cam)
    assert back.size == (20, 28) and back.normalized is True


def test_an_image_without_classes(tmp_path):
    write_cam(tmp_path / 'a.npz', CamFile([], np.zeros((0, 5, 7)), (20, 28)))
    back = read_cam(tmp_path / 'a.npz')
    assert back.cam.shape == (0, 5, 7) and back.class_ids.shape == (0,)


def test_the_file_keeps_the_promised_arrays(tmp_path):
    write_cam(tmp_path / 'a.npz', make())
    with np.load(tmp_path / 'a.npz', allow_pickle=False) as arrays:
        kinds = {k: (arrays[k].dtype.str, arrays[k].shape) for k in arrays}
    assert kinds == dict(
        class_ids=('<i2', (2,)), cam=('<f2', (2, 5, 7)), size=('<i4', (2,)), normalized=('|b1', ())
    )


def test_equal_maps_give_equal_bytes(tmp_path, monkeypatch):
    write_cam(tmp_path / 'a.npz', make())
    monkeypatch.setattr('time.time', lambda: 2e9)
    write_cam(tmp_path / 'b.npz', make())
    assert (tmp_path / 'a.npz').read_bytes() == (tmp_path / 'b.npz').read_bytes()


@pytest.mark.parametrize(
    'fields, message',
    [
        (dict(class_ids=[0, 1, 2]), 'need a cam of shape'),
        (dict(cam=np.zeros((2, 3))), 'need a cam of shape'),
        (dict(cam=np.zeros((2, 0, 3))), 'no pixels'),
        (dict(size=(4,)), r'\(H, W\)'),
        (dict(size=(0, 4)), r'\(H, W\)'),
        (dict(class_ids=[3, 3]), 'twice'),
        (dict(class_ids=[-1, 3]), 'not all in'),
        (dict(class_ids=[254, 3]), 'not all in'),
        (dict(cam=np.full((2, 3, 4), np.nan)), 'not finite'),
        (dict(cam=np.full((2, 3, 4), 7e4), normalized=False), 'not finite'),
        (dict(cam=np.full((2, 3, 4), 1.5)), 'says that it is normalized'),
        (dict(cam=np.full((2, 3, 4), -0.1)), 'says that it is normalized'),
        (dict(class_ids=[0, 70_000]), 'not all in'),
        (dict(class_ids=[0.5, 3]), 'must be integers'),
        (dict(class_ids=[[0, 3]]), 'must have the shape'),
        (dict(cam=np.zeros((2, 3, 4), complex)), 'must be real numbers'),
        (dict(normalized='no'), 'true or false'),
        (dict(scale=[1]), 'scale must be 2 real numbers'),
        (dict(scale=[1, -1]), 'scale must be finite and 0 or more'),
        (dict(score=[1, np.inf]), 'score must be finite and 0 or more'),
    ],
)
def test_fields_that_do_not_fit(fields, message):
    good = dict(class_ids=[0, 3], cam=np.zeros((2, 3, 4)), size=(6, 8))
    CamFile(**good)
    with pytest.raises(ValueError, match=message):
        CamFile(**{**good, **fields})


def test_strength_is_kept_where_it_is_known(tmp_path):
    cam_file = CamFile([3, 0], np.ones((2, 1, 1)), (4, 4), scale=[12.5, 0], score=[0.9, 0.1])
    write_cam(tmp_path / 'a.npz', cam_file)
    back = read_cam(tmp_path / 'a.npz')
    assert back.scale.dtype == back.score.dtype == np.float32
    np.testing.assert_array_equal(back.scale, np.float32([12.5, 0]))
    np.testing.assert_array_equal(back.score, np.float32([0.9, 0.1]))
    write_cam(tmp_path / 'old.npz', make())
    assert read_cam(tmp_path / 'old.npz').scale is None is read_cam(tmp_path / 'old.npz').score


@pytest.mark.parametrize('as_sample', [dict, lambda fields: DataSample(metainfo=fields)])
def test_the_maps_of_a_sample(as_sample):
    fields = dict(
        class_ids=torch.tensor([2, 0]),
        cam=torch.tensor([[[0.1]], [[1.0]]], dtype=torch.bfloat16, requires_grad=True),
        ori_shape=(8, 12, 3),
    )
    plain = CamFile.from_sample(as_sample(fields))
    assert plain.class_ids.tolist() == [2, 0] and plain.size == (8, 12) and plain.scale is None
    assert plain.cam.dtype == np.float16 and plain.cam[1, 0, 0] == 1
    strong = dict(fields, cam_scale=torch.tensor([3.0, 4.0]), cam_score=torch.tensor([0.5, 1.0]))
    made = CamFile.from_sample(as_sample(strong))
    assert made.scale.tolist() == [3, 4] and made.score.tolist() == [0.5, 1]


def test_raw_maps_may_exceed_one():
    assert CamFile([0], [[[3.0]]], (2, 2), normalized=False).cam.max() == 3


def written(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


FIT = dict(
    class_ids=np.zeros(1, np.int16),
    cam=np.zeros((1, 2, 2), np.float16),
    size=np.array([4, 4], np.int32),
    normalized=np.array(True),
)


@pytest.mark.parametrize(
    'data, message',
    [
        (b'PK\x03\x04 half a zip', 'not a readable CAM file'),
        (written(x=np.zeros(2)), "has no 'class_ids'"),
        (written(**{**FIT, 'cam': np.array([object()])}), 'not a readable'),
        (written(**{**FIT, 'cam': np.array(['a'])}), 'export it again'),
        (written(**{**FIT, 'class_ids': np.array([65536])}), 'not all in 0..253'),
        (written(**{**FIT, 'class_ids': np.array([True])}), 'class_ids must be integers'),
        (written(**{**FIT, 'size': np.array(3)}), 'export it again'),
        (written(**{**FIT, 'size': np.array([4.5, 4])}), r'\(H, W\) in pixels'),
        (written(**{**FIT, 'normalized': np.zeros(2)}), 'normalized must be true or false'),
        (written(**{**FIT, 'normalized': np.array(2)}), 'normalized must be true or false'),
        (written(**FIT, scale=np.zeros(2)), 'scale must be 1 real numbers'),
        (written(**FIT, score=np.array(['a'])), 'score must be 1 real numbers'),
    ],
)
def test_a_bad_file_is_one_line_that_names_it(tmp_path, data, message):
    (tmp_path / 'bad.npz').write_bytes(data)
    with pytest.raises(UserError, match=message) as error:
        read_cam(tmp_path / 'bad.npz')
    assert 'bad.npz' in str(error.value) and '\n' not in str(error.value)
