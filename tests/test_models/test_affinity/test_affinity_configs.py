"""Every config of an AffinityNet, and of the labels it learns from."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from ppl_mm.formats.cam_file import CamFile
from ppl_mm.refine import RefinerChain

CONFIGS = Path(__file__).parents[3] / 'configs'
NETWORKS = sorted(CONFIGS.glob('[!_]*/affinity_*.py'))
LABELS = sorted(CONFIGS.glob('[!_]*/confident_*.py'))


def named(paths):
    return dict(argvalues=paths, ids=[f'{path.parent.name}/{path.stem}' for path in paths])


def test_names():
    found = {f'{path.parent.name}/{path.stem}' for path in NETWORKS + LABELS}
    assert found >= {
        'affinity/affinity_resnet38d_4xb2-8e_voc12aug-448x448',
        'affinity/affinity_resnet50_4xb8-3e_voc12aug-512x512',
        'affinity/confident_irn',
        'affinity/confident_psa',
        'affinity/confident_seam',
        'demo/affinity_demo',
        'demo/confident_demo',
        'voc6/affinity_voc6',
        'voc6/confident_voc6',
    }


def build(cfg):
    """The network; nothing is downloaded."""
    cfg.model.backbone.pop('init_cfg', None)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        return MODELS.build(cfg.model)


def is_resnet38d(cfg):
    return cfg.model.backbone.type == 'ppl_mm.ResNet38d'


@pytest.mark.parametrize('path', **named(NETWORKS))
def test_a_step_reaches_every_parameter(path):
    cfg = Config.fromfile(path)
    if is_resnet38d(cfg):
        cfg.model.backbone.width = 0.125
    net = build(cfg).train()
    sample = SegDataSample(
        metainfo=dict(img_shape=(64, 64)), gt_sem_seg=PixelData(data=torch.randint(3, (1, 64, 64)))
    )
    net.data_preprocessor.size = (64, 64)
    image = torch.randint(256, (3, 64, 64), dtype=torch.uint8)
    data = net.data_preprocessor(dict(inputs=[image] * 2, data_samples=[sample] * 2), training=True)
    losses = net(**data, mode='loss')
    sum(losses.values()).backward()
    assert all(loss.isfinite() for loss in losses.values())
    assert not [
        name for name, value in net.named_parameters() if value.requires_grad and value.grad is None
    ]
    assert all(value.requires_grad for value in net.head.parameters())


@pytest.mark.parametrize('path', **named(NETWORKS))
def test_it_trains_on_labels_alone(path):
    cfg = Config.fromfile(path)
    dataset = cfg.train_dataloader.dataset
    assert dataset.type == 'ppl_mm.CAMPseudoLabelDataset'
    assert Path(dataset.ann_file).stem in ('train', 'train_aug')
    for key in (
        'val_dataloader',
        'val_cfg',
        'val_evaluator',
        'test_dataloader',
        'test_cfg',
        'test_evaluator',
    ):
        assert cfg.get(key) is None
    assert cfg.default_hooks.checkpoint.by_epoch
    assert not cfg.train_dataloader.persistent_workers
    (crop,) = (step.crop_size for step in dataset.pipeline if 'crop_size' in step)
    assert crop == cfg.model.data_preprocessor.size
    gpus = re.search(r'_(\d)xb(\d)-(\d)e_', path.stem)
    if gpus:  # the name says what it does
        assert cfg.train_dataloader.batch_size == int(gpus[2])
        assert cfg.auto_scale_lr.base_batch_size == (int(gpus[1]) * int(gpus[2]))
        assert cfg.train_cfg.max_epochs == int(gpus[3])
        assert path.stem.endswith('-{}x{}'.format(*crop))
        assert dataset.data_root == 'data/VOCdevkit/VOC2012'
    optimizer = cfg.optim_wrapper.optimizer
    assert optimizer.type != 'SGD' or 'momentum' in optimizer


def test_rates_of_psa():
    """Taps, frozen parts and rates of network/resnet38_aff.py."""
    cfg = Config.fromfile(CONFIGS / 'affinity/affinity_resnet38d_4xb2-8e_voc12aug-448x448.py')
    with torch.device('meta'):
        net = build(cfg).train()
    features = net(torch.empty(2, 3, 448, 448, device='meta'))
    assert features.shape == (2, 448, 56, 56)
    assert [conv.in_channels for conv in net.head.reduce] == [512, 1024, 4096]
    groups = build_optim_wrapper(net, cfg.optim_wrapper).param_groups
    trained = {
        id(group['params'][0]): group for group in groups if group['params'][0].requires_grad
    }
    for name, value in net.named_parameters():
        frozen = '.bn' in name or name.startswith(('backbone.conv1a', 'backbone.b2'))
        assert frozen == (id(value) not in trained)
        if not frozen:
            group = trained[id(value)]
            assert group['lr'] == pytest.approx(1.0 if name.startswith('head.') else 0.1)
            assert (group['weight_decay'], group['momentum']) == (5e-4, 0)


WALKS = sorted((CONFIGS / 'affinity').glob('refine_*.py'))


@pytest.mark.parametrize('path', **named(WALKS))
def test_a_walk_uses_the_network_that_its_training_made(path):
    walks = [step for step in Config.fromfile(path).refiners if step.type == 'ppl_mm.RandomWalk']
    assert len(walks) == (path.stem != 'refine_crf')
    for walk in walks:
        config = CONFIGS.parent / walk.affinity_net
        assert config in NETWORKS
        assert walk.checkpoint == f'work_dirs/{config.stem}'


@pytest.mark.parametrize('name', ['voc6', 'demo'])
def test_its_backbone_is_the_classifiers(name):
    nets = [
        build(Config.fromfile(CONFIGS / name / f'{kind}_{name}.py'))
        for kind in ('affinity', 'cls_cam')
    ]
    one, two = (
        {key: value.shape for key, value in net.backbone.state_dict().items()} for net in nets
    )
    assert one == two


@pytest.mark.parametrize(
    'name', ['affinity/affinity_resnet50_4xb8-3e_voc12aug-512x512', 'voc6/affinity_voc6']
)
def test_the_backbone_is_not_trained(name):
    net = build(Config.fromfile(CONFIGS / f'{name}.py'))
    trained = {key for key, value in net.named_parameters() if value.requires_grad}
    assert trained and all(key.startswith('head.') for key in trained)


@pytest.mark.parametrize('path', **named(LABELS))
def test_labels_name_both_and_ignore_what_lies_between(path):
    pytest.importorskip('pydensecrf')
    cfg = Config.fromfile(path)
    y, x = np.mgrid[:120, :160]
    far = np.hypot(y - 60, x - 80)
    image = np.repeat(np.where(far < 18, 200, 40)[..., None], 3, axis=2)
    cam = np.clip(1.3 - far / 30, 0, 1)[None].astype(np.float32)
    for steps in cfg.label.get('chains', []):
        if steps[0].get('threshold', 0) is None:  # that of an export
            steps[0].threshold = 0.3
    chain = RefinerChain(cfg.refiners, cfg.label)
    label = chain(image.astype(np.uint8), CamFile([3], cam, (120, 160)))
    assert set(np.unique(label)) <= {0, 4, 255}
    assert (label[far < 8] == 4).all() and (label[far > 50] == 0).all()
