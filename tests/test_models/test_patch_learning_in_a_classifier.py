"""Patch learning as the neck of a classifier: copies, checkpoints, gradients."""

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from mmengine.model import ExponentialMovingAverage, revert_sync_batchnorm
from test_models.closeness import assert_close

from ppl_mm.models import CAMClassifier


def classifier(backbone, neck=None, **kwargs):
    return CAMClassifier(
        backbone=backbone, neck=neck, head=dict(type='ppl_mm.CAMHead', num_classes=3), **kwargs
    )


def pl(position=2, grid=2):
    return dict(type='ppl_mm.PatchLearning', position=position, grid=grid)


def fusion():
    return dict(type='ppl_mm.MultiGranularityFusion', positions=(1, 4), grids=(2, 2))


@pytest.mark.parametrize('neck', [pl, fusion])
def test_a_deepcopy_runs_its_own_weights(make_backbone, neck):
    model = classifier(make_backbone('resnet18'), neck()).eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        before = model(x)
        copy = deepcopy(model)
        for p in model.parameters():
            p.zero_()
        assert torch.equal(copy(x), before)
        assert not torch.equal(model(x), before)


@pytest.mark.parametrize('update_buffers', [True, False])
@pytest.mark.parametrize('neck', [pl, fusion])
def test_an_ema_runs_its_own_weights(make_backbone, neck, update_buffers):
    model = classifier(make_backbone('resnet18'), neck()).eval()
    x = torch.rand(1, 3, 64, 64)
    ema = ExponentialMovingAverage(model, momentum=0.5, update_buffers=update_buffers)
    with torch.no_grad():
        for step in range(3):
            expected = deepcopy(model)
            ema.update_parameters(model)
            for p, old in zip(model.parameters(), expected.parameters(), strict=True):
                p.add_(0.01 * torch.rand_like(p))
                old.copy_(p if step else old)
        mean = deepcopy(model)
        for p, averaged in zip(mean.parameters(), ema.module.parameters(), strict=True):
            p.copy_(averaged)
        assert torch.equal(ema(x), mean(x))
        assert not torch.equal(ema(x), model(x))


@pytest.mark.parametrize('neck', [pl, fusion])
def test_sync_batchnorm_can_be_reverted(make_backbone, neck):
    cfg = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)
    model = classifier(make_backbone(dict(cfg)), neck())
    synced = classifier(make_backbone(dict(cfg, norm_cfg=dict(type='SyncBN'))), neck())
    synced.load_state_dict(model.state_dict())
    reverted = revert_sync_batchnorm(synced)
    kinds = {type(m).__name__ for m in reverted.modules()}
    assert 'SyncBatchNorm' not in kinds
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():  # in training mode, which SyncBN cannot do on a CPU
        assert torch.equal(reverted.train()(x), model.train()(x))


@pytest.mark.parametrize('neck', [None, pl, fusion])
def test_checkpoint_keys_are_the_plain_backbones(backbone, neck):
    model = classifier(backbone, neck and neck())
    keys = {
        key.removeprefix('backbone.') for key in model.state_dict() if key.startswith('backbone.')
    }
    assert keys == set(backbone.state_dict())
    others = {key for key in model.state_dict() if not key.startswith('backbone.')}
    assert others == {'head.classifier.weight'} | ({'neck.stage'} if neck is pl else set())
    # Each weight once: what the optimiser and DDP see.
    seen = [id(p) for p in model.parameters()]
    assert len(seen) == len(set(seen))


def test_moving_the_stage_changes_no_weight_and_no_key(make_backbone):
    model = classifier(make_backbone('resnet18'), pl(2, 2))
    before = deepcopy(model.state_dict())
    model.neck.set_stage(6, (1, 3))
    after = model.state_dict()
    assert list(after) == list(before)
    for key, value in after.items():
        assert value.shape == before[key].shape
        assert torch.equal(value, before[key]) == (key != 'neck.stage')
    assert after['neck.stage'].tolist() == [6, 1, 3]


def test_a_state_dict_carries_its_stage(make_backbone):
    source = classifier(make_backbone('resnet18'), pl(2, 2)).eval()
    source.neck.set_stage(-3, (3, 1))
    target = classifier(make_backbone('resnet18'), pl(5, 4)).eval()
    target.load_state_dict(source.state_dict())
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(target(x), source(x))
    assert 'position=-3, grid=(3, 1)' in repr(target.neck)


def test_loss_of_both_branches_trains_every_weight(make_backbone):
    model = classifier(make_backbone('resnet18'), pl()).train()
    out = model(torch.rand(2, 3, 64, 64))
    F.softplus(out).mean().backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize(
    'neck',
    [
        dict(type='ppl_mm.PatchLearning', position=2, grid=2),
        dict(type='ppl_mm.MultiGranularityFusion', positions=[1, 2], grids=[2, 2]),
    ],
)
def test_a_classifier_may_be_compiled(make_backbone, neck):
    model = classifier(make_backbone('resnet18'), neck).eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        compiled = torch.compile(model.forward, backend='eager')
        assert_close(compiled(x), model(x))
