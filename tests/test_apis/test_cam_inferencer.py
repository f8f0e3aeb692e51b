from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.structures import DataSample
from numpy.testing import assert_allclose

from ppl_mm.apis import CAMInferencer
from ppl_mm.apis.export import CAMExport
from ppl_mm.cams.threshold_choice import ThresholdChoice
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.export_record import read_record
from ppl_mm.formats.mask_file import read_mask


def test_it_finds_what_an_export_writes(infer, photos, tiny_config, checkpoint, tmp_path):
    cfg = Config.fromfile(tiny_config)
    cfg.tta_model.classes = 'predicted'
    export = CAMExport(cfg, f'{checkpoint}/epoch_1.pth', tmp_path / 'out')
    export.run('val')
    predictions = infer(photos)['predictions']
    assert len(predictions) == 4
    for name, found in zip(photos, predictions, strict=True):
        stem = name.rsplit('/')[-1].split('.')[0]
        cam = read_cam(tmp_path / f'out/cams/{stem}.npz')
        assert found['classes'] == [infer.class_names[k] for k in cam.class_ids]
        assert_allclose(found['cam'], cam.cam, atol=1e-3)  # float16 there
        assert found['label'].shape == found['size'] == (48, 48)


def dimmed_export(tiny_config, checkpoint, out):
    """An export whose weak maps were dimmed."""
    cfg = Config.fromfile(tiny_config)
    cfg.tta_model.update(classes='predicted', full_scale=[1e-3, 10.0, 1e3, 0.1])
    CAMExport(cfg, f'{checkpoint}/epoch_1.pth', out).run('val', ThresholdChoice(0.02))
    return out / 'export.json'


def test_it_follows_an_export(photos, tiny_config, checkpoint, tmp_path):
    record = dimmed_export(tiny_config, checkpoint, tmp_path / 'out')
    config = Config.fromfile(tiny_config)
    follower = CAMInferencer(config, checkpoint, device='cpu', export=record)
    assert follower.usual_threshold == 0.02
    assert 'full_scale' not in config.tta_model
    for name, found in zip(photos, follower(photos)['predictions'], strict=True):
        label = read_mask(tmp_path / 'out/labels' / f'{Path(name).stem}.png')
        assert np.array_equal(found['label'], label)
    # What a person names is there, so its map is not dimmed.
    named = [found['cam'].max() for found in follower(photos, classes=['toma'])['predictions']]
    assert min(named) == 1


def test_an_export_that_cannot_be_followed(tiny_config, checkpoint, tmp_path):
    path = dimmed_export(tiny_config, checkpoint, tmp_path / 'out')
    record = read_record(path)
    replace(record, checkpoint_sha256='other').write(path)
    with pytest.raises(UserError, match='weighs the maps of .*; export again, or give a number'):
        CAMInferencer(str(tiny_config), checkpoint, export=path)
    replace(record, threshold=None).write(path)
    with pytest.raises(UserError, match='not finished'):
        CAMInferencer(str(tiny_config), checkpoint, export=path)


def test_classes_that_are_given_are_found(infer, photos):
    (found,) = infer(photos[0], classes=['fep', 'wug'])['predictions']
    assert sorted(found['classes']) == ['fep', 'wug']
    assert set(np.unique(found['label'])) <= {
        0,
        *(infer.class_names.index(name) + 1 for name in ('fep', 'wug')),
    }
    # And are forgotten for the next photo.
    scores = infer(photos[0])['predictions'][0]
    assert (
        scores['classes'] == [name for name, score in scores['scores'].items() if score >= 0.5]
        or len(scores['classes']) == 1
    )


def test_the_threshold_cuts(infer, photos):
    def label(threshold):
        return infer(photos[0], threshold=threshold)['predictions'][0]['label']

    assert (label(0.1) > 0).sum() > (label(0.9) > 0).sum()
    assert not label(1.0).any()
    # IRN's, where nothing is said.
    assert np.array_equal(label(None), label(0.15))


@pytest.mark.parametrize('softmax, share', [(False, 0.85), (True, 0.5)])
def test_probabilities_are_cut_in_the_middle(tiny_config, checkpoint, softmax, share):
    cfg = Config.fromfile(tiny_config)
    cfg.tta_model.softmax = softmax
    infer = CAMInferencer(cfg, checkpoint, device='cpu')
    sample = DataSample(metainfo=dict(ori_shape=(1, 100)))
    sample.set_pred_score(torch.zeros(4))
    sample.class_ids = torch.tensor([2])
    sample.set_field(torch.arange(100.0)[None, None] / 100, 'cam')
    (found,) = infer.postprocess([sample], None)['predictions']
    assert np.mean(found['label'] == 3) == pytest.approx(share, abs=0.011)


def test_labels_are_drawn_over_the_photo(infer, photos):
    nothing = infer(photos[:2], draw=True, threshold=1.0)['visualization']
    drawn = infer(photos[:2], draw=True, threshold=0.0)['visualization']
    assert [one.shape for one in drawn] == [(48, 48, 3)] * 2
    assert not np.array_equal(nothing[0], drawn[0])
    assert infer(photos[0])['visualization'] is None


def test_samples_on_demand(infer, photos):
    (sample,) = infer(photos[0], return_datasamples=True)['predictions']
    assert isinstance(sample.cam, torch.Tensor)


def test_what_cannot_be_done_is_said(infer, photos, tiny_config, checkpoint, tmp_path):
    with pytest.raises(UserError, match="class 'cat' is unknown; known are"):
        infer(photos[0], classes=['cat'])
    (tmp_path / 'photo.jpg').write_bytes(b'no photo')
    with pytest.raises(UserError, match='photo.jpg'):
        infer(str(tmp_path / 'photo.jpg'))
    with pytest.raises(UserError, match='none.py: no such config'):
        CAMInferencer('none.py', checkpoint)
    with pytest.raises(UserError, match='no checkpoint is there'):
        CAMInferencer(str(tiny_config), tmp_path / 'none')
    cfg = Config.fromfile(tiny_config)
    cfg.tta_model = None
    with pytest.raises(UserError, match='no tta_model'):
        CAMInferencer(cfg, checkpoint)
    cfg = Config.fromfile(tiny_config)
    cfg.model.head.num_classes = 7
    with pytest.raises(UserError, match='head'):
        CAMInferencer(cfg, checkpoint)
