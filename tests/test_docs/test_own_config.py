"""The config of docs/own_config.md is a classifier, and its stages are cuts of it."""

import re

import torch
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS

from ppl_mm.utils.config.reading import read_config


def test_the_config_of_the_page_is_a_classifier_with_stages(pages, root, tmp_path):
    (text,) = re.findall(r'```python\n(.*?)```', pages['docs/own_config.md'], re.DOTALL)
    path = tmp_path / 'my_ppl.py'
    path.write_text(text.replace("'configs/", f"'{root}/configs/"), encoding='utf-8')
    cfg = read_config(path)
    init_default_scope('mmpretrain')
    model = MODELS.build({**cfg.model, 'backbone': {**cfg.model.backbone, 'init_cfg': None}}).eval()
    (hook,) = cfg.custom_hooks
    assert sum(stage.epochs for stage in hook.stages) == cfg.train_cfg.max_epochs
    for stage in hook.stages:
        model.neck.set_stage(stage.position, stage.grid)
        with torch.no_grad():
            assert model(torch.rand(1, 3, 64, 64)).shape == (1, 20)
