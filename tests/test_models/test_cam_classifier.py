import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DefaultScope
from mmpretrain.models import ImageClassifier
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.models import block_chain
from ppl_mm.registry import MODELS

RESNET = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)
PL = dict(type='ppl_mm.PatchLearning', position=4, grid=2)
FUSION = dict(type='ppl_mm.MultiGranularityFusion', positions=(2, 4, 6), grids=(2, 2, 4))
HEAD = dict(type='ppl_mm.CAMHead', num_classes=3)
IMAGES = torch.rand(2, 3, 64, 64)


def build(neck=None, backbone=RESNET, **kwargs):
    model = MODELS.build(
        dict(type='ppl_mm.CAMClassifier', backbone=backbone, neck=neck, head=HEAD, **kwargs)
    )
    torch.manual_seed(0)
    for module in model.modules():  # not the identity, and not zero
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    return model.eval()


@pytest.mark.parametrize('neck, branches', [(None, 1), (PL, 2), (FUSION, 4)])
def test_the_head_gets_as_many_channels_as_there_are_branches(neck, branches):
    model = build(neck)
    assert model.head.branches == branches
    assert model.head.classifier.in_channels == branches * 64
    with torch.no_grad():
        (feats,) = model.extract_feat(IMAGES)
        assert feats.shape == (2, branches * 64, 2, 2)
        # The first part is always the global one.
        assert torch.equal(feats[:, :64], model.backbone(IMAGES)[-1])
        assert torch.equal(model(IMAGES), model.head((feats,)))


def test_each_stage_of_extraction():
    model = build(PL)
    with torch.no_grad():
        plain = model.backbone(IMAGES)
        for a, b in zip(model.extract_feat(IMAGES, 'backbone'), plain, strict=True):
            assert torch.equal(a, b)
        feats = model.extract_feat(IMAGES, 'neck')
        assert torch.equal(model.extract_feat(IMAGES, 'pre_logits'), feats[0])


def test_without_a_neck_it_is_an_image_classifier():
    model = build()
    plain = MODELS.build(
        dict(type='mmpretrain.ImageClassifier', backbone=RESNET, head=dict(HEAD, in_channels=64))
    ).eval()
    plain.load_state_dict(model.state_dict())
    assert type(plain) is ImageClassifier
    with torch.no_grad():
        assert torch.equal(model(IMAGES), plain(IMAGES))


def test_loss_and_prediction():
    model = build(PL)
    labels = [[0], [1, 2]]
    samples = [DataSample().set_gt_label(label) for label in labels]
    target = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    loss = model.loss(IMAGES, samples)['loss']
    torch.testing.assert_close(loss, F.multilabel_soft_margin_loss(model(IMAGES), target))
    with torch.no_grad():
        out = model.predict(IMAGES, samples)
    assert [tuple(sample.cam.shape) for sample in out] == [(3, 2, 2)] * 2


@pytest.mark.parametrize('size', [(33, 97), (64, 65), (50, 41)])
def test_images_of_any_size(size):
    for neck in (PL, FUSION):
        model = build(neck)
        with torch.no_grad():
            (feats,) = model.extract_feat(torch.rand(1, 3, *size))
            assert feats.shape[2:] == model.backbone(torch.rand(1, 3, *size))[-1].shape[2:]


@pytest.mark.parametrize('scope', ['mmpretrain', 'mmseg'])
def test_buildable_from_both_scopes(scope):
    with DefaultScope.overwrite_default_scope(scope):
        model = build(PL)
    assert type(model.head.loss_module).__module__.startswith('mmpretrain')
    assert type(model.data_preprocessor).__module__.startswith('mmpretrain')


@pytest.mark.parametrize(
    'neck, message',
    [
        (dict(PL, position=8), r'position=8 is outside .*0\.\.7'),
        (dict(PL, position=-1), 'position=-1 is outside'),
        (dict(PL, grid=0), 'grid must be'),
        (dict(FUSION, positions=(2, 4, 9)), 'position=9'),
        (dict(FUSION, grids=(2, 2)), 'one grid for each position'),
    ],
)
def test_a_wrong_neck_is_an_error_when_it_is_built(neck, message):
    with pytest.raises(UserError, match=message):
        build(neck)


def test_a_backbone_without_a_chain_says_so():
    with pytest.raises(UserError, match='HRNet: no block chain is known'):
        build(PL, backbone=dict(type='mmpretrain.HRNet', arch='w18'))


def test_the_neck_in_a_plain_classifier_says_where_it_belongs():
    model = MODELS.build(
        dict(
            type='mmpretrain.ImageClassifier',
            backbone=RESNET,
            neck=PL,
            head=dict(HEAD, in_channels=128),
        )
    )
    with pytest.raises(UserError, match="type='ppl_mm.CAMClassifier'"):
        model(IMAGES)


def test_patches_are_cut_at_the_stage_of_the_neck():
    model = build(PL)
    with torch.no_grad():
        first = model(IMAGES)
        model.neck.set_stage(6, 2)
        second = model(IMAGES)
        model.neck.set_stage(4, 2)
        assert torch.equal(model(IMAGES), first)
    assert not torch.equal(second, first)
    assert len(block_chain(model.backbone)) == 9
