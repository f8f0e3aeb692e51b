"""own_data.py: images that are nearly the same are in one list."""

import random
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from test_data_tools.copied_photos import COPIES, photo
from test_data_tools.own_files import lines, split

from ppl_mm.data_tools.own.data import OwnData
from ppl_mm.data_tools.own.report import print_summary
from ppl_mm.data_tools.own.settings import OwnDataSettings
from ppl_mm.data_tools.own.split import choose_val
from ppl_mm.errors import UserError

KINDS = ('compressed', 'darker', 'larger')


def scene(image):
    """The picture that an image is a copy of: ``cat_3_darker`` is one of ``cat_3``."""
    return image.rpartition('_')[0]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Ten scenes of two classes, and three copies of each; masks of the first. Do not change it."""
    folder = tmp_path_factory.mktemp('near')
    for number in range(10):
        name = ('cat', 'dog')[number % 2]
        for part in ('photos', 'masks'):
            (folder / part / name).mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            COPIES[kind](photo(number)).save(folder / f'photos/{name}/{number}_{kind}.png')
        mask = Image.fromarray(np.full((120, 160), 1 + number % 2, np.uint8))
        mask.save(folder / f'masks/{name}/{number}_{KINDS[0]}.png')
    return folder


def made(folder, out, **options):
    settings = OwnDataSettings(folder / 'photos', out, val_share=0.2, **options)
    return OwnData(settings, workers=1).make()


def test_copies_stay_together(folder, tmp_path, capsys):
    summary = made(folder, tmp_path / 'a')
    train, val = (set(map(scene, split(tmp_path / 'a', name))) for name in ('train', 'val'))
    assert val and train.isdisjoint(val) and len(train | val) == 10
    assert {one.split('_')[0] for one in val} == {'cat', 'dog'}
    print_summary(tmp_path / 'a', summary)
    assert '30 near-copies of others, kept in one list' in capsys.readouterr().out
    made(folder, tmp_path / 'b')
    assert split(tmp_path / 'b', 'val') == split(tmp_path / 'a', 'val')
    assert made(folder, tmp_path / 'a') is None


def test_they_may_be_drawn_one_by_one(folder, tmp_path):
    summary = made(folder, tmp_path / 'a', split_near_copies=True)
    train, val = (set(map(scene, split(tmp_path / 'a', name))) for name in ('train', 'val'))
    assert train & val and not any('near-copies' in note for note in summary.notes)
    with pytest.raises(UserError, match='made with other settings'):
        made(folder, tmp_path / 'a')


def test_a_list_of_the_user_is_taken_as_it_is(folder, tmp_path):
    (tmp_path / 'val.txt').write_text('cat/0_darker.png\ndog/1_darker.png\n')
    summary = made(folder, tmp_path / 'a', val_list=tmp_path / 'val.txt')
    assert split(tmp_path / 'a', 'val') == ['cat_0_darker', 'dog_1_darker']
    assert not any('near-copies' in note for note in summary.notes)


def test_copies_of_val_without_a_mask_are_in_no_list_but_their_own(folder, tmp_path, capsys):
    summary = made(folder, tmp_path / 'a', masks=folder / 'masks')
    val, near, train = (split(tmp_path / 'a', name) for name in ('val', 'near_val', 'train'))
    assert {image.rpartition('_')[2] for image in val} == {KINDS[0]}
    assert set(map(scene, near)) == set(map(scene, val)) and len(near) == 2 * len(val)
    assert set(map(scene, train)).isdisjoint(map(scene, val))
    assert len(split(tmp_path / 'a', 'train_masks')) >= 5
    assert len(lines(tmp_path / 'a/image_labels.csv')) == 31
    assert summary.total('cat') == summary.total('dog') == 15
    print_summary(tmp_path / 'a', summary)
    assert '30 images with a class, 0 without, 0 unlabelled' in capsys.readouterr().out


def test_a_run_that_was_interrupted_before_copies_were_looked_for_goes_on(folder, tmp_path):
    made(folder, tmp_path / 'a')
    whole = split(tmp_path / 'a', 'val')
    out = tmp_path / 'a'
    (out / 'own_data.json').write_text(
        (out / 'own_data.json').read_text().replace('"complete": true', '"complete": false')
    )
    assert made(folder, out) and split(out, 'val') == whole


def labels_of(seed):
    """Groups of one to four images, each image with one to two of five classes."""
    rng = random.Random(seed)
    groups = [tuple(f'{k}_{i}' for i in range(rng.choice((1, 1, 2, 4)))) for k in range(150)]
    labels = {image: rng.sample('abcde', rng.choice((1, 2))) for group in groups for image in group}
    return labels, groups


@pytest.mark.parametrize('seed', range(5))
def test_no_group_is_split_and_the_share_is_kept(seed):
    labels, groups = labels_of(seed)
    val = choose_val(labels, 0.2, seed, groups)
    assert all(val.isdisjoint(group) or val.issuperset(group) for group in groups)
    assert val == choose_val(dict(reversed(labels.items())), 0.2, seed, groups[::-1])
    counts, taken = (Counter(k for i in some for k in labels[i]) for some in (labels, val))
    for name in 'abcde':
        assert 0.1 * counts[name] < taken[name] < 0.5 * counts[name]


def test_groups_of_one_are_drawn_as_images():
    labels, _ = labels_of(0)
    assert choose_val(labels, 0.1, 3) == choose_val(labels, 0.1, 3, [(one,) for one in labels])


def test_where_every_group_is_large_the_smallest_is_chosen():
    labels = {f'{k}{i}': ['x'] for k in 'ab' for i in range(8 if k == 'a' else 5)}
    groups = [tuple(one for one in labels if one[0] == k) for k in 'ab']
    assert choose_val(labels, 0.1, 0, groups) == set(groups[1])


def test_images_that_are_all_nearly_the_same_are_shared_out_and_that_is_said(tmp_path):
    (tmp_path / 'photos/cat').mkdir(parents=True)
    for kind in KINDS:
        COPIES[kind](photo(1)).save(tmp_path / f'photos/cat/{kind}.png')
    summary = made(tmp_path, tmp_path / 'a')
    assert len(split(tmp_path / 'a', 'val')) == 1
    assert any('one by one: else none would be left for val' in note for note in summary.notes)
