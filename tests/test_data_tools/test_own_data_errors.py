"""own_data.py: what is wrong is one line that names it."""

import shutil

import pytest
from PIL import Image
from test_data_tools.own_files import NAMES, lines

from ppl_mm.errors import UserError


def nothing(photos):
    return ()


def foreign(photos):
    (photos.folder / 'leaf/phone.HEIC').write_bytes(b'ftypheic')
    (photos.folder / 'leaf/cut.jpg').unlink()


def other_size(photos):
    Image.new('L', (9, 9)).save(photos.masks / 'apple/0.png')


def bad_value(photos):
    Image.new('L', (61, 50), 7).save(photos.masks / 'apple/0.png')


def colours(photos):
    Image.new('RGB', (61, 50)).save(photos.masks / 'apple/0.png')


def short_class(photos):
    """The only leaf is an apple, too, and is for val."""
    shutil.rmtree(photos.folder / 'leaf')
    (photos.folder / 'leaf').mkdir()
    shutil.copy(photos.folder / 'apple/1.jpg', photos.folder / 'leaf/1.jpg')


BAD = [
    (nothing, ('--masks', 'none'), 'none: the folder of masks is missing'),
    (nothing, ('--max-long-side', '5'), '--max-long-side is 5'),
    (nothing, ('--classes', 'aple', 'leaf'), "unknown class 'apple'; did you mean 'aple'"),
    (
        nothing,
        ('--classes', 'apple', 'leaf', 'blue bird', 'fox', '--skip-bad'),
        'class fox has no photo',
    ),
    (nothing, ('--classes', 'background'), "names 'background'"),
    (nothing, ('--labels', 'x.csv'), 'x.csv: the label file is missing'),
    (nothing, ('--mask-values', '0=background'), 'give --masks'),
    (
        nothing,
        ('--masks', '{0}/masks', '--mask-values', '0=background', '1=apple', '2=blue bird'),
        'has the value 3, which',
    ),
    (nothing, ('--val-list', 'v.txt', '--skip-bad'), 'v.txt: the list of photos is missing'),
    (foreign, (), 'phone.HEIC: photos of this kind are not read'),
    (other_size, ('--masks', '{0}/masks'), 'has 9 x 9 pixels, but its photo'),
    (bad_value, ('--masks', '{0}/masks'), '0.png: has the value 7, but masks'),
    (colours, ('--masks', '{0}/masks'), '0.png: the values of a mask must be classes, but its'),
    (short_class, ('--skip-bad', '--val-list', '{0}/v.txt'), 'class leaf is left without a photo'),
]


@pytest.mark.parametrize('spoil, more, message', BAD)
def test_bad_input_is_named(convert, photos, spoil, more, message):
    if spoil is not foreign:
        (photos.folder / 'leaf/cut.jpg').unlink()
    (photos.folder.parent / 'v.txt').write_text('leaf/1.jpg\n')
    spoil(photos)
    more = [text.format(photos.folder.parent) for text in more]
    with pytest.raises(UserError, match=message) as caught:
        convert(*more)
    assert len(str(caught.value).splitlines()) == 1


def test_an_empty_or_missing_folder(convert, tmp_path):
    with pytest.raises(UserError, match='folder of photos is missing'):
        convert(folder=tmp_path / 'none')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(UserError, match='holds no photo; known endings'):
        convert(folder=tmp_path / 'empty')


def test_masks_and_the_data_set_below_the_photos_are_no_classes(photos, convert):
    photos.masks.rename(photos.folder / 'drawn')
    out = convert('--skip-bad', '--masks', photos.folder / 'drawn')
    assert lines(out / 'classes.txt')[1:] == NAMES
