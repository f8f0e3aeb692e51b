"""Copies are found whatever was done to them, and nothing else is."""

import numpy as np
import pytest
from PIL import Image
from test_data_tools.copied_photos import COPIES, compressed, photo, tile

from ppl_mm.data_tools import near_copies
from ppl_mm.data_tools.near_copies import aligned_correlation, find_near_copies, look_of


def looks(pictures):
    return {name: look_of(picture) for name, picture in pictures.items()}


@pytest.mark.parametrize('copy', COPIES.values(), ids=COPIES)
def test_a_copy_is_found_among_others(copy):
    pictures = {f'{seed}': photo(seed) for seed in range(30)}
    pictures['copy'] = copy(pictures['7'])
    assert find_near_copies(looks(pictures)) == [('7', 'copy')]


@pytest.mark.parametrize('make', [photo, tile])
def test_different_pictures_are_not_copies(make):
    assert find_near_copies(looks({str(seed): make(seed) for seed in range(200)})) == []


def test_pictures_that_share_a_scene_but_not_what_is_in_it_are_not_copies():
    scene = photo(0)
    pictures = {str(seed): Image.blend(scene, photo(seed), 0.4) for seed in range(1, 20)}
    assert find_near_copies(looks(pictures)) == []


def test_plain_pictures_are_not_copies():
    pictures = {str(grey): Image.new('RGB', (50, 40), (grey,) * 3) for grey in range(0, 250, 10)}
    assert find_near_copies(looks(pictures)) == []


def test_mirrored_and_turned_pictures_count_as_different():
    picture = photo(1)
    turned = {str(turn): picture.transpose(turn) for turn in Image.Transpose}
    assert find_near_copies(looks(dict(turned, picture=picture))) == []


def test_no_and_one_image_have_no_pairs():
    assert find_near_copies({}) == [] == find_near_copies(looks({'a': photo(1)}))


def test_blocks_change_nothing(monkeypatch):
    pictures = {str(seed): photo(seed) for seed in range(20)}
    pictures |= {f'copy {seed}': compressed(pictures[str(seed)]) for seed in range(0, 20, 3)}
    whole = find_near_copies(looks(pictures))
    assert len(whole) == 7
    monkeypatch.setattr(near_copies, '_BLOCK', 3 * len(pictures))
    assert find_near_copies(looks(pictures)) == whole


def test_each_of_many_copies_is_in_a_pair():
    picture = photo(3)
    copies = {str(quality): picture.resize((100 + quality, 80)) for quality in range(12)}
    found = find_near_copies(looks(copies))
    assert {name for pair in found for name in pair} == set(copies)


def test_laid_over_itself_an_image_is_the_same():
    look = look_of(photo(5))
    assert aligned_correlation(look, look) == pytest.approx(1, abs=1e-3)
    assert aligned_correlation(look, np.zeros_like(look)) == 0
