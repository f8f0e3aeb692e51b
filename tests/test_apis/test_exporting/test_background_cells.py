"""Where the images of a split show none of their classes."""

import pytest
import torch
from mmengine.config import Config
from test_apis.labelled import Labels

from ppl_mm.apis.exporting import background_cells
from ppl_mm.apis.exporting.background_cells import write_background
from ppl_mm.apis.exporting.picked_images import MAX_IMAGES, MIN_IMAGES, pick_images
from ppl_mm.models import NegativeReference


@pytest.mark.parametrize('count', [0, 1, MIN_IMAGES - 1])
def test_a_few_images_say_nothing(count):
    assert pick_images(Labels([[0]] * count + [None] * 50)) == []


@pytest.mark.parametrize('count', [MIN_IMAGES, MAX_IMAGES, 5 * MAX_IMAGES])
def test_images_are_spread_over_the_split(count):
    picked = pick_images(Labels([[0], None, []] * count))
    assert picked[0] == 0 and picked[-1] == 3 * count - 1 and all(k % 3 != 1 for k in picked)
    assert picked == sorted(set(picked)) and len(picked) == min(2 * count, MAX_IMAGES)


def test_the_background_is_where_no_map_is():
    maps = torch.zeros(2, 4, 4)
    maps[0, 0, 0], maps[1, 3, 3], maps[1, 0, 3] = 7.0, 1.0, 0.04
    found = background_cells._background(maps, (4, 4))
    assert found.sum() == 14 and not found[0, 0] and not found[3, 3]
    assert background_cells._background(maps[:0], (4, 4)).all()  # a negative


@pytest.mark.parametrize('images', [2, 30])
def test_memory_does_not_grow_with_the_images(monkeypatch, tmp_path, images):
    """And the same images give the same reference."""
    monkeypatch.setattr(background_cells, 'CELLS', 50)
    monkeypatch.setattr(background_cells, 'build_model', lambda *_: None)
    monkeypatch.setattr(background_cells, '_widths', lambda _: [1, 2])

    def cells(_, item, __):
        return torch.randn(64, 3, generator=torch.Generator().manual_seed(item['number']))

    monkeypatch.setattr(background_cells, '_background_cells', cells)
    items = [dict(number=k, inputs=[None] * 2) for k in range(images)]
    paths = [tmp_path / name for name in ('a.npz', 'b.npz')]
    for path in paths:
        write_background(path, Config(), '', items, range(images))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert 50 <= len(NegativeReference(paths[0]).cells) <= 50 + 2 * images
