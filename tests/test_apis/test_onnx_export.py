import json

import numpy as np
import pytest
import torch
from mmcv.transforms import Resize
from mmengine.config import Config

from ppl_mm.apis import SegInferencer
from ppl_mm.apis.onnx_export import agreement, export_onnx
from ppl_mm.apis.onnx_resize import OpenCVResize

HOW = 'pip install "ppl_mm[onnx]"'
pytest.importorskip('onnx', reason=HOW)
onnxruntime = pytest.importorskip('onnxruntime', reason=HOW)

RESIZES = {
    'own': [dict(type='Resize', scale=(96, 96), keep_ratio=True)],
    'long and short': [dict(type='Resize', scale=(120, 70), keep_ratio=True)],
    'fixed': [dict(type='Resize', scale=(80, 64))],
    'none': [],
}


@pytest.fixture
def photos():
    """Photographs of many sizes, smooth as such are, RGB."""
    rng = np.random.default_rng(0)
    sizes = [(48, 64), (200, 120), (33, 57), (64, 64), (301, 97)]
    return [_smooth(rng, *size) for size in sizes]


def _smooth(rng, height, width):
    import cv2

    coarse = rng.integers(0, 256, (6, 6, 3)).astype(np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize(
    'scale, keep_ratio', [((512, 512), True), ((90, 70), True), ((80, 64), False)]
)
def test_images_are_resized_as_mmcv_does(photos, scale, keep_ratio):
    resize, other = OpenCVResize(scale, keep_ratio), Resize(scale, keep_ratio=keep_ratio)
    for photo in photos:
        found = resize(torch.from_numpy(photo).permute(2, 0, 1)[None])[0].permute(1, 2, 0)
        wanted = other(dict(img=photo))['img'].astype(int)
        assert found.shape == wanted.shape
        assert np.abs(found.numpy() - wanted).max() <= 1
        assert np.mean(found.numpy() == wanted) > 0.98


@pytest.mark.parametrize('name', RESIZES)
def test_onnxruntime_gives_the_same_labels(seg_work, photos, tmp_path, name):
    cfg = Config.fromfile(seg_work / 'tiny_seg.py')
    load, *_, pack = cfg.test_dataloader.dataset.pipeline
    cfg.test_dataloader.dataset.pipeline = [load, *RESIZES[name], pack]
    infer = SegInferencer(cfg, seg_work, device='cpu')
    export_onnx(infer, tmp_path / 'net.onnx')
    labels = [found['label'] for found in infer(photos)['predictions']]
    assert len(np.unique(np.concatenate([label.ravel() for label in labels]))) > 1
    assert agreement(infer, tmp_path / 'net.onnx', photos) >= 0.999
    session = onnxruntime.InferenceSession(tmp_path / 'net.onnx')
    batch = np.stack([photos[0], photos[0][::-1]])
    (label,) = session.run(['label'], {'image': batch})
    assert label.shape == (2, 48, 64) and label.dtype == np.uint8
    meta = session.get_modelmeta().custom_metadata_map
    assert json.loads(meta['classes']) == infer.label_names
