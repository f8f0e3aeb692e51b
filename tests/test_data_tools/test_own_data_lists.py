"""own_data.py: label files, lists for val, and how images are shared out."""

import os

import numpy as np
import pytest
from test_data_tools.own_files import files, image_of, labels, lines, split, write_csv

from ppl_mm.data_tools.own.sources import image_ids
from ppl_mm.data_tools.own.split import choose_val
from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.errors import UserError


def test_a_csv_names_the_classes_and_the_rest_is_unlabelled(convert, photos):
    path = write_csv(
        photos,
        'apple/0.jpg,red thing',
        'apple/1,red thing;round',
        'apple/2,round',
        'leaf/0.jpg,round',
        'leaf/0.jpg,green',
        'leaf/1,green',
        'leaf/2,',
        'leaf/açaí 1,2,round'.replace('leaf/açaí 1,2', '"leaf/açaí 1,2"'),
    )
    out = convert('--labels', path, '--skip-bad')
    found = labels(out)
    assert lines(out / 'classes.txt')[1:] == ['green', 'red thing', 'round']
    assert found['apple_1'] == ['red thing', 'round']
    assert found['leaf_0'] == ['green', 'round']
    assert found['leaf_açaí_1_2'] == ['round']
    assert found['leaf_2'] == []  # a negative
    unlabelled = split(out, 'unlabelled')
    assert 'leaf_3' in unlabelled and not set(unlabelled) & set(found)
    assert len(unlabelled) + len(found) == 29
    dataset = ImageLabelDataset('', data_root=str(out), split='unlabelled')
    assert len(dataset) == len(unlabelled)


def test_a_list_for_val_that_has_changed_is_refused(convert, photos, capsys):
    path = photos.folder.parent / 'val.txt'
    path.write_text('apple/1.jpg\nleaf/3\nblue bird/turned.jpg\n')
    out = convert('--skip-bad', '--val-list', path)
    assert sorted(split(out, 'val')) == ['apple_1', 'blue_bird_turned', 'leaf_3']
    before = files(out)
    path.write_text('blue bird/turned\n\nleaf/3.jpg\napple/1\n')
    convert('--skip-bad', '--val-list', path)  # says the same
    assert 'complete already' in capsys.readouterr().out
    (out / 'ImageSets/Segmentation/val.txt').unlink()
    convert('--skip-bad', '--val-list', path)  # makes it again
    assert files(out) == before
    path.write_text('apple/2.jpg\nleaf/3\nblue bird/turned.jpg\n')
    with pytest.raises(UserError, match=r'val\.txt names: 1 are new, 1 gone; delete the folder'):
        convert('--skip-bad', '--val-list', path)
    assert files(out) == before


def test_a_list_for_val_may_be_mended_in_a_run_that_has_not_ended(convert, photos):
    path = photos.folder.parent / 'val.txt'
    path.write_text('apple/1.jpg\nleaf/99\n')
    with pytest.raises(UserError, match="photo 'leaf/99' is missing"):
        convert('--skip-bad', '--val-list', path)
    path.write_text('apple/1.jpg\nleaf/3\n')
    out = convert('--skip-bad', '--val-list', path)
    assert sorted(split(out, 'val')) == ['apple_1', 'leaf_3']


def test_photos_whose_names_are_no_utf_8_are_kept_and_listed(convert, photos, capsys):
    try:
        for name, new in ((b'3.jpg', b'caf\xe9.jpg'), (b'cut.jpg', b'cut\xe9.jpg')):
            folder = os.fsencode(photos.folder / 'leaf')
            os.rename(os.path.join(folder, name), os.path.join(folder, new))
    except OSError:
        pytest.skip('this disk refuses such names')
    arguments = ('--skip-bad', '--masks', photos.masks)
    out = convert(*arguments)
    image = image_of(out, r'leaf/caf\xe9.jpg')
    assert (out / f'JPEGImages/{image}.jpg').is_file()
    assert labels(out)[image] == ['leaf']
    (problem,) = lines(out / 'problems.txt')
    assert r'leaf/cut\xe9.jpg: the image cannot be read' in problem
    convert(*arguments)
    assert 'complete already' in capsys.readouterr().out


def test_few_masks_serve_val_and_a_threshold(convert, photos):
    for path in photos.masks.rglob('*.png'):
        if path.stem not in '0123':
            path.unlink()
    out = convert('--masks', photos.masks, '--skip-bad')
    masked = {path.stem for path in (out / 'SegmentationClass').iterdir()}
    assert set(split(out, 'val')) <= masked
    rest = split(out, 'train_masks')
    assert set(rest) == masked - set(split(out, 'val')) and len(rest) >= 6


def test_ids_can_be_file_names_everywhere():
    names = [
        'a/1.jpg',
        'A/1.JPG',
        'a/1.png',
        'a b,c/d;e.jpg',
        'x/ .jpg',
        'café/é.jpg',
        'x' * 300 + '.jpg',
        '-.-.jpg',
        'v.1.jpg.png',
    ]
    ids = image_ids(names)
    assert len({one.casefold() for one in ids.values()}) == len(names)
    assert ids['a b,c/d;e.jpg'] == 'a_b_c_d_e'
    assert ids['café/é.jpg'] == 'café_é'
    for one in ids.values():
        assert len(one.encode()) < 230 and not set(one) & set(' ,;./\\"')


@pytest.mark.parametrize('seed', range(5))
def test_every_class_is_in_both_splits_and_the_share_is_kept(seed):
    rng = np.random.default_rng(seed)
    names = [f'c{k}' for k in range(6)]
    odds = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01])
    labels = {str(i): list(rng.choice(names, rng.integers(1, 4), p=odds)) for i in range(400)}
    val = choose_val(labels, 0.2, seed)
    assert val == choose_val(dict(reversed(labels.items())), 0.2, seed)
    assert val != choose_val(labels, 0.2, seed + 1)
    for name in names:
        count = sum(name in labels[i] for i in labels)
        taken = sum(name in labels[i] for i in val)
        if count > 1:
            assert 1 <= taken < count
            assert taken <= 0.4 * count + 1
    assert 0.15 < len(val) / len(labels) < 0.3


@pytest.mark.parametrize('seed', range(6))
def test_the_only_image_of_a_class_is_not_taken_for_another(seed):
    assert choose_val({'a': ['x', 'z'], 'b': ['x']}, 0.5, seed) == {'b'}


def test_a_class_of_one_image_is_trained_on():
    val = choose_val({'a': ['x'], 'b': ['y'], 'c': ['y']}, 0.5, 0)
    assert 'a' not in val and len(val) == 1
