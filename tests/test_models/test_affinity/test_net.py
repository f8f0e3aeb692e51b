"""AffinityNet and its loss, against loops over pairs of pixels."""

import copy
import math

import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from ppl_mm.errors import UserError
from ppl_mm.models import AffinityLoss, AffinityNet, block_chain
from ppl_mm.models.affinity.neighbourhood import half_disc, pair_affinities
from ppl_mm.models.affinity.net import AffinityHead

KINDS = ('loss_background', 'loss_foreground', 'loss_different')


def slow_loss(features, labels, radius, weights=(0.25, 0.25, 0.5)):
    """The three losses by their definition, one pair after another."""
    sums, counts = [0.0, 0.0, 0.0], [0, 0, 0]
    batch, _, height, width = features.shape
    pixels = [(y, x) for y in range(height) for x in range(width)]
    for b in range(batch):
        for i, p in enumerate(pixels):
            for q in pixels[i + 1 :]:
                one, two = (labels[b, y, x].item() for y, x in (p, q))
                if math.dist(p, q) >= radius or 255 in (one, two):
                    continue
                far = (features[b, :, p[0], p[1]] - features[b, :, q[0], q[1]]).abs().mean()
                affinity = torch.exp(-far)
                kind = 2 if one != two else 1 if one > 0 else 0
                right = 1 - affinity if kind == 2 else affinity
                sums[kind] = sums[kind] - torch.log(right + 1e-5)
                counts[kind] += 1
    return [
        weight * total / count if count else torch.tensor(0.0)
        for weight, total, count in zip(weights, sums, counts, strict=True)
    ]


@pytest.mark.parametrize('size, radius', [((5, 6), 3), ((3, 7), 5)])
def test_loss_and_gradient(size, radius):
    features = torch.randn(2, 4, *size, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 0, 1, 3, 255])[torch.randint(5, (2, *size))]
    expected = slow_loss(features, labels, radius)
    (slope,) = torch.autograd.grad(sum(expected), features)
    losses = AffinityLoss()(pair_affinities(features, radius), labels, radius)
    assert tuple(losses) == KINDS
    for loss, value in zip(losses.values(), expected, strict=True):
        torch.testing.assert_close(loss, value)
    (own,) = torch.autograd.grad(sum(losses.values()), features)
    torch.testing.assert_close(own, slope)


def test_weights_of_the_kinds():
    features = torch.randn(1, 2, 4, 4)
    labels = torch.randint(3, (1, 4, 4))
    affinities = pair_affinities(features, 3)
    default = AffinityLoss()(affinities, labels, 3)
    other = AffinityLoss(1, 0, 5)(affinities, labels, 3)
    assert [(other[kind] / default[kind]).item() for kind in KINDS] == (pytest.approx([4, 0, 10]))


@pytest.mark.parametrize('label, zero', [(0, KINDS[1:]), (2, KINDS[::2]), (255, KINDS)])
def test_kinds_without_a_pair_add_nothing(label, zero):
    features = torch.randn(1, 2, 5, 5, requires_grad=True)
    losses = AffinityLoss()(pair_affinities(features, 3), torch.full((1, 5, 5), label), 3)
    assert {kind for kind in KINDS if losses[kind] == 0} == set(zero)
    sum(losses.values()).backward()
    assert features.grad.isfinite().all()
    assert (features.grad == 0).all() == (len(zero) == 3)


def test_ignored_pixels_move_nothing():
    features = torch.randn(1, 2, 5, 5, requires_grad=True)
    labels = torch.randint(2, (1, 5, 5))
    labels[0, 2:, :] = 255
    losses = AffinityLoss()(pair_affinities(features, 3), labels, 3)
    sum(losses.values()).backward()
    assert (features.grad[0, :, 2:] == 0).all()
    assert (features.grad[0, :, :2] != 0).any()


def samples(labels):
    return [SegDataSample(gt_sem_seg=PixelData(data=label[None])) for label in labels]


def test_every_family_of_backbones_learns(backbone):
    last = len(block_chain(backbone)) - 1
    net = AffinityNet(backbone, taps=(last // 2, -1), channels=(3, 5))
    assert net.taps == (last // 2, last)
    images, labels = torch.rand(2, 3, 64, 70), torch.randint(3, (2, 64, 70))
    losses = net(images, samples(labels), mode='loss')
    sum(losses.values()).backward()
    unused = [
        name for name, value in net.named_parameters() if value.requires_grad and value.grad is None
    ]
    assert not unused
    assert all(value.isfinite().all() for value in losses.values())


def small_net(make_backbone, **settings):
    settings = dict(dict(taps=(2, 6), channels=(4, 6)), **settings)
    return AffinityNet(make_backbone('resnet18'), **settings)


def test_what_lies_after_the_last_tap_is_neither_run_nor_trained(make_backbone):
    net = small_net(make_backbone)
    blocks = block_chain(net.backbone)

    def fail(*_):
        raise AssertionError('a block after the last tap was run')

    blocks[7].layers[0].register_forward_pre_hook(fail)
    net(torch.rand(1, 3, 32, 32))
    trained = [
        any(value.requires_grad for layer in block.layers for value in layer.parameters())
        for block in blocks
    ]
    assert trained == [True] * 7 + [False] * 2


@pytest.mark.parametrize('stride', [4, 8, 16])
@pytest.mark.parametrize('size', [(1, 1), (1, 50), (37, 41), (64, 48)])
def test_sizes(make_backbone, stride, size):
    net = small_net(make_backbone, stride=stride).eval()
    cells = tuple(math.ceil(side / stride) for side in size)
    image = torch.rand(1, 3, *size)
    with torch.no_grad():
        assert net(image).shape == (1, 10, *cells)
        affinities = net(image, mode='predict')
    assert affinities.shape == (1, 34, *cells)
    assert affinities.min() >= 0 and affinities.max() <= 1


@pytest.mark.parametrize('groups', [None, 2])
def test_features_by_hand(make_backbone, groups):
    net = small_net(make_backbone, stride=4, norm_groups=groups).eval()
    image = torch.rand(1, 3, 32, 40)
    with torch.no_grad():
        x, parts = image, []
        for index, block in enumerate(block_chain(net.backbone)[:7]):
            x = block(x)
            if index in net.taps:
                conv = net.head.reduce[len(parts)]
                part = torch.einsum('bchw,dc->bdhw', x, conv.weight[..., 0, 0])
                if groups:
                    both = part.view(1, groups, -1)
                    both = (both - both.mean(2, keepdim=True)) / (
                        both.var(2, keepdim=True, correction=0) + 1e-5
                    ).sqrt()
                    part = both.view_as(part)
                part = torch.where(part > 0, part, part.exp() - 1)
                parts.append(torch.nn.functional.interpolate(part, size=(8, 10), mode='bilinear'))
        mixed = torch.einsum('bchw,dc->bdhw', torch.cat(parts, 1), net.head.mix.weight[..., 0, 0])
        expected = torch.where(mixed > 0, mixed, mixed.exp() - 1)
        torch.testing.assert_close(net(image), expected)


def test_labels_are_those_of_the_cells(make_backbone):
    net = small_net(make_backbone, stride=4)
    cells = torch.tensor([0, 1, 255])[torch.randint(3, (1, 8, 8))]
    pixels = torch.randint(5, (1, 32, 32))
    pixels[:, 2::4, 2::4] = cells  # in the middle of each
    image = torch.rand(1, 3, 32, 32)
    losses = net(image, samples(pixels), mode='loss')
    expected = AffinityLoss()(net(image, mode='predict'), cells, 5)
    torch.testing.assert_close(losses, expected)


def test_it_learns_where_the_border_is(make_backbone):
    image, label = torch.zeros(1, 3, 32, 32), torch.zeros(1, 32, 32).long()
    image[..., 16:], label[..., 16:] = 1, 2
    image += 0.1 * torch.randn_like(image)
    net = small_net(make_backbone, stride=4)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(30):
        loss = sum(net(image, samples(label), mode='loss').values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = net.eval()(image, mode='predict')[0, half_disc(5).index((0, 1))]
    assert right[:, 3].max() < 0.3 * right[:, [0, 1, 5, 6]].min()


@pytest.mark.parametrize('size', [0.1, 10])
def test_with_norms_distances_start_alike_at_any_size_of_features(size):
    torch.manual_seed(0)
    head = AffinityHead([8, 16], [32, 64], norm_groups=4)
    maps = [size * torch.randn(1, 8, 16, 16), size * torch.randn(1, 16, 16, 16)]
    features = head(maps, (16, 16), [(1, 1)] * 2)
    distances = -pair_affinities(features, 1.5)[..., :-1, 1:-1].log()
    assert 0.5 < distances.mean() < 1.5


def test_a_copy_and_a_state_dict_are_the_same_network(make_backbone):
    net = small_net(make_backbone).eval()
    other = small_net(make_backbone).eval()
    other.load_state_dict(net.state_dict())
    image = torch.rand(1, 3, 32, 32)
    assert torch.equal(net(image), other(image))
    assert torch.equal(net(image), copy.deepcopy(net)(image))


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(taps=(2, 9)), 'taps has 9, outside the chain of 9 blocks'),
        (dict(taps=(-10, 2)), 'taps has -10'),
        (dict(taps=(2,)), 'must be as many'),
        (dict(taps=(), channels=()), 'must be as many'),
        (dict(radius=1), 'radius=1'),
        (dict(stride=0), 'stride=0'),
    ],
)
def test_wrong_settings(make_backbone, settings, message):
    with pytest.raises(UserError, match=message):
        small_net(make_backbone, **settings)


def test_an_unknown_mode(make_backbone):
    with pytest.raises(ValueError, match='mode'):
        small_net(make_backbone)(torch.rand(1, 3, 32, 32), mode='train')
