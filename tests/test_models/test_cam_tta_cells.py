"""CAMTTAModel: a cell of a map lies where its pixels do, whatever a backbone pads."""

import pytest
import torch
import torch.nn.functional as F
from test_models.tta_views import run, views_of
from torch import nn

from ppl_mm.cams import normalize_cam
from ppl_mm.models import Block, register_block_chain
from ppl_mm.registry import MODELS


def build_padding(backbone):
    """A model whose backbone pads, drops or stretches, see the tests' conftest."""
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='ppl_mm.CAMTTAModel',
            cam_stride=1,
            module=dict(
                type='ppl_mm.CAMClassifier',
                backbone=backbone,
                head=dict(
                    type='ppl_mm.CAMHead',
                    num_classes=5,
                    init_cfg=dict(type='Normal', layer='Conv2d', std=1),
                ),
            ),
        )
    ).eval()


@pytest.mark.parametrize('flip', [False, True])
@pytest.mark.parametrize('name, stride', [('vit', 8), ('vit_cut', 8), ('deit', 8)])
def test_what_a_transformer_pads_is_cut_off(make_backbone, name, stride, flip):
    """Padded by hand the maps are the same: those of the part that is the image."""
    model = build_padding(make_backbone(name))
    image = torch.rand(3, 2 * stride + 3, 5 * stride - 2)
    height, width = image.shape[1:]
    (out,) = run(model, views_of(image, [0, 1, 2, 3, 4], flips=(flip,)))
    with torch.no_grad():
        seen = image.flip(-1) if flip else image
        by_hand = F.pad(seen, (0, -width % stride, 0, -height % stride))[None]
        raw = model.module.predict(by_hand)[0].cam.relu()
    expected = F.interpolate(raw[None], scale_factor=stride, mode='bilinear')[0]
    expected = expected[:, :height, :width]
    torch.testing.assert_close(out.cam, normalize_cam(expected.flip(-1) if flip else expected))


@pytest.mark.parametrize(
    'name, stride, cells',
    [('swin', 16, 4), ('swin_cut', 8, 4), ('convnext_cut', 16, 3), ('vgg11_pool', 32, 3)],
)
def test_a_cell_is_as_wide_as_the_stride(make_backbone, name, stride, cells):
    """Whether a half cell at the right is padded to a whole one, or dropped."""
    model = build_padding(make_backbone(name))
    image = torch.rand(3, 4 * stride, 3 * stride + stride // 2)
    (out,) = run(model, views_of(image, [0, 1, 2, 3, 4]))
    with torch.no_grad():
        raw = model.module.predict(image[None])[0].cam.relu()
    assert raw.shape[1:] == (4, cells)
    shown = F.interpolate(raw[None], scale_factor=stride, mode='bilinear')[
        0, ..., : out.cam.shape[-1]
    ]
    torch.testing.assert_close(out.cam[..., : cells * stride], normalize_cam(shown))


def test_an_ideal_map_lies_on_its_object():
    """Mean brightness of 16 x 16 patches finds a bright square where it is."""

    class Brightness(nn.Module):
        def forward(self, images):
            return (F.avg_pool2d(F.pad(images, (0, -WIDTH % 16, 0, -HEIGHT % 16)), 16),)

    def chain(backbone):
        return [Block('patches', (lambda x: backbone(x)[0],), 16, 3, tiles=True)]

    HEIGHT, WIDTH = 65, 97
    register_block_chain(f'{Brightness.__module__}.{Brightness.__qualname__}')(chain)
    image = torch.zeros(3, HEIGHT, WIDTH)
    image[:, 32:64, 64:96] = 1
    model = build_padding(Brightness())
    with torch.no_grad():
        model.module.head.classifier.weight.fill_(1 / 3)
    (out,) = run(model, views_of(image, [0], flips=(False, True)))
    rows, columns = (out.cam[0] > 0.5).nonzero().T
    edges = [rows.min(), rows.max() + 1, columns.min(), columns.max() + 1]
    assert all(abs(int(a) - b) <= 1 for a, b in zip(edges, (32, 64, 64, 96), strict=True))
