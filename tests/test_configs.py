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

CONFIGS = Path(__file__).parents[1] / 'configs'
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
RECIPES = [path for path in CLASSIFIERS if NAME.match(path.stem)]


@pytest.mark.parametrize('path', RECIPES, ids=lambda p: p.stem)
def test_its_name_says_what_it_does(path):
    cfg, name = load(path), NAME.match(path.stem)
    gpus, batch = int(name['gpus']), int(name['batch'])
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == gpus * batch
    assert cfg.train_cfg.max_epochs == int(name['epochs'])
    assert crop_of(cfg) == int(name['crop'])
    backbone = cfg.model.backbone
    assert name['backbone'] in (
        'resnet38d' if backbone.type == 'ppl_mm.ResNet38d' else f'resnet{backbone.depth}'
    )
    data = dict(
        voc12aug=('data/VOCdevkit/VOC2012', 20, 'train_aug'), coco14=('data/coco', 80, 'train')
    )[name['data']]
    for loader, split in (('train', data[2]), ('val', 'val'), ('test', 'val')):
        dataset = cfg[f'{loader}_dataloader'].dataset
        assert dataset.data_root == data[0]
        assert Path(dataset.split).stem == split
    assert cfg.model.head.num_classes == data[1]
    classes = (cfg.train_dataloader.dataset.metainfo or {}).get('classes')
    assert not classes or len(classes) == data[1]


def test_every_form_is_there_for_both_backbones_and_both_data_sets():
    found = {
        (name['algorithm'], name['backbone'], name['data'])
        for name in (NAME.match(path.stem) for path in RECIPES)
    }
    assert found == {
        (algorithm, backbone, data)
        for algorithm in (
            'cam',
            'pl',
            'ppl-stage1',
            'ppl-stage2',
            'ppl-stage3',
            'ppl-progressive',
            'ppl-all-stages',
            'ppl-explicit',
            'ppl-self-trained',
        )
        for backbone in ('resnet38d', 'resnet50')
        for data in ('voc12aug', 'coco14')
    }


@pytest.mark.parametrize('backbone', ['resnet38d', 'resnet50'])
@pytest.mark.parametrize('data', ['voc12aug', 'coco14'])
def test_each_stage_starts_from_the_one_before(backbone, data):
    stages = [
        path
        for k in (1, 2, 3)
        for path in CONFIGS.glob(f'ppl/ppl-stage{k}_{backbone}_*_{data}-*.py')
    ]
    (progressive,) = CONFIGS.glob(f'ppl/ppl-progressive_{backbone}_*_{data}-*')
    assert [load(path).load_from for path in stages] == [
        None,
        *(f'work_dirs/{path.stem}' for path in stages[:2]),
    ]
    # One run of all stages is the same, stage by stage.
    assert [
        (stage.position, stage.grid, stage.epochs) for stage in stages_of(load(progressive))
    ] == [
        (cfg.model.neck.position, cfg.model.neck.grid, cfg.train_cfg.max_epochs)
        for cfg in map(load, stages)
    ]


SELF_TRAINED = sorted(CONFIGS.glob('ppl/ppl-self-trained_*.py'))


@pytest.mark.parametrize('path', SELF_TRAINED, ids=lambda path: path.stem)
def test_a_self_trained_one_starts_from_the_plain_cam_of_its_name(path):
    cfg = load(path)
    tail = path.stem.partition('_')[2]
    assert cfg.load_from == f'work_dirs/cam_{tail}'
    first_round = load(CONFIGS / f'baseline/cam_{tail}.py')
    assert cfg.model.backbone == first_round.model.backbone
    # The labels are cropped and flipped with the image.
    steps = [step['type'] for step in cfg.train_dataloader.dataset.pipeline]
    assert steps[:2] == ['ppl_mm.LoadImage', 'ppl_mm.LoadLabel']
    assert steps[2:-1] == [
        step['type'] for step in first_round.train_dataloader.dataset.pipeline[1:-1]
    ]


ALIASES = dict(
    cls_cam='baseline/cam',
    cls_stage1='ppl/ppl-stage1',
    cls_stage2='ppl/ppl-stage2',
    cls_stage3='ppl/ppl-stage3',
    cls_progressive='ppl/ppl-progressive',
    cls_all_stages='ppl/ppl-all-stages',
    cls_explicit='ppl/ppl-explicit',
    cls_self_trained='ppl/ppl-self-trained',
)


@pytest.mark.parametrize('name', ALIASES)
def test_a_short_name_stands_for_the_papers_recipe(name):
    """Of short names each stage starts from the short name before it."""
    (recipe,) = CONFIGS.glob(f'{ALIASES[name]}_resnet38d_*_voc12aug-*.py')
    short = load(recipe.parent / f'{name}.py').to_dict()
    full = load(recipe).to_dict()
    start = dict(
        cls_stage2='work_dirs/cls_stage1',
        cls_stage3='work_dirs/cls_stage2',
        cls_self_trained='work_dirs/cls_cam',
    ).get(name)
    assert short.pop('load_from') == start
    full.pop('load_from')
    assert short == full


@pytest.mark.parametrize(
    ('name', 'rate', 'decay', 'frozen'),
    [
        ('ppl/cls_stage1', 0.01, 5e-4, ('conv1a.', 'b2.', 'b2_1.', 'b2_2.')),
        ('ppl/ppl-stage1_resnet50_4xb4-5e_voc12aug-512x512', 0.1, 1e-4, ('conv1.',)),
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


def test_each_name_stands_for_one_config():
    """``mim`` finds a config by its file's name alone, in any folder."""
    names = [p.name for p in CONFIGS.glob('[!_]*/*.py') if p.name != 'pipeline.py']
    assert len(names) == len(set(names))
