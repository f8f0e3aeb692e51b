"""Masks that editors have saved: the colours stay, the values may not."""

import numpy as np
import pytest
from PIL import Image

from ppl_mm.errors import UserError
from ppl_mm.formats.edited_mask import read_edited_mask
from ppl_mm.formats.mask_file import voc_palette, write_label

CLASSES = ('cat', 'dog', 'a bird')


@pytest.fixture
def label():
    mask = np.zeros((30, 40), np.uint8)
    mask[2:9, 3:30], mask[12:20, 5:25], mask[25:] = 2, 3, 255
    return mask


@pytest.fixture
def ours(tmp_path, label):
    path = tmp_path / 'ours.png'
    write_label(path, label)
    return path


def as_rgb(ours):
    return Image.open(ours).convert('RGB')


def with_few_colours(ours):
    """What GIMP does on the way back from RGB: the colours in another order."""
    return as_rgb(ours).quantize(4)


def in_grey(ours):
    return Image.fromarray(np.array(Image.open(ours)))


SAVED = dict(
    untouched=Image.open,
    rgb=as_rgb,
    rgba=lambda ours: as_rgb(ours).convert('RGBA'),
    sorted=with_few_colours,
    grey=in_grey,
)


@pytest.mark.parametrize('kind', SAVED)
@pytest.mark.parametrize('ending', ['png', 'tif', 'bmp'])
def test_a_mask_survives_an_editor(ours, label, kind, ending, tmp_path):
    picture = SAVED[kind](ours)
    if kind == 'sorted':
        assert not np.array_equal(np.array(picture), label)  # the values have changed
    if kind == 'rgba' and ending == 'bmp':
        return
    picture.save(tmp_path / f'saved.{ending}')
    assert np.array_equal(read_edited_mask(tmp_path / f'saved.{ending}', CLASSES), label)


def test_values_count_where_the_palette_is_not_ours(label, tmp_path):
    picture = Image.fromarray(label)
    picture.putpalette([value for k in range(256) for value in (k, 255 - k, 77)])
    picture.save(tmp_path / 'a.png')
    assert np.array_equal(read_edited_mask(tmp_path / 'a.png', CLASSES), label)


def test_a_class_that_does_not_exist_stays_one(tmp_path, label):
    label[0, 0] = 4  # check_labels names it
    write_label(tmp_path / 'a.png', label)
    assert read_edited_mask(tmp_path / 'a.png', CLASSES)[0, 0] == 4


def test_soft_edges_are_named_with_the_colours(ours, tmp_path):
    picture = as_rgb(ours).resize((80, 60), Image.Resampling.BILINEAR)
    picture.save(tmp_path / 'soft.png')
    with pytest.raises(UserError) as error:
        read_edited_mask(tmp_path / 'soft.png', CLASSES)
    line = str(error.value)
    assert 'soft.png: ' in line and 'pixels have a colour of no class, e.g. #' in line
    red, green, blue = voc_palette()[3:6]
    assert f'cat #{red:02x}{green:02x}{blue:02x}, dog #008000, a bird #808000' in line
    assert 'background #000000' in line and 'void #e0e0c0' in line and '\n' not in line


def test_many_classes_are_not_all_listed(ours, tmp_path):
    Image.new('RGB', (4, 4), (1, 2, 3)).save(tmp_path / 'a.png')
    with pytest.raises(UserError) as error:
        read_edited_mask(tmp_path / 'a.png', [f'class {k}' for k in range(80)])
    assert len(str(error.value)) < 450


@pytest.mark.parametrize(
    'spoil, words',
    [
        (lambda path, ours: as_rgb(ours).save(path, format='JPEG'), 'a JPEG changes the values'),
        (lambda path, ours: Image.new('RGBA', (9, 9), (0, 0, 0, 90)).save(path), 'transparent'),
        (lambda path, ours: path.write_bytes(ours.read_bytes()[:150]), 'not a readable mask'),
        (lambda path, ours: Image.new('CMYK', (9, 9)).save(path, format='TIFF'), 'CMYK'),
        (lambda path, ours: None, 'no such mask'),
    ],
)
def test_what_cannot_be_read_is_one_line(ours, tmp_path, spoil, words):
    path = tmp_path / 'bad.png'
    spoil(path, ours)
    with pytest.raises(UserError, match=words) as error:
        read_edited_mask(path, CLASSES)
    assert str(path) in str(error.value) and '\n' not in str(error.value)
