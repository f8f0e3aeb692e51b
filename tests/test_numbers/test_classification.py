"""The mAP that tools/test.py prints, and scale and score of the maps of an image."""

import json
import pickle
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from ppl_mm.formats.cam_file import read_cam
from ppl_mm.models.cam_tta import CAMTTAModel
from ppl_mm.models.segmentation.map_tta import SegMapTTAModel


def precision_of(scores, present):
    """Average precision: the mean, over the images of a class, of the precision at their ranks."""
    ranked = present[np.argsort(-scores, kind='stable')]
    return np.mean([ranked[: k + 1].mean() for k in np.flatnonzero(ranked)])


def test_the_map_of_the_test_command(printed, tiny_config, trained):
    text = printed('test', tiny_config, trained, '--work-dir', 'work', '--out', 'scores.pkl',
                   '--cfg-options', 'log_level=INFO')  # fmt: skip
    samples = pickle.loads(Path('scores.pkl').read_bytes())
    scores = np.stack([sample['pred_score'].numpy() for sample in samples])
    present = np.zeros_like(scores, dtype=bool)
    for row, sample in zip(present, samples, strict=True):
        row[sample['gt_label'].numpy()] = True
    shown = present.any(axis=0)
    expected = np.mean([precision_of(scores[:, k], present[:, k]) for k in np.flatnonzero(shown)])
    (written,) = Path('work').glob('*/*.json')
    assert json.loads(written.read_text())['multi-label/mAP'] == pytest.approx(100 * expected)
    (value,) = re.findall(r'multi-label/mAP: ([\d.]+)', text)
    assert float(value) == pytest.approx(100 * expected, abs=1e-3)


@pytest.fixture
def views():
    """Two views of an image at its own size, the second flipped; logits of three classes."""
    generator = torch.Generator().manual_seed(5)
    found = []
    for flip in (False, True):
        sample = DataSample(metainfo=dict(ori_shape=(6, 8), flip=flip, flip_direction='horizontal'))
        sample.set_pred_score(torch.rand(3, generator=generator))
        sample.set_gt_label([0, 2])
        sample.set_field(torch.randn(3, 6, 8, generator=generator) * 4, 'cam')
        found.append(sample)
    return found


def merged(views, softmax):
    model = SimpleNamespace(data_preprocessor=SimpleNamespace(), head=SimpleNamespace(thr=0.5))
    tta = CAMTTAModel.__new__(CAMTTAModel)
    torch.nn.Module.__init__(tta)
    tta.__dict__.update(
        classes='labels',
        cam_stride=1,
        relu='average',
        softmax=softmax,
        module=model,
        full_scale=None,
    )
    (result,) = tta.merge_preds([views])
    return result


@pytest.mark.parametrize('softmax', [False, True])
def test_scale_and_score_of_merged_views(views, softmax):
    maps = []
    for view in views:
        cam = view.cam.numpy().astype(float)
        if softmax:  # of the image's own classes and a background of logit 0
            cam = np.exp(cam) / (1 + np.exp(cam[[0, 2]]).sum(axis=0))
        maps.append(cam[..., ::-1] if view.flip else cam)
    mean = np.mean(maps, axis=0)[[0, 2]]
    scale = np.maximum(mean.max(axis=(1, 2)), 0)
    found = merged(views, softmax)
    assert found.cam_scale.numpy() == pytest.approx(scale, rel=1e-5)
    score = np.mean([view.pred_score.numpy() for view in views], axis=0)
    assert found.cam_score.numpy() == pytest.approx(score[[0, 2]], rel=1e-6)
    # Times its scale a map has its unit again: the classifier's logits, or probabilities.
    again = found.cam.numpy() * scale[:, None, None]
    assert again == pytest.approx(np.maximum(mean, 0), abs=1e-5)


def test_a_map_without_evidence_has_a_scale_of_0(views):
    for view in views:
        view.set_field(-view.cam.abs(), 'cam')
    found = merged(views, softmax=False)
    assert found.cam_scale.tolist() == [0, 0] and not found.cam.any()


@pytest.mark.parametrize(
    'model, settings, unit',
    [
        (CAMTTAModel, {}, 'logit'),
        (CAMTTAModel, dict(softmax=False), 'logit'),
        (CAMTTAModel, dict(softmax=True), 'probability'),
        (SegMapTTAModel, {}, 'probability'),
    ],
)
def test_the_unit_of_a_scale(model, settings, unit):
    assert model.scale_unit(settings) == unit


def test_scale_and_score_of_exported_files(printed, tiny_config, trained, demo_root):
    printed('export_cam', tiny_config, trained, '--out-dir', 'out', '--split', 'val')
    record = json.loads(Path('out/export.json').read_text())
    printed('test', tiny_config, trained, '--work-dir', 'work', '--out', 'scores.pkl', '--tta')
    samples = pickle.loads(Path('scores.pkl').read_bytes())
    assert record['scale_unit'] == 'logit' and len(samples) == 4
    for sample in samples:
        cam_file = read_cam(f'out/cams/{Path(sample["img_path"]).stem}.npz')
        expected = sample['pred_score'].numpy()[cam_file.class_ids]
        assert cam_file.score == pytest.approx(expected, abs=1e-5)
        assert cam_file.scale == pytest.approx(sample['cam_scale'].numpy(), abs=1e-4)
        strongest = cam_file.cam.max(axis=(1, 2))
        assert strongest == pytest.approx((cam_file.scale > 0).astype(float))
