"""Transformers of timm, with random weights: their chains are maps of what they run."""

import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.models.block_chain import block_chain
from ppl_mm.registry import MODELS

pytest.importorskip('timm')

VITS = (
    *('vit_tiny_patch16_224', 'deit_tiny_patch16_224', 'deit_tiny_distilled_patch16_224'),
    *('deit3_small_patch16_224', 'vit_small_patch14_reg4_dinov2', 'vit_pwee_patch16_reg1_gap_256'),
)
SWINS = ('swin_tiny_patch4_window7_224', 'swin_s3_tiny_224')


def timm_backbone(name, **settings):
    config = dict(type='TIMMBackbone', model_name=name, dynamic_img_size=True) | settings
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        backbone = MODELS.build(config)
    backbone.eval()  # mmpretrain's backbones return None from it
    return backbone


def as_map(backbone, x):
    """What timm makes of images of whole patches, as a map."""
    model = backbone.timm_model
    found = model.forward_features(x)
    if found.ndim == 4:  # Swin's, with channels last
        return found.permute(0, 3, 1, 2)
    found = getattr(model, 'fc_norm', torch.nn.Identity())(found)
    rows = x.shape[2] // model.patch_embed.patch_size[0]
    return found[:, model.num_prefix_tokens :].transpose(1, 2).unflatten(2, (rows, -1))


@pytest.mark.parametrize('name', [*VITS, *SWINS])
def test_a_chain_is_the_map_of_what_the_network_runs(name):
    torch.manual_seed(0)
    backbone = timm_backbone(name)
    chain = block_chain(backbone)
    x = torch.rand(1, 3, 4 * 32, 6 * 32) if name in SWINS else torch.rand(1, 3, 112, 224)
    x = x[..., : 4 * chain.stride, : 6 * chain.stride]
    with torch.no_grad():
        whole, expected = chain(x), as_map(backbone, x)
        cut = chain[len(chain) // 2 :](chain[: len(chain) // 2](x))
    torch.testing.assert_close(whole, expected)
    torch.testing.assert_close(cut, expected)
    assert whole.shape == (1, chain[-1].channels, 4, 6)
    assert [block.own_form for block in chain] == [False] * (len(chain) - 1) + [True]


@pytest.mark.parametrize('name', ['vit_tiny_patch16_224', 'swin_tiny_patch4_window7_224'])
def test_sides_of_any_length_are_padded_to_whole_patches(name):
    chain, x = block_chain(timm_backbone(name)), torch.rand(1, 3, 70, 101)
    patch = chain[0].stride
    padded = torch.zeros(1, 3, -(-70 // patch) * patch, -(-101 // patch) * patch)
    padded[..., :70, :101] = x
    with torch.no_grad():
        assert torch.equal(chain(x), chain(padded))


def test_features_of_every_block_are_the_cells_alone():
    chain, x = (
        block_chain(timm_backbone('deit_tiny_distilled_patch16_224')),
        torch.rand(1, 3, 64, 64),
    )
    with torch.no_grad():
        _, outputs = chain.run(x, range(len(chain)))
    found = [chain[k].features(outputs[k]).shape for k in range(len(chain))]
    assert found == [(1, 192, 4, 4)] * 13


@pytest.mark.parametrize('name', ['vit_tiny_patch16_224', 'swin_tiny_patch4_window7_224'])
@pytest.mark.parametrize('neck', [None, dict(type='ppl_mm.PatchLearning', position=2, grid=2)])
def test_plain_and_patch_learning_train_on_it(name, neck):
    torch.manual_seed(0)
    backbone = dict(type='mmpretrain.TIMMBackbone', model_name=name, dynamic_img_size=True)
    head = dict(type='ppl_mm.CAMHead', num_classes=3)
    classifier = dict(type='ppl_mm.CAMClassifier', backbone=backbone, neck=neck, head=head)
    model, images = MODELS.build(classifier), torch.rand(2, 3, 128, 128)
    samples = [DataSample().set_gt_label([one]) for one in (0, 2)]
    for sample in samples:
        sample.set_gt_score(torch.eye(3)[sample.gt_label].sum(0))
    model.loss(images, samples)['loss'].backward()
    assert all(weight.grad is not None for weight in model.parameters() if weight.requires_grad)
    model.eval()
    with torch.no_grad():
        cam = model.predict(images, samples)[0].cam
    side = 128 // block_chain(model.backbone).stride
    assert cam.shape == (3, side, side)


@pytest.mark.parametrize(
    'name, settings, message',
    [
        ('vit_tiny_patch16_224', dict(dynamic_img_size=False), 'set dynamic_img_size=True'),
        ('swin_tiny_patch4_window7_224', dict(dynamic_img_size=False), 'dynamic_img_size=True'),
        ('vit_tiny_patch16_224', dict(patch_drop_rate=0.5), 'set patch_drop_rate=0'),
        ('vit_tiny_r_s16_p8_224', {}, 'its patches are made by HybridEmbed'),
    ],
)
def test_settings_without_a_map_are_one_line(name, settings, message):
    with pytest.raises(UserError) as caught:
        block_chain(timm_backbone(name, **settings))
    assert message in str(caught.value) and '\n' not in str(caught.value)
