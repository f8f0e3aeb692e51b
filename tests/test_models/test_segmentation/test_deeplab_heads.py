import pytest
import torch
from mmengine.registry import DefaultScope

from ppl_mm.models import DeepLabV1Head, DeepLabV2Head
from ppl_mm.registry import MODELS

HEADS = [DeepLabV1Head, DeepLabV2Head]


def slow_dilated_conv(x, weight, bias, dilation):
    """A 3x3 convolution by its sum, over an image padded with zeros."""
    _, _, height, width = x.shape
    out = bias[None, :, None, None].expand(len(x), -1, height, width).clone()
    for i in range(height):
        for j in range(width):
            for a in (-1, 0, 1):
                for b in (-1, 0, 1):
                    y, z = i + a * dilation, j + b * dilation
                    if 0 <= y < height and 0 <= z < width:
                        out[:, :, i, j] += x[:, :, y, z] @ weight[:, :, a + 1, b + 1].T
    return out


def test_v2_is_the_sum_of_its_convolutions():
    head = DeepLabV2Head(3, num_classes=4, dilations=(1, 2, 6)).double()
    x = torch.rand(2, 3, 7, 8, dtype=torch.float64)
    expected = sum(
        slow_dilated_conv(x, conv.weight, conv.bias, dilation)
        for conv, dilation in zip(head.convs, (1, 2, 6), strict=True)
    )
    torch.testing.assert_close(head((None, x)), expected)


def test_v1_by_hand():
    head = DeepLabV1Head(3, 5, num_classes=4, dilation=2).double().eval()
    x = torch.rand(2, 3, 7, 8, dtype=torch.float64)
    fov, conv = head.conv_fov, head.conv
    assert fov.conv.bias is None and conv.conv.kernel_size == (1, 1)
    scale = (1 + fov.bn.eps) ** -0.5  # fresh batch norms in eval mode
    zero = torch.zeros(5, dtype=torch.float64)
    y = slow_dilated_conv(x, fov.conv.weight, zero, 2).mul(scale).relu()
    y = torch.einsum('bchw,dc->bdhw', y, conv.conv.weight[..., 0, 0])
    y = y.mul(scale).relu()
    expected = torch.einsum('bchw,dc->bdhw', y, head.conv_seg.weight[..., 0, 0])
    expected = expected + head.conv_seg.bias[None, :, None, None]
    torch.testing.assert_close(head((x,)), expected)


def test_published_sizes():
    head = DeepLabV2Head(2048, num_classes=21)
    assert [conv.dilation for conv in head.convs] == [(6, 6), (12, 12), (18, 18), (24, 24)]
    assert sorted({key.split('.')[0] for key in head.state_dict()}) == ['convs']
    head = DeepLabV1Head(4096, num_classes=21)
    assert head.conv_fov.conv.dilation == head.conv_fov.conv.padding == (12, 12)
    assert head.conv_fov.conv.out_channels == head.conv_seg.in_channels == 512


@pytest.mark.parametrize('head', HEADS)
def test_every_parameter_learns(head):
    head = head(8, 6, num_classes=3)
    head.init_weights()
    logits = head([torch.rand(2, 8, 30, 31)])
    assert logits.shape == (2, 3, 30, 31)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in head.parameters())


@pytest.mark.parametrize('head', HEADS)
@pytest.mark.parametrize('scope', ['mmseg', 'mmpretrain'])
def test_loss_is_mmsegs_in_any_scope(head, scope):
    with DefaultScope.overwrite_default_scope(scope):
        built = MODELS.build(dict(type=f'ppl_mm.{head.__name__}', in_channels=8, num_classes=3))
    assert isinstance(built, head)
    assert type(built.loss_decode).__module__.startswith('mmseg.')


def test_initial_widths():
    torch.manual_seed(0)
    head = DeepLabV2Head(256, num_classes=4)
    head.init_weights()
    for conv in head.convs:
        assert conv.weight.std().item() == pytest.approx(0.01, rel=0.05)
        assert not conv.bias.any()
