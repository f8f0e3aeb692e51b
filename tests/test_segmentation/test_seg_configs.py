"""Every segmentation config that is shipped, at its full width."""

import copy
import re
from contextlib import nullcontext
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope
from networks import without_weights

ROOT = Path(__file__).parents[2]
SEG = ROOT / 'configs/seg'
CONFIGS = sorted([*SEG.glob('*.py'), *ROOT.glob('configs/[!_]*/seg_*.py')])
NAME = re.compile(
    r'(?P<network>deeplab\w+_r\d+-d8(-cocoinit)?)_'
    r'(?P<gpus>\d)xb(?P<batch>\d)-(?P<iterations>\d+)k_'
    r'(?P<data>voc12ppl|voc12aug|coco14ppl|coco14)-'
    r'(?P<crop>\d+)x(?P=crop)$'
)
#: What the promised short names stand for, as OpenMMLab would name it.
SHORT = dict(
    deeplabv1_r38='deeplabv1_r38-d8_4xb3-20k_voc12ppl-448x448',
    deeplabv2_r101='deeplabv2_r101-d8_4xb3-20k_voc12ppl-321x321',
    deeplabv3plus_r50='deeplabv3plus_r50-d8_4xb4-20k_voc12ppl-512x512',
)
RECIPES = [path for path in CONFIGS if path.parent == SEG]


def name_of(path):
    return NAME.match(SHORT.get(path.stem, path.stem))


@cache
def _load(path):
    return Config.fromfile(path)


def load(path):
    return copy.deepcopy(_load(path))


@pytest.fixture(params=CONFIGS, ids=lambda path: f'{path.parent.name}/{path.stem}')
def cfg(request):
    return load(request.param)


def fully_supervised(cfg):
    return cfg.train_dataloader.dataset.type == 'ppl_mm.VOCLayoutDataset'


def test_what_is_shipped():
    found = {tuple(name_of(path).group('network', 'data')) for path in RECIPES}
    assert found == {
        *((network, 'voc12ppl') for network in ('deeplabv1_r38-d8', 'deeplabv2_r101-d8')),
        *((f'deeplabv3plus_{depth}-d8', 'voc12ppl') for depth in ('r50', 'r101')),
        ('deeplabv2_r101-d8-cocoinit', 'voc12ppl'),
        ('deeplabv1_r38-d8', 'voc12aug'),
        *((network, 'coco14ppl') for network in ('deeplabv2_r101-d8', 'deeplabv3plus_r50-d8')),
    }
    assert {path.stem for path in CONFIGS} >= {'seg_deeplab_voc6', 'seg_deeplab_demo'}


def build(cfg):
    """The model without its weights' values: shapes are enough."""
    # 105 million weights take time to draw; mmpretrain's ResNet needs values.
    wide = 'ResNet38d' in cfg.model.backbone.type
    with (
        DefaultScope.overwrite_default_scope('mmseg'),
        torch.device('meta') if wide else nullcontext(),
    ):
        return MODELS.build(without_weights(cfg.model)).to('meta')


def test_builds_and_gives_logits_of_the_images_size(cfg):
    model = build(cfg).train()
    (crop,) = {
        tuple(step.crop_size)
        for step in cfg.train_dataloader.dataset.pipeline
        if 'crop_size' in step
    }
    assert crop == tuple(cfg.model.data_preprocessor.size)
    logits = model.encode_decode(
        torch.empty(2, 3, *crop, device='meta'),
        [dict(ori_shape=crop, img_shape=crop, pad_shape=crop)] * 2,
    )
    assert logits.shape == (2, model.decode_head.num_classes, *crop)


def test_no_mask_chooses_a_checkpoint(cfg):
    hook = cfg.default_hooks.checkpoint
    assert hook.by_epoch is False and not hook.get('save_best')
    assert cfg.train_cfg.max_iters % hook.interval == 0
    assert cfg.train_cfg.max_iters % cfg.train_cfg.val_interval == 0


def test_trains_on_pseudo_labels_and_tests_on_masks(cfg):
    assert cfg.default_scope == 'mmseg'
    assert cfg.custom_imports.imports == ['ppl_mm']
    train, test = cfg.train_dataloader.dataset, cfg.test_dataloader.dataset
    assert train.type == 'ppl_mm.CAMPseudoLabelDataset' or fully_supervised(cfg)
    assert test.type == 'ppl_mm.VOCLayoutDataset' and test.test_mode
    assert Path(train.ann_file).stem in ('train', 'train_aug')
    assert Path(test.ann_file).stem == 'val'
    for dataset in (train, test):
        classes = (dataset.get('metainfo') or {}).get('classes')
        assert not classes or cfg.model.decode_head.num_classes == len(classes)
    assert cfg.default_hooks.plain_checkpoint.type == ('ppl_mm.PlainCheckpointHook')
    assert cfg.randomness.seed == 0


def test_no_image_is_read_by_what_hides_that_it_is_cut_off(cfg):
    """mmseg's own loader fills a truncated JPEG with grey."""
    for pipeline in (
        cfg.train_dataloader.dataset.pipeline,
        cfg.test_dataloader.dataset.pipeline,
        cfg.tta_pipeline,
    ):
        assert pipeline[0].type == 'ppl_mm.LoadImage'


def test_learning_rate_ends_with_the_training(cfg):
    assert cfg.param_scheduler[-1].end == cfg.train_cfg.max_iters


def test_its_momentum_is_written_down(cfg):
    optimizer = cfg.optim_wrapper.optimizer
    assert optimizer.type != 'SGD' or 'momentum' in optimizer


@pytest.mark.parametrize('path', RECIPES, ids=lambda path: path.stem)
def test_its_name_says_what_it_does(path):
    cfg, name = load(path), name_of(path)
    gpus, batch = int(name['gpus']), int(name['batch'])
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == gpus * batch
    assert cfg.train_cfg.max_iters == 1000 * int(name['iterations'])
    assert cfg.model.data_preprocessor.size == (int(name['crop']),) * 2
    assert fully_supervised(cfg) != name['data'].endswith('ppl')
    root, classes = (
        ('data/coco', 81) if 'coco14' in name['data'] else ('data/VOCdevkit/VOC2012', 21)
    )
    for head in ('decode_head', 'auxiliary_head'):
        assert cfg.model.get(head, dict(num_classes=classes))['num_classes'] == classes
    for loader in ('train', 'val', 'test'):
        assert cfg[f'{loader}_dataloader'].dataset.data_root == root
    assert cfg.tta_model.type == 'ppl_mm.RefinedSegTTAModel'
    assert cfg.tta_model.refiners.preset == (
        'deeplab_v1' if 'deeplabv1' in path.stem else 'deeplab_v2'
    )


def test_full_supervision_differs_in_the_labels_alone():
    (full,) = SEG.glob('*_voc12aug-*.py')
    weak, full = (load(path).to_dict() for path in (SEG / 'deeplabv1_r38.py', full))
    datasets = [one['train_dataloader'].pop('dataset') for one in (weak, full)]
    assert weak == full
    for key in ('data_root', 'ann_file', 'metainfo', 'pipeline'):
        assert datasets[0][key] == datasets[1][key]
    assert datasets[1]['data_prefix'] == dict(seg_map_path='SegmentationClassAug')


def test_only_the_name_of_the_initialisation_from_coco_has_it():
    for path in RECIPES:
        start = load(path).model.backbone.get('init_cfg') or {}
        assert ('coco' in start.get('checkpoint', '')) == ('cocoinit' in path.stem)


def rates(name):
    """Rate and decay of each trained parameter."""
    cfg = load(SEG / f'{name}.py')
    model = build(cfg)
    with DefaultScope.overwrite_default_scope('mmseg'):
        optimizer = build_optim_wrapper(model, cfg.optim_wrapper).optimizer
    settings = {
        id(group['params'][0]): (group['lr'], group['weight_decay'])
        for group in optimizer.param_groups
    }
    assert all(group['momentum'] == 0.9 for group in optimizer.param_groups)
    return {
        key: pytest.approx(settings[id(value)])
        for key, value in model.named_parameters()
        if value.requires_grad
    }


def test_rates_of_deeplab_v2():
    named, rate = rates('deeplabv2_r101'), 2.5e-4 * 1.2
    assert len(named) == 104 + 2 * 4  # no parameter of a BatchNorm
    assert named['backbone.layer4.2.conv3.weight'] == (rate, 5e-4)
    for i in range(4):
        assert named[f'decode_head.convs.{i}.weight'] == (10 * rate, 5e-4)
        assert named[f'decode_head.convs.{i}.bias'] == (20 * rate, 0)


def test_rates_of_deeplab_v1():
    named, rate = rates('deeplabv1_r38'), 1e-3 * 1.2
    assert named.pop('decode_head.conv_seg.bias') == (20 * rate, 0)
    heads = {key for key in named if key.startswith('decode_head.')}
    assert len(heads) == 3  # convolutions: norms keep scale and shift
    for key, value in named.items():
        assert value == (10 * rate if key in heads else rate, 5e-4)
    assert 'backbone.conv1a.weight' in named


MAPS = sorted(ROOT.glob('configs/[!_]*/maps_*.py'))


@pytest.mark.parametrize('path', MAPS, ids=lambda path: path.stem)
def test_maps_are_those_of_a_network_that_is_shipped(path):
    """tools/export_cam.py and ppl_mm.SegMapTTAModel find what they need."""
    cfg = Config.fromfile(path)
    network = Config.fromfile(path.with_name(path.name.replace('maps_seg', 'seg_deeplab')))
    assert cfg.model == network.model
    assert cfg.tta_model.type == 'ppl_mm.SegMapTTAModel'
    dataset = cfg.test_dataloader.dataset
    assert dataset.type == 'ppl_mm.ImageLabelDataset' and dataset.test_mode
    assert dataset.data_root == network.train_dataloader.dataset.data_root
    packed = cfg.tta_pipeline[-1].transforms[-1][-1]
    assert packed.type == 'PackSegInputs'
    assert {'gt_label', 'image_id', 'flip'} <= set(packed.meta_keys)
