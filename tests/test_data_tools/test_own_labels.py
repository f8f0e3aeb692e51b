"""What a user says about photographs: labels in files, folders and file names."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_data_tools.own_files import labels, lines, split

from ppl_mm.data_tools.own.labels import read_own_labels
from ppl_mm.data_tools.own.settings import OwnDataSettings
from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.errors import UserError


def read(names, folder=Path('photos'), negatives=(), missing_is_fine=False, **options):
    own = OwnDataSettings(folder, Path('out'), **options)
    own.check()
    return read_own_labels(own, names, negatives, missing_is_fine)


@pytest.fixture
def csv(tmp_path):

    def write(*rows, name='labels.csv', header='image,labels'):
        path = tmp_path / name
        path.write_text('\n'.join([header, *rows]) + '\n')
        return path

    return write


@pytest.mark.parametrize(
    'names, expected',
    [
        (['b10', 'b9', 'a'], ('a', 'b9', 'b10')),
        (['x2y10', 'x2y9', 'x10y1'], ('x2y9', 'x2y10', 'x10y1')),
        (['007', '7', '07'], ('007', '07', '7')),
        (['1', '01' * 3000, 'a'], ('1', '01' * 3000, 'a')),
    ],
)
def test_natural_order(names, expected):
    assert read([f'{name}/1.jpg' for name in names]).classes == expected


def test_photos_of_the_folder_negative_show_nothing_and_those_of_none_are_unlabelled():
    found = read(['cat/1.jpg', '_negative/2.jpg', '_negative/deep/3.jpg', '4.jpg'])
    assert found.classes == ('cat',)
    assert found.labels == {
        'cat/1.jpg': ('cat',),
        '_negative/2.jpg': (),
        '_negative/deep/3.jpg': (),
    }


def test_a_folder_may_be_named_to_mean_no_class():
    found = read(['cat/1.jpg', 'Good/2.jpg'], negative_names=('good',))
    assert found.classes == ('cat',) and found.labels['Good/2.jpg'] == ()


def test_a_folder_below_a_folder_needs_a_word():
    names = ['summer/cat/1.jpg', 'winter/dog/2.jpg', 'cat/3.jpg']
    with pytest.raises(UserError, match="is the class 'summer' or 'cat'.*--class-folder last"):
        read(names)
    assert read(names, class_folder='last').classes == ('cat', 'dog')
    assert read(names, class_folder='first').classes == ('cat', 'summer', 'winter')


def test_the_name_of_a_folder_may_hold_a_comma():
    assert read(['a, b/1.jpg']).classes == ('a, b',)


def test_labels_in_the_names_of_files(csv):
    names = ['x/cat_001.jpg', 'blue bird_2.png', 'other.jpg', '_3.jpg']
    found = read(names, label_pattern=r'([a-z ]*)_[0-9]+$', classes=('blue bird', 'cat'))
    assert found.labels == {
        'x/cat_001.jpg': ('cat',),
        'blue bird_2.png': ('blue bird',),
        '_3.jpg': (),
    }


def test_rows_of_one_photo_are_merged_and_photos_are_found_by_any_name(csv):
    path = csv('a.jpg,cat', 'a,dog', 'photos/b.JPG,cat', 'sub\\c.png,dog', './d.jpg,')
    found = read(['a.jpg', 'b.JPG', 'sub/c.png', 'd.jpg', 'e.jpg'], labels=path)
    assert found.labels == {
        'a.jpg': ('cat', 'dog'),
        'b.JPG': ('cat',),
        'sub/c.png': ('dog',),
        'd.jpg': (),
    }


def test_names_match_whatever_unicode_form_they_have(csv):
    disk = unicodedata.normalize('NFD', 'caf\xe9/\xfc.jpg')
    found = read([disk], labels=csv('caf\xe9/\xfc,cat'))
    assert found.labels == {disk: ('cat',)}
    assert read([disk]).classes == ('caf\xe9',)


def test_a_file_for_each_split(csv):
    names = [f'{name}.jpg' for name in 'abcd']
    options = dict(labels=csv('a,cat', 'b,dog'), val_labels=csv('c,cat', 'd,dog', name='val.csv'))
    found = read(names, **options)
    assert found.val == {'c.jpg', 'd.jpg'} and len(found.labels) == 4
    csv('c,cat', 'a,dog', name='val.csv')
    with pytest.raises(UserError, match="val.csv line 3: photo 'a.jpg' is also at .* line 2"):
        read(names, **options)


def test_photos_of_other_classes_are_left_out_and_no_negatives(csv):
    rows = ['1,cat', '2,cat bird', '3,bird', '4,', *(f'{n},bird' for n in range(5, 20))]
    found = read([f'{n}.jpg' for n in range(1, 20)], labels=csv(*rows), classes=('cat',))
    assert found.labels == {'1.jpg': ('cat',), '2.jpg': ('cat',), '4.jpg': ()}
    assert len(found.left_out) == 16 and 'bird' in found.left_out['3.jpg']
    assert found.outside == {'bird': 17}


def test_photos_of_other_classes_may_be_kept_as_negatives(csv):
    rows = ['1,cat', '2,cat bird', '3,bird', '4,', '5,bird']
    names = [f'{n}.jpg' for n in range(1, 6)]
    found = read(names, labels=csv(*rows), classes=('cat',), keep_others=True)
    assert found.labels == {
        **{f'{n}.jpg': ('cat',) for n in (1, 2)},
        **{f'{n}.jpg': () for n in (3, 4, 5)},
    }
    assert not found.left_out and found.outside == {'bird': 3}


@pytest.mark.parametrize('name, sign', [('labels.csv', ','), ('labels.tsv', '\t')])
def test_a_name_with_a_space_is_one_name_in_every_line(csv, name, sign):
    rows = [sign.join(row) for row in [('1', 'blue bird;'), ('2', 'blue bird')]]
    path = csv(*rows, name=name, header=sign.join(('image', 'labels')))
    assert read(['1.jpg', '2.jpg'], labels=path).classes == ('blue bird',)


def test_a_rare_name_that_resembles_a_class_is_a_typo(csv):
    rows = [*(f'{n},cat' for n in range(297)), *(f'{n},cta' for n in range(297, 300))]
    rows += [f'{n},crack {n % 2 + 1};' for n in range(300, 342)] + ['342,Cat', '343,crack 3;']
    names = [f'{n}.jpg' for n in range(344)]
    path = csv(*rows)
    assert read(names, labels=path).typos == {'cta': 'cat', 'Cat': 'cat'}
    with pytest.raises(UserError, match="line 299: unknown class 'cta'; did you mean 'cat'"):
        read(names, labels=path, classes=('cat', 'crack 1', 'crack 2', 'crack 3'))


BAD = [
    (['none/1.jpg', 'cat/1.jpg'], {}, "none/1.jpg: label 'none' is usually no class"),
    (['Background/1.jpg'], {}, '--negative-name Background'),
    (['_negative/1.jpg'], {}, 'no photo lies in a folder of its class'),
    (['good/1.jpg'], dict(negative_names=('good',)), 'no photo lies in a folder'),
    (['1.jpg'], {}, 'no photo lies in a folder of its class'),
    (['train/1.jpg', 'val/2.jpg'], {}, 'train, val look like splits'),
    (['a;b/1.jpg'], {}, "class 'a;b' has a semicolon"),
    (['a\nb/1.jpg'], {}, "'a\\nb' is not a valid class name"),
    (['cat/1.jpg'], dict(label_pattern='('), 'not a valid regular expression'),
    (['cat/1.jpg'], dict(label_pattern='cat'), 'has no group around the class'),
    (['cat/1.jpg'], dict(label_pattern='(dog)'), "matches no photo, e.g. not 'cat/1.jpg'"),
    (['none_1.jpg'], dict(label_pattern='(none)'), "label 'none' is usually no class"),
    (['cat/1.jpg'], dict(label_pattern='(x)', class_folder='last'), '--class-folder: folders are'),
    (['cat/1.jpg'], dict(val_labels=Path('x.csv')), '--val-labels: the other photos have no'),
    (
        ['cat/1.jpg'],
        dict(classes=('cat', 'good'), negative_names=('good',)),
        '--negative-name good: is also one of --classes',
    ),
]


@pytest.mark.parametrize('names, options, words', BAD)
def test_bad_labels_without_a_file(names, options, words):
    with pytest.raises(UserError) as caught:
        read(names, **options)
    assert words in str(caught.value) and str(caught.value).isprintable()


BAD_ROWS = [
    (['a,', 'a,cat'], {}, "line 2: 'a' shows none of the classes, but cat by"),
    (['a,cat', 'a.jpg,'], {}, "line 3: 'a.jpg' shows none of the classes, but cat by"),
    (['a,', 'b,'], {}, 'no photo shows a class'),
    (['a,1', 'b,2'], dict(classes=('cat', 'dog')), "line 2: unknown class '1'; known are cat, dog"),
    (['a,cat', '_negative/n,cat'], {}, "n.jpg' shows none of the classes, but cat by"),
    (['a,cat', 'zebra,cat'], {}, "line 3: photo 'zebra' is missing"),
    (['../a,cat'], {}, 'is not below the image folder'),
]


@pytest.mark.parametrize('rows, options, words', BAD_ROWS)
def test_bad_rows(csv, rows, options, words):
    names = ['a.jpg', 'b.jpg', '_negative/n.jpg']
    with pytest.raises(UserError) as caught:
        read(names, labels=csv(*rows), **options)
    assert words in str(caught.value) and len(str(caught.value).splitlines()) == 1


@pytest.fixture
def one_class(tmp_path):
    """Photos of one class, and photos of nothing inside and outside of their folder."""
    rng, tmp_path = np.random.default_rng(0), tmp_path / 'plant'
    for folder, count in (('photos/dent', 12), ('photos/_negative', 6), ('clean', 6)):
        (tmp_path / folder).mkdir(parents=True)
        for number in range(count):
            image = rng.integers(0, 256, (40, 48, 3)).astype(np.uint8)
            Image.fromarray(image).save(tmp_path / folder / f'{number}.png')
    return tmp_path


def test_one_class_and_negatives_become_a_data_set(convert, one_class, capsys):
    photos = one_class / 'photos'
    out = convert('--negatives', one_class / 'clean', '--val-share', '0.25', folder=photos)
    printed = capsys.readouterr().out
    assert '12 images with a class, 12 without, 0 unlabelled' in printed
    assert 'values in masks: 0=background, 1=dent' in printed
    assert lines(out / 'classes.txt') == ['background', 'dent']
    found = labels(out)
    for name, count in (('train', 9), ('val', 3)):
        shown = [found[image] for image in split(out, name)]
        assert shown.count(['dent']) == shown.count([]) == count
    assert ImageLabelDataset(data_root=str(out)).label_counts() == {'dent': 12}
    convert('--negatives', one_class / 'clean', '--val-share', '0.25', folder=photos)
    assert 'complete already' in capsys.readouterr().out


def test_negatives_below_the_photos_keep_their_names(convert, one_class):
    (one_class / 'clean').rename(one_class / 'photos/clean')
    out = convert('--negatives', one_class / 'photos/clean', folder=one_class / 'photos')
    assert labels(out)['clean_0'] == []


def test_negatives_must_be_a_folder_of_their_own(convert, one_class):
    with pytest.raises(UserError, match='is the folder of all photos'):
        convert('--negatives', one_class / 'photos', folder=one_class / 'photos')
    with pytest.raises(UserError, match='nowhere: the folder of photos is missing'):
        convert('--negatives', one_class / 'nowhere', folder=one_class / 'photos')


def test_the_same_photo_with_a_class_and_with_none_is_refused(convert, one_class, capsys):
    photos = one_class / 'photos'
    (photos / '_negative/copy.png').write_bytes((photos / 'dent/0.png').read_bytes())
    with pytest.raises(UserError, match='copy.png: shows none of the classes, but the same photo'):
        convert(folder=photos)
    out = convert('--skip-bad', folder=photos)
    assert '1 left out' in capsys.readouterr().out
    assert len(labels(out)) == 17


def test_photos_of_other_classes_are_listed_as_left_out(convert, photos, capsys):
    out = convert('--skip-bad', '--classes', 'leaf')
    assert 'not among --classes: apple 11, blue bird 9' in capsys.readouterr().out
    left_out = [line for line in lines(out / 'sources.csv') if '--classes names none' in line]
    assert len(left_out) == 20 and left_out[0].startswith('apple/0.jpg,,')
    convert('--skip-bad', '--classes', 'leaf')
    assert 'complete already' in capsys.readouterr().out


def test_the_classes_of_a_list_keep_its_order(tmp_path):
    entries = [dict(img_path=f'{number}.jpg', gt_label=[number]) for number in (0, 1)]
    content = dict(metainfo=dict(classes=['z', 'a,b']), data_list=entries)
    (tmp_path / 'labels.json').write_text(json.dumps(content))
    found = read(['0.jpg', '1.jpg'], labels=tmp_path / 'labels.json')
    assert found.classes == ('z', 'a,b') and found.labels['1.jpg'] == ('a,b',)
