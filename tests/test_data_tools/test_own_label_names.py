"""Names in a user's label CSV: those of honest users are read as they are."""

from pathlib import Path

import pytest

from ppl_mm.data_tools.own.labels import read_own_labels
from ppl_mm.data_tools.own.settings import OwnDataSettings
from ppl_mm.errors import UserError


@pytest.fixture
def read(tmp_path):
    """Write what stands behind the numbers of photos, and read the labels of these."""

    def write_and_read(cells, header='image,labels', **options):
        path = tmp_path / 'labels.csv'
        rows = [f'{number},{cell}' for number, cell in enumerate(cells)]
        path.write_text('\n'.join([header, *rows]) + '\n', encoding='utf-8')
        own = OwnDataSettings(Path('photos'), Path('out'), labels=path, **options)
        photos = [f'{number}.jpg' for number in range(len(rows))]
        labels = read_own_labels(own, photos, ()).labels
        return [labels[photo] for photo in photos]

    return write_and_read


@pytest.mark.parametrize(
    'names',
    [
        ('coffee table;', 'coffee', 'table'),
        ('and', 'hund', 'kat'),  # Danish: a duck
        ('A+', 'A', 'B'),
        ('cat/dog;', 'cat', 'bird'),
    ],
)
def test_a_name_is_not_taken_for_others_that_it_may_hold(read, names):
    assert read(names) == [(name.strip(';'),) for name in names]


def test_a_word_between_names_is_not_a_class(read):
    with pytest.raises(UserError, match="line 2: label 'and' reads as if it held other classes"):
        read(['cat and dog', 'cat', 'dog'])


@pytest.mark.parametrize('names', [('A', 'B'), ('\u732b', '\u72ac'), ('\u732b', '')])
def test_the_only_other_column_may_hold_names_of_one_letter(read, names):
    assert read(names, header='image,kind') == [(name,) * bool(name) for name in names]


@pytest.mark.parametrize('marks', ['x', 'yn', 'Oo', '+-', '\u2713'])
def test_marks_are_no_names(read, marks):
    with pytest.raises(UserError, match="expected 0 or 1 in the column of a class, 'kind'"):
        read([*marks, ''], header='image,kind')


def test_columns_that_look_like_others(read):
    found = read(['9.jpg,1', '8.jpg,0'], header='image,image_2,is_valid', classes=('is_valid',))
    assert found == [('is_valid',), ()]


@pytest.mark.parametrize('first', ['path', 'file'])
def test_of_two_columns_of_images_the_one_that_names_photos_is_read(read, first):
    columns = dict(path='/disk/of/mine/{}.jpg', file='{}.jpg', label='cat')
    header = ['id', first, *(name for name in columns if name != first)]
    cells = [','.join(columns[name].format(k) for name in header[1:]) for k in range(2)]
    assert read(cells, header=','.join(header)) == [('cat',), ('cat',)]


@pytest.mark.parametrize('name, cells', [('is_train', '10'), ('split', ['train', 'val'])])
def test_a_column_that_says_lists_is_no_label(read, name, cells):
    with pytest.raises(
        UserError, match=f"line 1: is 'image,{name}', which has no labels, expected"
    ):
        read(cells, header=f'image,{name}')
    assert read([f'cat,{cell}' for cell in cells], header=f'image,kind,{name}') == [('cat',)] * 2


def test_a_class_may_be_called_as_lists_are(read):
    assert read(['1,0', '0,1'], header='image,split,knot') == [('split',), ('knot',)]


@pytest.mark.parametrize('cell', ['none', 'No class', '"cat; no class"', 'n/a', '-'])
def test_no_class_is_told_where_classes_are_known(read, cell):
    with pytest.raises(UserError, match='line 3: label .* is usually no class; .*--negative-name'):
        read(['cat', cell], classes=('cat', 'dog'))


def test_no_class_may_be_named_where_classes_are_known(read):
    options = dict(classes=('cat', 'dog'), negative_names=('none', 'no class'))
    assert read(['cat', 'None', 'no class'], **options) == [('cat',), (), ()]
    with pytest.raises(UserError, match="line 2: names 'cat' and no class; keep one"):
        read(['cat;none', 'dog'], **options)
