"""Every segmentation config that is shipped."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(
    [*ROOT.glob('configs/seg/*.py'), *ROOT.glob('configs/[!_]*/seg_*.py')])


@pytest.fixture(params=CONFIGS, ids=lambda path: f'{path.parent.name}/'
                                                 f'{path.stem}')
def cfg(request):
    return Config.fromfile(request.param)


def test_names():
    found = {str(path.relative_to(ROOT / 'configs')) for path in CONFIGS}
    assert found >= {'seg/deeplabv2_r101.py', 'seg/deeplabv3plus_r50.py',
                     'voc6/seg_deeplab_voc6.py', 'demo/seg_deeplab_demo.py'}


def without_weights(node):
    """A model's config with every address of initial weights taken out."""
    node.pop('pretrained', None)
    if (node.get('init_cfg') or {}).get('type') == 'Pretrained':
        node['init_cfg'] = None
    for child in node.values():
        if isinstance(child, dict):
            without_weights(child)
    return node


def test_builds_and_runs_forward(cfg):
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(without_weights(cfg.model)).eval()
    with torch.no_grad():
        logits = model.encode_decode(
            torch.rand(1, 3, 64, 80),
            [dict(ori_shape=(64, 80), img_shape=(64, 80),
                  pad_shape=(64, 80))])
    assert logits.shape == (1, model.decode_head.num_classes, 64, 80)
    assert logits.isfinite().all()


def test_no_mask_chooses_a_checkpoint(cfg):
    hook = cfg.default_hooks.checkpoint
    assert hook.by_epoch is False and not hook.get('save_best')
    assert cfg.train_cfg.max_iters % hook.interval == 0


def test_trains_on_pseudo_labels_and_tests_on_masks(cfg):
    assert cfg.default_scope == 'mmseg'
    assert cfg.custom_imports.imports == ['ppl_mm']
    train, test = cfg.train_dataloader.dataset, cfg.test_dataloader.dataset
    assert train.type == 'ppl_mm.CAMPseudoLabelDataset'
    assert test.type == 'ppl_mm.VOCLayoutDataset' and test.test_mode
    assert Path(train.ann_file).stem in ('train', 'train_aug')
    assert Path(test.ann_file).stem == 'val'
    for dataset in (train, test):
        classes = (dataset.metainfo or {}).get('classes')
        assert not classes or cfg.model.decode_head.num_classes == len(classes)
    assert cfg.default_hooks.plain_checkpoint.type == (
        'ppl_mm.PlainCheckpointHook')


def test_learning_rate_ends_with_the_training(cfg):
    assert cfg.param_scheduler[-1].end == cfg.train_cfg.max_iters


def test_rates_of_deeplab_v2():
    cfg = Config.fromfile(ROOT / 'configs/seg/deeplabv2_r101.py')
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(without_weights(cfg.model))
        optimizer = build_optim_wrapper(model, cfg.optim_wrapper).optimizer
    settings = {id(group['params'][0]): (group['lr'], group['weight_decay'])
                for group in optimizer.param_groups}
    named = {name: settings[id(value)]
             for name, value in model.named_parameters()
             if value.requires_grad}
    head = model.decode_head.convs
    assert len(named) == 104 + 2 * len(head)  # no parameter of a BatchNorm
    assert named['backbone.layer4.2.conv3.weight'] == pytest.approx(
        (2.5e-4, 5e-4))
    for i in range(len(head)):
        weight, bias = (named[f'decode_head.convs.{i}.{kind}']
                        for kind in ('weight', 'bias'))
        assert weight == pytest.approx((2.5e-3, 5e-4))
        assert bias == pytest.approx((5e-3, 0))
