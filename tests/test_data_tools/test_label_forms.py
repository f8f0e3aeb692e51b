"""The same labels in every form are the same data set."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from test_data_tools.label_forms import FORMS, write_coco, write_csv, write_yolo
from test_data_tools.own_files import files, labels, lines, split

from ppl_mm.data_tools.own.labels import read_own_labels
from ppl_mm.data_tools.own.settings import OwnDataSettings
from ppl_mm.errors import UserError
from ppl_mm.formats.class_list import natural_order
from ppl_mm.formats.image_labels import label_csv
from ppl_mm.formats.image_labels.label_names import NO_CLASS

SHOWN = {
    'a/1.jpg': ['class2'],
    'a/2.jpg': ['class2', 'class10'],
    'b/3.jpg': ['Blå fugl'],
    'b/4 x.jpg': ['class10', 'Blå fugl'],
    'b/5.png': [],
    '6.jpg': ['class2'],
    '7.jpg': ['class10'],
    '8.jpg': [],
    '9.jpg': None,
}
CLASSES = natural_order({name for shown in SHOWN.values() for name in shown or ()})


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Photos; do not change them."""
    folder, rng = tmp_path_factory.mktemp('forms') / 'photos', np.random.default_rng(0)
    for name in SHOWN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 48, 3)).astype(np.uint8)).save(folder / name)
    return folder


@pytest.mark.parametrize('form', FORMS)
def test_every_form_is_the_same_data_set(make, tmp_path, capsys, form):
    found = []
    for write in (FORMS['CSV'], FORMS[form]):
        (tmp_path / 'labels').mkdir(exist_ok=True)
        out = make('--labels', write(tmp_path / 'labels', SHOWN, CLASSES))
        found.append({name: data for name, data in files(out).items() if name != 'own_data.json'})
        out.rename(tmp_path / f'made{len(found)}')
        (tmp_path / 'labels').rename(tmp_path / f'labels{len(found)}')
    assert found[0] == found[1] and len(found[0]) > len(SHOWN)
    made = tmp_path / 'made2'
    assert f'labels: {form.strip()}, 3 classes' in capsys.readouterr().out
    assert lines(made / 'classes.txt')[1:] == CLASSES == ['Blå fugl', 'class2', 'class10']
    assert labels(made)['a_2'] == ['class2', 'class10'] and labels(made)['8'] == []
    assert split(made, 'unlabelled') == ['9']


@pytest.mark.parametrize('form', FORMS)
def test_a_file_for_each_split_and_a_chosen_order(folder, tmp_path, form):
    parts = []
    for name in ('train', 'val'):
        (tmp_path / name).mkdir()
        part = {photo: SHOWN[photo] for photo in SHOWN if (photo[0] in '678') == (name == 'val')}
        parts.append(FORMS[form](tmp_path / name, part, CLASSES))
    chosen = ('class10', 'Blå fugl', 'class2')
    options = dict(labels=parts[0], val_labels=parts[1])
    for classes, expected in (((), tuple(CLASSES)), (chosen, chosen)):
        own = OwnDataSettings(folder, Path('out'), classes=classes, **options)
        found = read_own_labels(own, list(SHOWN))
        assert found.val == {'6.jpg', '7.jpg', '8.jpg'} and found.classes == expected
        assert found.form == form.strip() and '9.jpg' not in found.labels


# Signs that separate names in a cell, or that hold a list together, need another test.
LETTERS = st.characters(codec='utf-8', categories=['L', 'N', 'Zs'], include_characters="-_.&<'+")
NAMES = st.text(LETTERS, min_size=1, max_size=12).map(
    lambda name: unicodedata.normalize('NFC', ' '.join(name.split()))
)
RESERVED = {*NO_CLASS, 'unused', '0', '1', 'true', 'false'}  # the last are flags, not a header


def is_header(name):
    """Whether a column of this name is not of a class."""
    plain = label_csv._plain(name)
    return plain in label_csv._IMAGE + label_csv._LABELS or label_csv._IS_IN.fullmatch(plain)


CLASS_LISTS = st.lists(
    NAMES.filter(
        lambda name: (
            any(map(str.isalnum, name))
            and name.casefold() not in RESERVED
            and not is_header(name)
            and not name.startswith("'")
        )
    ),
    min_size=1,
    max_size=4,
    unique=True,
)


@settings(deadline=None, max_examples=40)
@given(data=st.data(), classes=CLASS_LISTS)
def test_any_labels_are_read_alike(tmp_path_factory, data, classes):
    classes = natural_order(classes)
    some = st.lists(st.sampled_from(classes), unique=True).map(natural_order)
    shown = [*data.draw(st.lists(st.none() | some, max_size=5)), classes]
    names = [f'{"abc"[number % 3]}/photo {number}.jpg' for number in range(len(shown))]
    expected = dict(zip(names, shown, strict=True))
    for form, write in FORMS.items():
        path = write(tmp_path_factory.mktemp('form'), expected, classes)
        found = read_own_labels(OwnDataSettings(Path('photos'), Path('out'), path), names)
        assert found.classes == tuple(classes), form
        got = {name: natural_order(found.labels[name]) for name in found.labels}
        assert got == {name: one for name, one in expected.items() if one is not None}, form


def test_photos_that_change_between_the_files_of_the_splits_are_noticed(make, tmp_path, capsys):
    val = ('a/1.jpg', '7.jpg', 'b/4 x.jpg', '8.jpg')

    def run(*val):
        for name in ('train', 'val'):
            part = {photo: SHOWN[photo] for photo in SHOWN if (photo in val) == (name == 'val')}
            (tmp_path / name).mkdir(exist_ok=True)
            write_coco(tmp_path / name, part, CLASSES)
        files = (tmp_path / 'train/coco.json', '--val-labels', tmp_path / 'val/coco.json')
        return split(make('--labels', *files), 'val')

    assert run(*val) == ['7', '8', 'a_1', 'b_4_x'] == run(*val[::-1])
    assert 'complete already' in capsys.readouterr().out
    with pytest.raises(UserError, match=r'val/coco.json names: 1 are new, 1 gone'):
        run('6.jpg', *val[1:])


def test_a_class_that_no_photo_shows_is_left_out_unless_masks_may_show_it(folder, tmp_path):
    path = write_coco(tmp_path, SHOWN, CLASSES)
    own = OwnDataSettings(folder, Path('out'), path)
    assert read_own_labels(own, list(SHOWN)).unused == ('unused',)
    own = OwnDataSettings(folder, Path('out'), path, masks=tmp_path)
    assert read_own_labels(own, list(SHOWN)).classes == (*CLASSES, 'unused')


@pytest.mark.parametrize('given', ['labels', '', 'data.yaml'])
def test_yolo_may_be_given_by_any_of_its_parts(tmp_path, given):
    photos = tmp_path / 'images'
    names = ['train/1.jpg', 'train/2.jpg', 'val/1.jpg']
    shown = dict(zip(names, (['cat'], [], ['dog']), strict=True))
    write_yolo(tmp_path, shown, ['cat', 'dog'])
    own = OwnDataSettings(photos, Path('out'), tmp_path / given)
    found = read_own_labels(own, names)
    assert found.labels == {name: tuple(one) for name, one in shown.items()}


def coco_of(folder, *images):
    return write_coco(folder, {image: ['cat'] for image in images}, ['cat'])


@pytest.mark.parametrize(
    'image, photo',
    [
        ('3.jpg', 'x/3.jpg'),
        ('x/3.jpg', 'x/3.jpg'),
        ('photos/x/3.jpg', 'x/3.jpg'),
        ('shoot/photos/x/3.jpg', 'x/3.jpg'),
        ('3', 'x/3.jpg'),
        ('my_photo_2.jpg', 'x/my photo (2).jpg'),
        ('0a1b2c3d-my_photo_2.jpg', 'x/my photo (2).jpg'),
        ('0a1b2c3d-3.jpg', 'x/3.jpg'),
        ('obj_train_data/3.jpg', 'x/3.jpg'),
        ('images/x/1.jpg', 'x/1.jpg'),
        (r'..\media\upload\3.jpg', 'x/3.jpg'),
        ('1.jpg', '1.jpg'),  # exact, though x/1.jpg ends so, too
    ],
)
def test_tools_name_photos_by_paths_of_their_own(tmp_path, image, photo):
    names = ['1.jpg', 'x/1.jpg', 'x/3.jpg', 'x/my photo (2).jpg']
    own = OwnDataSettings(Path('/a/shoot/photos'), Path('out'), coco_of(tmp_path, image))
    assert read_own_labels(own, names).labels == {photo: ('cat',)}


@pytest.mark.parametrize(
    'image, words',
    [
        ('2.jpg', "images[0]: photo '2.jpg' may be x/2.jpg or y/2.jpg in photos; write its path"),
        ('z/2.jpg', "images[0]: photo 'z/2.jpg' may be x/2.jpg or y/2.jpg in photos"),
        ('x/3.jpg', "images[0]: photo 'x/3.jpg' is missing in photos"),
        ('12.jpg', "photo '12.jpg' is missing"),
    ],
)
def test_a_photo_that_is_not_clear_is_refused(tmp_path, image, words):
    own = OwnDataSettings(Path('photos'), Path('out'), coco_of(tmp_path, image))
    with pytest.raises(UserError) as caught:
        read_own_labels(own, ['x/2.jpg', 'y/2.jpg', '112.jpg'])
    assert words in str(caught.value)


def test_a_csv_names_photos_by_their_whole_path(tmp_path):
    own = OwnDataSettings(Path('photos'), Path('out'), write_csv(tmp_path, {'1.jpg': ['a']}, ['a']))
    with pytest.raises(UserError, match="line 2: photo '1.jpg' is missing"):
        read_own_labels(own, ['x/1.jpg'])


def test_yolo_ids_may_refer_to_the_given_classes(tmp_path):
    (tmp_path / 'labels').mkdir()
    (tmp_path / 'labels/1.txt').write_text('1\n')
    own = OwnDataSettings(tmp_path, Path('out'), tmp_path / 'labels', classes=('dog', 'cat'))
    assert read_own_labels(own, ['1.jpg']).labels == {'1.jpg': ('cat',)}


def test_a_photo_that_another_entry_names_is_not_meant(tmp_path):
    own = OwnDataSettings(Path('photos'), Path('out'), coco_of(tmp_path, 'x/1.jpg', 'y/1.jpg'))
    with pytest.raises(UserError, match=r"images\[1\]: photo 'y/1.jpg' is missing"):
        read_own_labels(own, ['x/1.jpg'])
    assert read_own_labels(own, ['x/1.jpg'], missing_is_fine=True).labels == {'x/1.jpg': ('cat',)}
    with pytest.raises(UserError, match="'y/1.jpg' and 'x/1.jpg' may both be the photo 1.jpg"):
        read_own_labels(own, ['1.jpg'])


def test_a_csv_may_lie_in_the_folder_of_its_photos(tmp_path):
    """As Roboflow exports them: train/_classes.csv beside the photos of train."""
    for name, shown in (('train', ['a']), ('valid', ['a', 'b'])):
        (tmp_path / name).mkdir()
        text = f'filename, a, b\n1.jpg, 1, {int("b" in shown)}\n'
        (tmp_path / f'{name}/_classes.csv').write_text(text)
    paths = (tmp_path / 'train/_classes.csv', tmp_path / 'valid/_classes.csv')
    own = OwnDataSettings(tmp_path, Path('out'), *paths)
    found = read_own_labels(own, ['train/1.jpg', 'valid/1.jpg'])
    assert found.labels == {'train/1.jpg': ('a',), 'valid/1.jpg': ('a', 'b')}
    assert found.val == {'valid/1.jpg'}
