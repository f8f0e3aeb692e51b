"""The published layers of ResNet38d, and a narrow network of them."""

import torch

from ppl_mm.models import ResNet38d

# name: in, middle, out, stride, dilation of both 3x3 convolutions; written
# out by hand from the table of PSA's network/resnet38d.py.
PLAIN = {
    'b2': (64, 128, 128, 2, 1, 1),
    'b2_1': (128, 128, 128, 1, 1, 1),
    'b2_2': (128, 128, 128, 1, 1, 1),
    'b3': (128, 256, 256, 2, 1, 1),
    'b3_1': (256, 256, 256, 1, 1, 1),
    'b3_2': (256, 256, 256, 1, 1, 1),
    'b4': (256, 512, 512, 2, 1, 1),
    'b4_1': (512, 512, 512, 1, 1, 1),
    'b4_2': (512, 512, 512, 1, 1, 1),
    'b4_3': (512, 512, 512, 1, 1, 1),
    'b4_4': (512, 512, 512, 1, 1, 1),
    'b4_5': (512, 512, 512, 1, 1, 1),
    'b5': (512, 512, 1024, 1, 1, 2),
    'b5_1': (1024, 512, 1024, 1, 2, 2),
    'b5_2': (1024, 512, 1024, 1, 2, 2),
}
BOTTLENECKS = {'b6': (1024, 512, 1024, 2048), 'b7': (2048, 1024, 2048, 4096)}


def expected_convolutions():
    """name: shape of the weight, stride, dilation."""
    convs = {'conv1a': ((64, 3, 3, 3), 1, 1)}
    for name, (before, mid, out, stride, first, second) in PLAIN.items():
        convs[f'{name}.conv_branch2a'] = ((mid, before, 3, 3), stride, first)
        convs[f'{name}.conv_branch2b1'] = ((out, mid, 3, 3), 1, second)
        if before != out or stride > 1:
            convs[f'{name}.conv_branch1'] = ((out, before, 1, 1), stride, 1)
    for name, (before, quarter, half, out) in BOTTLENECKS.items():
        convs[f'{name}.conv_branch2a'] = ((quarter, before, 1, 1), 1, 1)
        convs[f'{name}.conv_branch2b1'] = ((half, quarter, 3, 3), 1, 4)
        convs[f'{name}.conv_branch2b2'] = ((out, half, 1, 1), 1, 1)
        convs[f'{name}.conv_branch1'] = ((out, before, 1, 1), 1, 1)
    return convs


def expected_norms():
    """name: channels."""
    norms = {'bn7': 4096}
    for name, (before, mid, *_) in PLAIN.items():
        norms |= {f'{name}.bn_branch2a': before, f'{name}.bn_branch2b1': mid}
    for name, (before, quarter, half, _) in BOTTLENECKS.items():
        norms |= {
            f'{name}.bn_branch2a': before,
            f'{name}.bn_branch2b1': quarter,
            f'{name}.bn_branch2b2': half,
        }
    return norms


def tiny(**settings):
    """In training mode, with norms that are not the identity."""
    net = ResNet38d(width=0.125, **settings)
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if 'bn' in name and value.is_floating_point():
                value.uniform_(0.5, 1.5)
    return net.train()
