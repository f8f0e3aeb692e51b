import pytest
import torch

from ppl_mm.errors import UserError
from ppl_mm.models.patch_ops import as_grid, merge_patches, pad_to_grid, split_patches

GRIDS = [1, 2, 3, 4, (1, 3), (2, 5), (4, 1)]
SIZES = [(12, 12), (7, 7), (13, 20), (1, 1), (3, 17)]


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('grid', GRIDS)
def test_merge_undoes_split(grid, size):
    x = torch.rand(2, 3, *size)
    assert torch.equal(merge_patches(split_patches(x, grid), grid, size), x)


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('grid', GRIDS)
def test_padding_is_zeros_at_right_and_bottom(grid, size):
    x = torch.rand(2, 3, *size) + 1
    padded = merge_patches(split_patches(x, grid), grid)
    for axis, count in zip((2, 3), as_grid(grid), strict=True):
        assert padded.shape[axis] % count == 0
        assert 0 <= padded.shape[axis] - x.shape[axis] < count
    assert torch.equal(padded[:, :, : size[0], : size[1]], x)
    assert padded.sum() == pytest.approx(x.sum().item())


def test_order_of_patches():
    x = torch.arange(2 * 4 * 9.0).reshape(2, 1, 4, 9)
    patches = split_patches(x, (2, 3))
    assert patches.shape == (12, 1, 2, 3)
    for b in range(2):
        for i in range(2):
            for j in range(3):
                expected = x[b, :, 2 * i : 2 * i + 2, 3 * j : 3 * j + 3]
                assert torch.equal(patches[(b * 2 + i) * 3 + j], expected)


@pytest.mark.parametrize('stride', [1, 2, 8])
@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('grid', GRIDS)
def test_padding_fits_the_stride_of_the_tail(grid, size, stride):
    padded = pad_to_grid(torch.ones(1, 1, *size), grid, stride)
    for axis, count in zip((2, 3), as_grid(grid), strict=True):
        step = count * stride if count > 1 else 1  # 1 is never padded
        assert padded.shape[axis] % step == 0
        assert padded.shape[axis] - size[axis - 2] < step
    assert padded.sum() == size[0] * size[1]


def test_nothing_to_pad_is_no_copy():
    x = torch.rand(1, 2, 16, 16)
    assert pad_to_grid(x, 4, 4) is x


def test_gradients_go_back_to_their_places():
    x = torch.rand(2, 3, 7, 10, dtype=torch.float64, requires_grad=True)
    weight = torch.rand(2, 3, 7, 10, dtype=torch.float64)
    out = merge_patches(split_patches(x, (2, 3)), (2, 3), (7, 10))
    (out * weight).sum().backward()
    assert torch.equal(x.grad, weight)


@pytest.mark.parametrize(
    'grid', [0, -1, (0, 2), (2,), (1, 2, 3), 1.5, (2, 2.0), 'ab', '2', None, True, (True, 2)]
)
def test_what_is_no_grid(grid):
    with pytest.raises(UserError, match='grid must be an int >= 1 or a pair'):
        as_grid(grid)


@pytest.mark.parametrize('grid', [(2, 3), [2, 3]])
def test_pairs(grid):
    assert as_grid(grid) == (2, 3)


def test_patches_of_no_whole_grid():
    with pytest.raises(ValueError, match='6 patches .* 2 x 2'):
        merge_patches(torch.rand(6, 1, 2, 2), 2)
