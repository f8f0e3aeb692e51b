"""Every config of an AffinityNet, and of the labels it learns from."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from ppl_mm.cams import CamFile
from ppl_mm.refine import RefinerChain

CONFIGS = Path(__file__).parents[2] / 'configs'
NETWORKS = sorted(CONFIGS.glob('[!_]*/affinity_*.py'))
LABELS = sorted(CONFIGS.glob('[!_]*/confident_*.py'))


def named(paths):
    return dict(argvalues=paths,
                ids=[f'{path.parent.name}/{path.stem}' for path in paths])


def test_names():
    found = {f'{path.parent.name}/{path.stem}' for path in NETWORKS + LABELS}
    assert found >= {
        'affinity/affinity_resnet50_voc12', 'affinity/confident_irn',
        'affinity/confident_psa', 'demo/affinity_demo', 'demo/confident_demo',
        'voc6/affinity_voc6', 'voc6/confident_voc6'}


def build(cfg):
    """The network; nothing is downloaded."""
    cfg.model.backbone.pop('init_cfg', None)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        return MODELS.build(cfg.model)


@pytest.mark.parametrize('path', **named(NETWORKS))
def test_a_step_reaches_every_parameter(path):
    net = build(Config.fromfile(path)).train()
    sample = SegDataSample(metainfo=dict(img_shape=(64, 64)),
                           gt_sem_seg=PixelData(
                               data=torch.randint(3, (1, 64, 64))))
    net.data_preprocessor.size = (64, 64)
    image = torch.randint(256, (3, 64, 64), dtype=torch.uint8)
    data = net.data_preprocessor(
        dict(inputs=[image] * 2, data_samples=[sample] * 2), training=True)
    losses = net(**data, mode='loss')
    sum(losses.values()).backward()
    assert all(loss.isfinite() for loss in losses.values())
    assert not [name for name, value in net.named_parameters()
                if value.requires_grad and value.grad is None]
    assert all(value.requires_grad for value in net.head.parameters())


@pytest.mark.parametrize('path', **named(NETWORKS))
def test_it_trains_on_labels_alone(path):
    cfg = Config.fromfile(path)
    dataset = cfg.train_dataloader.dataset
    assert dataset.type == 'ppl_mm.CAMPseudoLabelDataset'
    assert Path(dataset.ann_file).stem in ('train', 'train_aug')
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator',
                'test_dataloader', 'test_cfg', 'test_evaluator'):
        assert cfg.get(key) is None
    assert cfg.default_hooks.checkpoint.by_epoch
    assert not cfg.train_dataloader.persistent_workers
    crop, = (step.crop_size for step in dataset.pipeline
             if 'crop_size' in step)
    assert crop == cfg.model.data_preprocessor.size
    assert cfg.auto_scale_lr.base_batch_size == cfg.train_dataloader.batch_size


@pytest.mark.parametrize('name', ['voc6', 'demo'])
def test_its_backbone_is_the_classifiers(name):
    nets = [build(Config.fromfile(CONFIGS / name / f'{kind}_{name}.py'))
            for kind in ('affinity', 'cls_cam')]
    one, two = ({key: value.shape
                 for key, value in net.backbone.state_dict().items()}
                for net in nets)
    assert one == two


@pytest.mark.parametrize('name', [
    'affinity/affinity_resnet50_voc12', 'voc6/affinity_voc6'])
def test_the_backbone_is_not_trained(name):
    net = build(Config.fromfile(CONFIGS / f'{name}.py'))
    trained = {key for key, value in net.named_parameters()
               if value.requires_grad}
    assert trained and all(key.startswith('head.') for key in trained)


@pytest.mark.parametrize('path', **named(LABELS))
def test_labels_name_both_and_ignore_what_lies_between(path):
    pytest.importorskip('pydensecrf')
    cfg = Config.fromfile(path)
    y, x = np.mgrid[:120, :160]
    far = np.hypot(y - 60, x - 80)
    image = np.repeat(np.where(far < 18, 200, 40)[..., None], 3, axis=2)
    cam = np.clip(1.1 - far / 30, 0, 1)[None].astype(np.float32)
    chain = RefinerChain(cfg.refiners, cfg.label)
    label = chain(image.astype(np.uint8), CamFile([3], cam, (120, 160)))
    assert set(np.unique(label)) <= {0, 4, 255}
    assert (label[far < 8] == 4).all() and (label[far > 50] == 0).all()
