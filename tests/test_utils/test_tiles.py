"""Images in tiles: what is local in them is the same as in the whole."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ppl_mm.errors import UserError
from ppl_mm.utils.tiles import MARGIN, MAX_PIXELS, Side, TileGrid, check_max_pixels

SIZES = [(50, 70), (37, 101), (64, 64), (200, 11), (9, 9)]


def blurred(image, reach):
    """The mean of all within reach; beyond the border lies zero."""
    side = 2 * reach + 1
    return F.avg_pool2d(image[None], side, stride=1, padding=reach)[0]


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('margin, align', [(3, 1), (4, 4), (5, 1)])
def test_what_sees_no_more_than_the_margin_is_the_same(size, margin, align):
    image = torch.rand(2, *size, dtype=torch.float64)
    grid = TileGrid(size, 24 * 24, margin, align)
    made = grid.stitch(lambda part: blurred(image[..., part[0], part[1]], margin))
    torch.testing.assert_close(made, blurred(image, margin))


def test_what_sees_more_is_not():
    image = torch.rand(1, 60, 60)
    made = TileGrid((60, 60), 24 * 24, 3).stitch(
        lambda part: blurred(image[..., part[0], part[1]], 5)
    )
    assert not torch.allclose(made, blurred(image, 5), atol=1e-3)


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('same', [False, True])
def test_cells_lie_where_they_do_in_the_whole(size, same):
    """Strided convolutions, padded alike on all sides or as TensorFlow does."""
    torch.manual_seed(0)
    weights = torch.randn(1, 1, 3, 3, dtype=torch.float64)

    def network(x):
        for _ in range(2):
            # TensorFlow pads an even side at its end alone.
            ends = [(0 if n % 2 == 0 and same else 1, 1) for n in x.shape[-2:]]
            x = F.conv2d(F.pad(x, [*ends[1], *ends[0]]), weights, stride=2)
        return x

    image = torch.rand(1, 1, *size, dtype=torch.float64)
    made = TileGrid(size, 28 * 28, 8, 4).stitch(
        lambda part: network(image[..., part[0], part[1]]), 4
    )
    torch.testing.assert_close(made, network(image))


@pytest.mark.parametrize('size', [(2000, 2000), (4000, 1000), (1, 4_000_000)])
def test_an_image_of_so_many_pixels_is_one_tile(size):
    grid = TileGrid(size, MAX_PIXELS)
    assert len(grid) == 1
    assert grid.stitch(lambda part: part) == (slice(0, size[0]), slice(0, size[1]))


@pytest.mark.parametrize('size', [(3000, 4000), (2001, 2000), (9999, 500), (30_000, 20_000)])
@pytest.mark.parametrize('align', [1, 8, 14, 32])
def test_no_tile_is_larger_and_margins_are_kept(size, align):
    grid = TileGrid(size, MAX_PIXELS, MARGIN, align)
    assert len(grid) > 1
    for side in grid.sides:
        spans = side.spans(align)
        kept = [(tile.start + part.start, tile.start + part.stop) for tile, part in spans]
        assert [first for first, _ in kept[1:]] == [last for _, last in kept[:-1]]
        assert (kept[0][0], kept[-1][1]) == (0, side.length)
        for tile, part in spans:
            length = tile.stop - tile.start
            assert length**2 <= MAX_PIXELS or len(spans) == 1
            assert tile.start % align == 0 and (side.length - length) % align == 0
            assert tile.start == 0 or part.start >= MARGIN
            assert tile.stop == side.length or length - part.stop >= MARGIN


def test_the_cost_of_the_margins():
    """A large image takes less than twice the pixels that it has."""
    grid = TileGrid((6000, 8000), MAX_PIXELS, align=16)
    seen = np.prod([side.window * len(side.starts) for side in grid.sides])
    assert seen < 2.1 * 6000 * 8000


def test_a_cut_side():
    assert Side.cut(100, 40, 8, 8) == Side(length=100, window=36, step=16)
    assert Side.cut(100, 40, 8, 8).starts == [0, 16, 32, 48, 64]
    assert Side.cut(40, 40, 10, 8).starts == [0]


@pytest.mark.parametrize('value', [0, -1, 1000, True, 1e6, '1000000', None])
def test_a_tile_that_would_be_margins_is_refused(value):
    with pytest.raises(UserError, match='max_pixels=.* must be a whole number, 589824 or more'):
        check_max_pixels(value)
    assert check_max_pixels(589824) == 589824
