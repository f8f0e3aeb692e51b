"""Every classification config that is shipped, at its full width."""

import copy
import re
from contextlib import nullcontext
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, init_default_scope

CONFIGS = Path(__file__).parents[2] / 'configs'
CLASSIFIERS = sorted(
    {*CONFIGS.glob('[!_]*/cls_*.py'), *CONFIGS.glob('baseline/*.py'), *CONFIGS.glob('ppl/*.py')}
)
every_classifier = pytest.mark.parametrize(
    'path', CLASSIFIERS, ids=lambda p: f'{p.parent.name}/{p.stem}'
)


@cache
def _load(path):
    return Config.fromfile(path)


def load(path):
    return copy.deepcopy(_load(path))


def build(cfg):
    """The model without its weights' values: shapes are enough."""
    init_default_scope(cfg.default_scope)
    cfg.model.backbone.pop('init_cfg', None)  # nothing is downloaded
    # 105 million weights take time to draw; mmpretrain's ResNet needs values.
    wide = 'ResNet38d' in cfg.model.backbone.type
    with torch.device('meta') if wide else nullcontext():
        return MODELS.build(cfg.model).to('meta')


def stages_of(cfg):
    """The stages that a config trains, one after another or together."""
    for hook in cfg.get('custom_hooks', []):
        if hook.type == 'ppl_mm.ProgressiveStageHook':
            assert sum(s.epochs for s in hook.stages) == (cfg.train_cfg.max_epochs)
            return hook.stages
    return cfg.train_cfg.get('stages', [])


def crop_of(cfg):
    (size,) = (
        step.crop_size for step in cfg.train_dataloader.dataset.pipeline if 'crop_size' in step
    )
    return size


@every_classifier
def test_it_gives_a_score_for_each_class_at_every_stage(path):
    cfg = load(path)
    model = build(cfg).train()
    images = torch.empty(2, 3, crop_of(cfg), crop_of(cfg), device='meta')
    assert model(images).shape == (2, cfg.model.head.num_classes)
    stages = stages_of(cfg)
    for stage in stages:
        model.neck.set_stage(stage.position, stage.grid)
        assert model(images).shape == (2, cfg.model.head.num_classes)
    if stages:  # from low to high blocks, the first one as in the model
        positions = [stage.position for stage in stages]
        assert positions == sorted(set(positions))
        assert (stages[0].position, stages[0].grid) == (
            cfg.model.neck.position,
            cfg.model.neck.grid,
        )


@every_classifier
def test_it_states_its_batch_and_no_score_chooses_a_checkpoint(path):
    cfg = load(path)
    assert cfg.auto_scale_lr.base_batch_size in (
        cfg.train_dataloader.batch_size,
        4 * cfg.train_dataloader.batch_size,
    )
    assert 'save_best' not in cfg.default_hooks.checkpoint
    assert not cfg.train_dataloader.get('persistent_workers')
    hooks = {hook.type for hook in cfg.default_hooks.values()}
    assert hooks >= {
        'ppl_mm.StageCheckpointHook',
        'ppl_mm.ReseedHook',
        'ppl_mm.PlainCheckpointHook',
        'ppl_mm.ClassListHook',
    }


@every_classifier
def test_its_momentum_is_written_down(path):
    optimizer = load(path).optim_wrapper.optimizer
    assert optimizer.type != 'SGD' or 'momentum' in optimizer


NAME = re.compile(
    r'(?P<algorithm>[\w-]+)_(?P<backbone>resnet\w+)_'
    r'(?P<gpus>\d)xb(?P<batch>\d)-(?P<epochs>\d+)e_'
    r'(?P<data>voc12aug|coco14)-(?P<crop>\d+)x(?P=crop)$'
)
#: What the promised short names stand for, as OpenMMLab would name it.
SHORT = {
    'cls_cam': 'cam_resnet38d_4xb2-8e_voc12aug-448x448',
    'cls_stage1': 'ppl-stage1_resnet38d_4xb2-8e_voc12aug-448x448',
    'cls_stage2': 'ppl-stage2_resnet38d_4xb2-8e_voc12aug-448x448',
    'cls_stage3': 'ppl-stage3_resnet38d_4xb2-8e_voc12aug-448x448',
    'cls_progressive': 'ppl-progressive_resnet38d_4xb2-24e_voc12aug-448x448',
    'cls_explicit': 'ppl-explicit_resnet38d_4xb2-8e_voc12aug-448x448',
}
RECIPES = [path for path in CLASSIFIERS if path.parent.name in ('baseline', 'ppl')]


def name_of(path):
    return NAME.match(SHORT.get(path.stem, path.stem))


@pytest.mark.parametrize('path', RECIPES, ids=lambda p: p.stem)
def test_its_name_says_what_it_does(path):
    cfg, name = load(path), name_of(path)
    gpus, batch = int(name['gpus']), int(name['batch'])
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == gpus * batch
    assert cfg.train_cfg.max_epochs == int(name['epochs'])
    assert crop_of(cfg) == int(name['crop'])
    backbone = cfg.model.backbone
    assert name['backbone'] in (
        'resnet38d' if backbone.type == 'ppl_mm.ResNet38d' else f'resnet{backbone.depth}'
    )
    check_data(cfg, name['data'])


def check_data(cfg, data):
    root, classes, train = dict(
        voc12aug=('data/VOCdevkit/VOC2012', 20, 'train_aug'), coco14=('data/coco', 80, 'train')
    )[data]
    for loader, split in (('train', train), ('val', 'val'), ('test', 'val')):
        dataset = cfg[f'{loader}_dataloader'].dataset
        assert dataset.data_root == root
        assert Path(dataset.split).stem == split
    assert cfg.model.head.num_classes == classes
    names = (cfg.train_dataloader.dataset.metainfo or {}).get('classes')
    assert not names or len(names) == classes


def test_every_form_stands_once_and_each_backbone_and_data_set_has_one():
    found = {tuple(name_of(path).group('algorithm', 'backbone', 'data')) for path in RECIPES}
    forms = ('pl', 'ppl-all-stages', 'ppl-explicit', 'ppl-progressive', 'ppl-self-trained')
    stages = ('ppl-stage1', 'ppl-stage2', 'ppl-stage3')
    assert found == {
        *((form, 'resnet38d', 'voc12aug') for form in ('cam', *forms, *stages)),
        *((form, 'resnet50', 'voc12aug') for form in ('cam', 'ppl-progressive')),
        ('ppl-progressive', 'resnet38d', 'coco14'),
    }


def test_each_stage_starts_from_the_one_before():
    stages = [load(CONFIGS / f'ppl/cls_stage{number}.py') for number in (1, 2, 3)]
    assert [cfg.load_from for cfg in stages] == [
        None,
        'work_dirs/cls_stage1',
        'work_dirs/cls_stage2',
    ]
    wanted = [
        (cfg.model.neck.position, cfg.model.neck.grid, cfg.train_cfg.max_epochs) for cfg in stages
    ]
    # One run of all stages is the same, stage by stage.
    run = stages_of(load(CONFIGS / 'ppl/cls_progressive.py'))
    assert [(stage.position, stage.grid, stage.epochs) for stage in run] == wanted
    # The other forms have the same cuts.
    cuts = [position for position, *_ in wanted]
    (together,) = CONFIGS.glob('ppl/ppl-all-stages_*')
    assert [stage.position for stage in stages_of(load(together))] == cuts
    assert list(load(CONFIGS / 'ppl/cls_explicit.py').model.neck.positions) == cuts
    (last,) = CONFIGS.glob('ppl/pl_*')
    assert load(last).model.neck.position == cuts[-1]


FIRST_ROUNDS = {
    'ppl/ppl-self-trained_resnet38d_4xb2-8e_voc12aug-448x448': 'baseline/cls_cam',
    'own/cls_self_trained_own': 'own/cls_first_round_own',
}


@pytest.mark.parametrize('name', FIRST_ROUNDS)
def test_a_self_trained_one_starts_from_its_first_round(name):
    cfg, first = (load(CONFIGS / f'{part}.py') for part in (name, FIRST_ROUNDS[name]))
    assert cfg.load_from == f'work_dirs/{Path(FIRST_ROUNDS[name]).name}'
    assert cfg.model.backbone == first.model.backbone
    # The labels are cropped and flipped with the image.
    steps = [step['type'] for step in cfg.train_dataloader.dataset.pipeline]
    assert steps[:2] == ['ppl_mm.LoadImage', 'ppl_mm.LoadLabel']
    assert steps[2:-1] == [step['type'] for step in first.train_dataloader.dataset.pipeline[1:-1]]


@pytest.mark.parametrize(
    'name, rate, decay, frozen',
    [
        ('ppl/cls_stage1', 0.01, 5e-4, ('conv1a.', 'b2.', 'b2_1.', 'b2_2.')),
        ('ppl/ppl-progressive_resnet50_4xb4-15e_voc12aug-512x512', 0.1, 1e-4, ('conv1.',)),
    ],
)
def test_rates_of_the_classifiers(name, rate, decay, frozen):
    cfg = load(CONFIGS / f'{name}.py')
    model = build(cfg).train()
    groups = build_optim_wrapper(model, cfg.optim_wrapper).param_groups
    trained = {
        id(group['params'][0]): group for group in groups if group['params'][0].requires_grad
    }
    for key, value in model.named_parameters():
        kind = key.removeprefix('backbone.')
        norm = 'bn' in kind or 'downsample.1' in kind
        assert (id(value) in trained) != (norm or kind.startswith(frozen))
        if group := trained.get(id(value)):
            new = 10 if key.startswith('head.') else 1
            assert group['lr'] == pytest.approx(rate * new)
            assert (group['weight_decay'], group['momentum']) == (decay, 0)
