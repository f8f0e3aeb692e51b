"""Weights that a config names: init_cfg, for a backbone and for a whole model."""

import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.models import ResNet, VisionTransformer
from networks import saved
from torch import nn

from ppl_mm.errors import UserError
from ppl_mm.models import DilatedMobileNetV2
from ppl_mm.registry import MODELS

SMALL = dict(stem_channels=8, base_channels=8)


def resnet(depth=18, **settings):
    return ResNet(depth, **{**SMALL, **settings})


def randomized(model):
    """The model with other statistics than a new one has."""
    for value in model.state_dict().values():
        if value.is_floating_point():
            value.copy_(torch.rand_like(value))
    return model


def from_file(build, path, capsys, **init):
    """A model that took its weights from a file, and what was printed."""
    model = build(init_cfg=dict(type='Pretrained', checkpoint=str(path), **init))
    model.init_weights()
    out = capsys.readouterr().out
    return model, [line for line in out.splitlines() if ' weights of ' in line]


def same(model, other):
    own = model.state_dict()
    return all(torch.equal(value, own[key]) for key, value in other.state_dict().items())


def prefixed(state, prefix):
    return {prefix + key: value for key, value in state.items()}


@pytest.mark.parametrize(
    'pack, init',
    [
        (lambda state: state, {}),
        (lambda state: dict(state_dict=state), {}),
        (lambda state: dict(model=state), {}),
        (lambda state: prefixed(state, 'module.'), {}),
        (lambda state: dict(model=prefixed(state, 'module.model.')), {}),
        (lambda state: prefixed(state, '_orig_mod.'), {}),
        (lambda state: prefixed(state, 'backbone.'), {}),
        (lambda state: prefixed(state, 'module.backbone.'), {}),
        (lambda state: dict(prefixed(state, 'backbone.'), **{'head.fc.weight': torch.ones(2)}), {}),
        (lambda state: dict(state, **{'fc.weight': torch.ones(5, 2)}), {}),
        (lambda state: prefixed(state, 'backbone.'), dict(prefix='backbone')),
        (lambda state: prefixed(state, 'backbone.'), dict(prefix='backbone.')),
        (lambda state: prefixed(state, 'module.backbone.'), dict(prefix='backbone')),
        (lambda state: state, dict(prefix='backbone')),
    ],
)
def test_every_form_of_a_backbones_file_is_loaded_and_reported(tmp_path, capsys, pack, init):
    source = randomized(resnet())
    path = saved(tmp_path / 'a.pth', pack(source.state_dict()))
    model, report = from_file(resnet, path, capsys, **init)
    assert same(model, source)
    assert len(report) == 1
    assert f'{path}: 120 of 120 weights of ResNet loaded' in report[0]


def test_what_is_not_used_is_named(tmp_path, capsys):
    state = dict(resnet().state_dict(), **{'fc.weight': torch.ones(5, 2), 'fc.bias': torch.ones(5)})
    _, report = from_file(resnet, saved(tmp_path / 'a.pth', state), capsys)
    assert '2 not used (fc.weight, fc.bias)' in report[0]


@pytest.mark.parametrize(
    'change, words',
    [
        (lambda state: prefixed(state, 'encoder.trunk.'), '100 missing (conv1.weight, '),
        (lambda state: {'other.weight': torch.ones(2)}, '100 missing'),
        (lambda state: resnet(34).state_dict(), 'unexpected (layer1.2.conv1.weight, '),
        (lambda state: resnet(50).state_dict(), 'of another shape (layer1.0.conv1.weight'),
        (lambda state: resnet(base_channels=16).state_dict(), 'of another shape (layer1.0.conv1'),
        (
            lambda state: {k: v for k, v in state.items() if k != 'layer4.1.bn2.running_var'},
            '1 missing (layer4.1.bn2.running_var)',
        ),
        (
            lambda state: {k: v.to(torch.int8) if v.ndim == 4 else v for k, v in state.items()},
            'conv1.weight torch.int8 instead of torch.float32',
        ),
        (lambda state: dict(state, **{'conv1.bias': torch.ones(8)}), '1 unexpected (conv1.bias)'),
    ],
)
def test_weights_of_another_network_are_refused_with_their_names(tmp_path, capsys, change, words):
    path = saved(tmp_path / 'a.pth', change(randomized(resnet()).state_dict()))
    with pytest.raises(UserError) as error:
        from_file(resnet, path, capsys)
    line = str(error.value)
    assert words in line and str(path) in line and '\n' not in line


def test_a_file_that_does_not_count_batches_is_fine(tmp_path, capsys):
    source = randomized(resnet())
    state = {k: v for k, v in source.state_dict().items() if 'num_batches' not in k}
    model, report = from_file(resnet, saved(tmp_path / 'a.pth', state), capsys)
    assert torch.equal(model.conv1.weight, source.conv1.weight)
    assert 'not in the file' not in report[0]


def test_a_backbone_may_end_earlier_than_its_file(tmp_path, capsys):
    path = saved(tmp_path / 'a.pth', resnet().state_dict())

    def short(**settings):
        return resnet(num_stages=2, strides=(1, 2), dilations=(1, 1), out_indices=(1,), **settings)

    _, report = from_file(short, path, capsys)
    assert 'not used (layer3.0.conv1.weight, ' in report[0]


@pytest.mark.parametrize('channels', [1, 4])
def test_filters_for_rgb_are_adapted_to_other_channels(tmp_path, capsys, channels):
    source = randomized(resnet())
    path = saved(tmp_path / 'a.pth', source.state_dict())

    def build(**settings):
        return resnet(in_channels=channels, **settings)

    model, report = from_file(build, path, capsys)
    assert '1 adapted (conv1.weight)' in report[0]
    grey = torch.rand(1, 1, 9, 9)  # looks alike in every channel
    new, old = (
        net.conv1(grey.expand(-1, n, -1, -1)) for net, n in ((model, channels), (source, 3))
    )
    if channels == 1:
        assert torch.allclose(new, old, atol=1e-5)
    red = source.conv1.weight[:, 0] * 3 / channels
    assert channels == 1 or torch.allclose(model.conv1.weight[:, 3], red)


def vit(size=32, **settings):
    arch = dict(embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32)
    return VisionTransformer(arch, img_size=size, patch_size=8, out_type='featmap', **settings)


def test_position_embeddings_are_resized_and_reported(tmp_path, capsys):
    source = randomized(vit())
    path = saved(tmp_path / 'a.pth', source.state_dict())
    model, report = from_file(lambda **kw: vit(64, **kw), path, capsys)
    assert '1 adapted (pos_embed)' in report[0]
    assert torch.equal(model.pos_embed[:, 0], source.pos_embed[:, 0])  # of the class token
    assert model.pos_embed.shape == (1, 65, 16)


def test_a_deeper_transformer_is_another_network(tmp_path, capsys):
    path = saved(tmp_path / 'a.pth', vit().state_dict())

    def build(**settings):
        arch = dict(embed_dims=16, num_layers=1, num_heads=2, feedforward_channels=32)
        return VisionTransformer(arch, img_size=32, patch_size=8, **settings)

    with pytest.raises(UserError, match=r'unexpected \(layers.1.ln1.weight'):
        from_file(build, path, capsys)


def test_our_own_backbones_have_the_same_loader(tmp_path, capsys):
    source = randomized(DilatedMobileNetV2(widen_factor=0.25))
    path = saved(tmp_path / 'a.pth', prefixed(source.state_dict(), 'module.backbone.'))
    model, _ = from_file(lambda **kw: DilatedMobileNetV2(widen_factor=0.25, **kw), path, capsys)
    assert same(model, source)


def classifier(classes, **settings):
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return MODELS.build(
            dict(
                type='ppl_mm.CAMClassifier',
                backbone=dict(type='ResNet', depth=18, **SMALL),
                neck=dict(type='ppl_mm.PatchLearning', position=2, grid=2),
                head=dict(type='ppl_mm.CAMHead', num_classes=classes),
                **settings,
            )
        )


def test_a_whole_model_may_have_another_head_but_not_another_backbone(tmp_path, capsys):
    source = randomized(classifier(4))
    path = saved(tmp_path / 'a.pth', source.state_dict())
    model, report = from_file(lambda **kw: classifier(3, **kw), path, capsys)
    assert same(model.backbone, source.backbone)
    assert '1 of another shape (head.classifier.weight (4, ' in report[0]
    state = {k: v for k, v in source.state_dict().items() if 'layer4.0.conv1' not in k}
    saved(path, state)
    with pytest.raises(UserError, match=r'1 missing \(backbone.layer4.0.conv1.weight\)'):
        from_file(lambda **kw: classifier(3, **kw), path, capsys)


def test_a_whole_model_takes_the_file_of_a_backbone(tmp_path, capsys):
    source = randomized(resnet())
    path = saved(tmp_path / 'a.pth', source.state_dict())
    model, report = from_file(lambda **kw: classifier(3, **kw), path, capsys)
    assert same(model.backbone, source)
    assert 'not in the file (neck.stage, head.classifier.weight' in report[0]


def test_norms_of_further_outputs_start_anew(tmp_path, capsys):
    """A file of ImageNet has one for the last feature map only."""
    from mmpretrain.models import SwinTransformer

    def swin(outputs, **settings):
        arch = dict(embed_dims=8, depths=[1, 1], num_heads=[1, 2])
        return SwinTransformer(arch, img_size=32, out_indices=outputs, window_size=4, **settings)

    source = randomized(swin((1,)))
    path = saved(tmp_path / 'a.pth', source.state_dict())
    model, report = from_file(lambda **kw: swin((0, 1), **kw), path, capsys)
    assert 'not in the file (norm0.weight, norm0.bias)' in report[0]
    assert torch.equal(model.norm1.weight, source.norm1.weight)
    state = {k: v for k, v in source.state_dict().items() if not k.startswith('norm1.')}
    with pytest.raises(UserError, match=r'missing \(norm1.weight, norm1.bias\)'):
        from_file(lambda **kw: swin((1,), **kw), saved(path, state), capsys)


def test_a_timm_network_is_found_below_its_wrapper(tmp_path, capsys):
    timm = pytest.importorskip('timm')
    from mmpretrain.models import TIMMBackbone

    source = randomized(timm.create_model('resnet18'))
    path = saved(tmp_path / 'a.pth', source.state_dict())
    build = lambda **kw: TIMMBackbone('resnet18', **kw)  # noqa: E731
    model, report = from_file(build, path, capsys)
    assert torch.equal(model.timm_model.conv1.weight, source.conv1.weight)
    assert isinstance(model, nn.Module) and 'not used (timm_model.fc.weight, ' in report[0]
