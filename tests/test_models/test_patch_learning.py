import pytest
import torch
from test_models.closeness import TOLERANCE, assert_close

from ppl_mm.errors import UserError
from ppl_mm.models import MultiGranularityFusion, PatchLearning, block_chain
from ppl_mm.models.patch_learning import patch_branch
from ppl_mm.models.patch_ops import as_grid


def positions(chain):
    """Early, in the middle, and just before the last block."""
    return sorted({1, len(chain) // 2, len(chain) - 2})


def slow_patch_branch(features, tail, grid, size):
    """Patch by patch, image by image, as the formula says."""
    batch, channels, height, width = features.shape
    rows, columns = as_grid(grid)
    sides = []
    for side, count in ((height, rows), (width, columns)):
        unit = count * tail.stride
        sides.append(-(-side // unit) * unit if count > 1 else side)
    padded = features.new_zeros(batch, channels, *sides)
    padded[:, :, :height, :width] = features
    h, w = sides[0] // rows, sides[1] // columns
    images = []
    for image in padded:
        strips = []
        for i in range(rows):
            outs = [
                tail(image[None, :, i * h : (i + 1) * h, j * w : (j + 1) * w])
                for j in range(columns)
            ]
            strips.append(torch.cat(outs, dim=3))
        images.append(torch.cat(strips, dim=2)[..., : size[0], : size[1]])
    return torch.cat(images)


def branch_of(chain, x, position, grid):
    features = chain[: position + 1](x)
    tail = chain[position + 1 :]
    whole = tail(features)
    return whole, patch_branch(features, tail, grid, whole.shape[2:])


@pytest.mark.parametrize(
    'size, grid', [((64, 64), 2), ((64, 64), (4, 2)), ((50, 75), 3), ((50, 75), (1, 3))]
)
def test_patch_branch_is_the_slow_loop(backbone, size, grid):
    x = torch.rand(2, 3, *size)
    chain = block_chain(backbone)
    for position in positions(chain):
        with torch.no_grad():
            whole, fast = branch_of(chain, x, position, grid)
            slow = slow_patch_branch(
                chain[: position + 1](x), chain[position + 1 :], grid, whole.shape[2:]
            )
        assert fast.shape == whole.shape
        assert_close(fast, slow)


@pytest.mark.parametrize('grid', [2, (3, 1)])
def test_gradients_are_those_of_the_slow_loop(backbone, grid):
    x = torch.rand(1, 3, 50, 66)
    chain = block_chain(backbone)
    position = len(chain) // 2
    tail = chain[position + 1 :]
    with torch.no_grad():
        features = chain[: position + 1](x)
        size = tail(features).shape[2:]
    weight = torch.rand(1, chain.channels, *size)
    gradients = []
    for branch in (patch_branch, slow_patch_branch):
        backbone.zero_grad()
        leaf = features.clone().requires_grad_()
        (branch(leaf, tail, grid, size) * weight).sum().backward()
        gradients.append(
            {name: p.grad for name, p in backbone.named_parameters() if p.grad is not None}
            | dict(features=leaf.grad)
        )
    fast, slow = gradients
    assert len(fast) > 1 and fast.keys() == slow.keys()
    # A gradient that is zero but for rounding has no scale of its own.
    largest = max(grad.abs().max() for grad in slow.values())
    for name, expected in slow.items():
        error = (fast[name] - expected).abs().max()
        scale = max(expected.abs().max(), 1e-3 * largest)
        assert error / scale <= TOLERANCE, name


@pytest.mark.parametrize('size', [(64, 64), (45, 70)])
def test_one_patch_is_the_whole(backbone, size):
    chain = block_chain(backbone)
    for position in positions(chain):
        with torch.no_grad():
            whole, patches = branch_of(chain, torch.rand(1, 3, *size), position, 1)
        assert torch.equal(whole, patches)


def test_what_one_patch_sees_stays_in_it(backbone):
    chain = block_chain(backbone)
    for position in positions(chain):
        tail = chain[position + 1 :]
        with torch.no_grad():
            features = chain[: position + 1](torch.rand(1, 3, 128, 128))
            size = tail(features).shape[2:]
            before = patch_branch(features, tail, 2, size)
            h, w = (side // 2 for side in features.shape[2:])
            features[..., h:, :w] += torch.rand(h, w)  # patch (1, 0)
            after = patch_branch(features, tail, 2, size)
        changed = (before != after).any(dim=1)[0]
        h, w = (side // 2 for side in size)
        assert changed[h:, :w].any()
        changed[h:, :w] = False
        assert not changed.any()


@pytest.mark.parametrize('position', [2, -3])
def test_patch_learning_concatenates_both_branches(make_backbone, position):
    chain = block_chain(make_backbone('resnet18'))
    x = torch.rand(2, 3, 50, 66)
    neck = PatchLearning(position, (2, 3)).eval()
    with torch.no_grad():
        out = neck(x, chain)
        whole, patches = branch_of(chain, x, position % len(chain), (2, 3))
    assert torch.equal(out, torch.cat([whole, patches], dim=1))
    assert out.shape[1] == neck.out_channels(chain.channels)


def test_fusion_concatenates_all_branches(make_backbone):
    chain = block_chain(make_backbone('resnet18'))
    x = torch.rand(2, 3, 50, 66)
    neck = MultiGranularityFusion((1, 4, -2), (2, (1, 3), 4)).eval()
    with torch.no_grad():
        out = neck(x, chain)
        expected = [chain(x)] + [
            branch_of(chain, x, position, grid)[1]
            for position, grid in ((1, 2), (4, (1, 3)), (7, 4))
        ]
    assert torch.equal(out, torch.cat(expected, dim=1))
    assert out.shape[1] == neck.out_channels(chain.channels)


def test_gradient_of_a_fused_patch_branch_stops_at_its_cut(backbone):
    chain = block_chain(backbone)
    cuts = positions(chain)
    channels = chain.channels
    out = MultiGranularityFusion(cuts, [2] * len(cuts))(torch.rand(1, 3, 64, 64), chain)
    parts = out.split(channels, dim=1)
    weights = [
        [p for layer in block.layers for p in getattr(layer, 'parameters', list)()]
        for block in chain
    ]
    for cut, part in zip([-1, *cuts], parts, strict=True):
        backbone.zero_grad()
        part.square().sum().backward(retain_graph=True)
        for index, params in enumerate(weights):
            if not params:
                continue
            touched = any(p.grad is not None and p.grad.any() for p in params)
            assert touched == (index > cut), (cut, chain[index].name)


def test_gradient_of_patch_learning_reaches_all_blocks(backbone):
    chain = block_chain(backbone)
    out = PatchLearning(len(chain) - 2, 2)(torch.rand(1, 3, 64, 64), chain)
    out[:, chain.channels :].square().sum().backward()
    first = next(backbone.parameters())
    assert first.grad is not None and first.grad.any()


@pytest.mark.parametrize('positions, grids', [((), ()), ((1, 2), (2,)), ((1,), (2, 2))])
def test_each_fused_position_needs_a_grid(positions, grids):
    with pytest.raises(UserError, match='one grid for each position'):
        MultiGranularityFusion(positions, grids)


def test_training_crop_too_small_for_the_grid(make_backbone):
    chain = block_chain(make_backbone('resnet18'))  # stride 32
    x = torch.rand(1, 3, 64, 64)  # 16 cells after the stem, tail stride 8
    for neck in (PatchLearning(0, 3), MultiGranularityFusion([0], [3])):
        neck.eval()
        with torch.no_grad():
            assert neck(x, chain).shape[2:] == (2, 2)
        neck.train()
        with pytest.raises(UserError, match='training crop is too small .*3'):
            neck(x, chain)


def test_training_crops_whose_patches_all_hold_something(make_backbone):
    chain = block_chain(make_backbone('resnet18'))
    for size, grid in ((65, 3), (96, 3), (128, 4), (33, 2), (128, (1, 4))):
        neck = PatchLearning(0, grid).train()
        neck(torch.rand(2, 3, size, size), chain)
