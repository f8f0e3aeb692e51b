import pytest
import torch
from mmseg.models.decode_heads import DepthwiseSeparableASPPHead
from mmseg.models.utils import resize

from ppl_mm.models import CAMClassifier, DeepLabCAMHead
from ppl_mm.registry import MODELS
from ppl_mm.utils.weights.loading import load_weights

DEEPLAB = dict(in_channels=4, in_index=1, channels=6, dilations=(1, 2))
DEEPLAB |= dict(c1_in_channels=3, c1_channels=2, align_corners=False)
BACKBONE = dict(type='ppl_mm.EfficientNetLite', strides=(1, 2, 2, 2, 1), dilations=(1, 1, 1, 1, 2))


def features():
    return [torch.rand(2, channels, side, side) for channels, side in ((3, 8), (4, 4), (5, 4))]


def head_of(**kwargs):
    return DeepLabCAMHead(num_classes=3, cam_index=2, cam_channels=5, **DEEPLAB, **kwargs)


@pytest.mark.parametrize('background', [True, False])
def test_the_map_is_added_to_what_deeplab_says(background):
    head, feats = head_of(background=background).eval(), features()
    deeplab = DepthwiseSeparableASPPHead(num_classes=3, **DEEPLAB).eval()
    deeplab.load_state_dict(head.state_dict(), strict=False)
    cam = torch.einsum('bchw,kc->bkhw', feats[2], head.cam.weight[..., 0, 0])
    expected = deeplab(feats)
    expected[:, int(background) :] += resize(cam, size=(8, 8), mode='bilinear')
    torch.testing.assert_close(head(feats), expected)


def test_every_parameter_learns():
    head = head_of(norm_cfg=dict(type='BN'))
    head.init_weights()
    assert head.cam.weight.std().item() < 0.02
    head(features()).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in head.parameters())


def test_it_starts_with_the_map_of_a_classifier():
    classifier = CAMClassifier(backbone=BACKBONE, head=dict(type='ppl_mm.CAMHead', num_classes=2))
    head = dict(DEEPLAB, in_channels=320, c1_in_channels=24, num_classes=3, dropout_ratio=0.0)
    network = MODELS.build(
        dict(
            type='mmseg.EncoderDecoder',
            backbone=dict(BACKBONE, out_indices=(2, 5, 6)),
            decode_head=dict(head, type='ppl_mm.DeepLabCAMHead', cam_index=2, cam_channels=1280),
        )
    )
    report = load_weights(network, classifier.state_dict(), 'classifier.pth')
    assert 'decode_head.cam' not in report and 'not used' not in report
    torch.nn.init.zeros_(network.decode_head.conv_seg.weight)
    torch.nn.init.zeros_(network.decode_head.conv_seg.bias)
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        logits = network.eval().encode_decode(images, [dict(img_shape=(64, 64))])
        cam = classifier.eval().head.cam(classifier.extract_feat(images))
    # The head's maps are as fine as its first input, and then as the image.
    fine = resize(resize(cam, size=(16, 16), mode='bilinear'), size=(64, 64), mode='bilinear')
    torch.testing.assert_close(logits[:, 1:], fine)
    assert not logits[:, 0].any()
