"""The features of cells come from the pass that makes the maps."""

import pytest
import torch
import torch.nn.functional as F

from ppl_mm.models import block_chain
from ppl_mm.models.cell_features import CellFeatures, reference_blocks
from ppl_mm.registry import MODELS

RESNET = dict(type='mmpretrain.ResNet', depth=18, stem_channels=8, base_channels=8)
LITE = dict(type='ppl_mm.EfficientNetLite', strides=(1, 2, 2, 2, 1), dilations=(1, 1, 1, 1, 2))
BACKBONES = [
    (dict(type='mmpretrain.ResNet', depth=50, strides=(1, 2, 2, 1)), (8, 16), (512, 1024)),
    (LITE, (8, 16), (40, 112)),
    (
        dict(type='mmpretrain.VisionTransformer', arch='deit-tiny', out_type='featmap'),
        (16,),
        (192,),
    ),
]


@pytest.mark.parametrize('backbone, strides, widths', BACKBONES)
def test_the_blocks_are_in_the_middle_of_the_network(backbone, strides, widths):
    network = MODELS.build(backbone)
    network.eval()
    chain = block_chain(network)
    assert tuple(chain[: k + 1].stride for k in reference_blocks(chain)) == strides
    cells = CellFeatures(chain)
    with torch.no_grad():
        cells.chain(torch.rand(1, 3, 64, 64))
    assert tuple(cells.widths) == widths
    assert cells.merged().shape == (1, sum(widths), 64 // strides[0], 64 // strides[0])


def classifier(backbone, neck=None):
    torch.manual_seed(0)
    head = dict(type='ppl_mm.CAMHead', num_classes=3)
    settings = dict(type='ppl_mm.CAMClassifier', backbone=backbone, neck=neck, head=head)
    model = MODELS.build(settings).eval()
    torch.nn.init.normal_(model.head.classifier.weight)
    return model


READERS = dict(averaged=lambda cells: cells.averaged(), merged=lambda cells: cells.merged())


def cells_of(chain, images, averaged):
    """The features, each block on its own, from the first layer on."""
    outputs = []
    for k in reference_blocks(chain):
        output = chain[k].features(chain[: k + 1](images))
        mean = F.avg_pool2d(output, 3, 1, 1, count_include_pad=False)
        outputs.append(mean if averaged else output)
    size = outputs[0].shape[-2:]
    return torch.cat([F.interpolate(one, size, mode='bilinear') for one in outputs], dim=1)


NECKS = {
    'none': None,
    'patches cut before': dict(type='ppl_mm.PatchLearning', position=1, grid=2),
    'patches cut behind': dict(type='ppl_mm.PatchLearning', position=-2, grid=3),
    'several cuts': dict(type='ppl_mm.MultiGranularityFusion', positions=[1, 4], grids=[2, 2]),
    'mixed': dict(type='ppl_mm.MixedPatchLearning', position=3, grid=2),
}


@pytest.mark.parametrize('neck', NECKS.values(), ids=NECKS)
@pytest.mark.parametrize('backbone', [RESNET, LITE], ids=['resnet', 'lite'])
def test_one_pass_makes_the_same_maps_and_cells(backbone, neck):
    model, images = classifier(backbone, neck), torch.rand(2, 3, 64, 96)
    passes = []
    block_chain(model.backbone)[0].layers[0].register_forward_hook(lambda *_: passes.append(1))
    with torch.no_grad():
        samples, cells = model.predict_with_cells(images, None, READERS)
        assert len(passes) == 1
        for sample, plain in zip(samples, model.predict(images), strict=True):
            assert torch.equal(sample.cam, plain.cam)
            assert torch.equal(sample.pred_score, plain.pred_score)
            assert sample.cam_extent == plain.cam_extent
        for name in READERS:
            expected = cells_of(block_chain(model.backbone), images, name == 'averaged')
            assert torch.equal(cells[name], expected)


def test_a_neck_of_another_library_sees_what_it_always_sees():
    backbone = RESNET | dict(out_indices=(2, 3))
    model, images = classifier(backbone), torch.rand(1, 3, 64, 64)
    seen = []

    class Neck(torch.nn.Module):
        def forward(self, feats):
            seen.append([one.shape for one in feats])
            return feats[-1:]

    model.neck = Neck()
    with torch.no_grad():
        (sample,), cells = model.predict_with_cells(images, None, READERS)
        (plain,) = model.predict(images)
        assert torch.equal(sample.cam, plain.cam) and seen[0] == seen[1] and len(seen[0]) == 2
        expected = cells_of(block_chain(model.backbone), images, averaged=False)
        assert torch.equal(cells['merged'], expected)
