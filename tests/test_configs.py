"""Every classification config loads, builds and does a forward pass."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope

CONFIGS = Path(__file__).parents[1] / 'configs'
CLASSIFIERS = sorted(CONFIGS.glob('[!_]*/cls_*.py'))


@pytest.mark.parametrize(
    'path', CLASSIFIERS, ids=lambda p: f'{p.parent.name}/{p.stem}')
def test_it_builds_and_gives_a_score_for_each_class(path):
    cfg = Config.fromfile(path)
    init_default_scope(cfg.default_scope)
    cfg.model.backbone.pop('init_cfg', None)  # nothing is downloaded
    model = MODELS.build(cfg.model).eval()
    with torch.no_grad():
        logits = model(torch.rand(1, 3, 96, 80))
    assert logits.shape == (1, cfg.model.head.num_classes)
    assert logits.isfinite().all()


def test_the_configs_that_the_readme_promises_are_there():
    names = {f'{p.parent.name}/{p.stem}' for p in CLASSIFIERS}
    assert {'baseline/cls_cam', 'ppl/cls_explicit', 'ppl/cls_progressive',
            'ppl/cls_stage1', 'ppl/cls_stage2', 'ppl/cls_stage3'} <= names


def stages_of(cfg):
    """The stages that a config trains, one after another or together."""
    for hook in cfg.get('custom_hooks', []):
        if hook.type == 'ppl_mm.ProgressiveStageHook':
            assert sum(s.epochs for s in hook.stages) == (
                cfg.train_cfg.max_epochs)
            return hook.stages
    return cfg.train_cfg.get('stages', [])


@pytest.mark.parametrize(
    'path', CLASSIFIERS, ids=lambda p: f'{p.parent.name}/{p.stem}')
def test_its_crop_is_large_enough_for_every_stage(path):
    cfg = Config.fromfile(path)
    init_default_scope(cfg.default_scope)
    cfg.model.backbone.pop('init_cfg', None)
    model = MODELS.build(cfg.model).to('meta').train()  # shapes are enough
    crop, = (step.crop_size for step in cfg.train_dataloader.dataset.pipeline
             if 'crop_size' in step)
    images = torch.empty(2, 3, crop, crop, device='meta')
    model(images)
    stages = stages_of(cfg)
    for stage in stages:
        model.neck.set_stage(stage.position, stage.grid)
        model(images)
    if stages:  # from low to high blocks, the first one as in the model
        positions = [stage.position for stage in stages]
        assert positions == sorted(set(positions))
        assert (stages[0].position, stages[0].grid) == (
            cfg.model.neck.position, cfg.model.neck.grid)


@pytest.mark.parametrize(
    'path', CLASSIFIERS, ids=lambda p: f'{p.parent.name}/{p.stem}')
def test_it_states_its_batch_and_no_score_chooses_a_checkpoint(path):
    cfg = Config.fromfile(path)
    assert cfg.auto_scale_lr.base_batch_size == cfg.train_dataloader.batch_size
    assert 'save_best' not in cfg.default_hooks.checkpoint
    assert not cfg.train_dataloader.get('persistent_workers')
    hooks = {hook.type for hook in cfg.default_hooks.values()}
    assert hooks >= {'ppl_mm.StageCheckpointHook', 'ppl_mm.ReseedHook',
                     'ppl_mm.PlainCheckpointHook', 'ppl_mm.ClassListHook'}


def test_each_stage_starts_from_the_one_before():
    starts = [Config.fromfile(CONFIGS / f'ppl/cls_stage{k}.py').load_from
              for k in (1, 2, 3)]
    assert starts == [None, 'work_dirs/cls_stage1', 'work_dirs/cls_stage2']


def test_each_name_stands_for_one_config():
    """``mim`` finds a config by its file's name alone, in any folder."""
    names = [p.name for p in CONFIGS.glob('[!_]*/*.py')
             if p.name != 'pipeline.py']
    assert len(names) == len(set(names))
