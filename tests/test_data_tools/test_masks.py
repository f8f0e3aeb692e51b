"""Which mask belongs to which photo, and what several masks say together."""

import numpy as np
import pytest
from PIL import Image

from ppl_mm.data_tools.own.mask_values import MaskValues, parse_meanings
from ppl_mm.data_tools.own.masks import MaskFinder, check_palettes, merge_masks
from ppl_mm.errors import UserError


def write(root, *names, values=(0, 1)):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.array([values], np.uint8)).save(path)


PHOTOS = ['cat/1.jpg', 'cat/2.jpg', 'dog/3.jpg', 'cat/a b.jpeg']


@pytest.mark.parametrize(
    'masks',
    [
        ['cat/1.png', 'cat/2.png', 'dog/3.png'],
        ['cat/1.tif', 'cat/2.tif', 'dog/3.tif'],
        ['cat/1.bmp', 'cat/2.bmp', 'dog/3.bmp'],
        ['1.png', '2.png', '3.png'],
        ['cat/1_mask.png', 'cat/2_mask.png', 'dog/3_mask.png'],
        ['cat/1-seg.v2.png', 'cat/2-seg.v2.png', 'dog/3-seg.v2.png'],
        ['cat/mask_1.png', 'cat/mask_2.png', 'dog/mask_3.png'],
    ],
)
def test_masks_are_found_as_people_name_them(tmp_path, masks):
    write(tmp_path, *masks)
    find = MaskFinder(tmp_path, PHOTOS)
    assert [find(photo) for photo in PHOTOS] == [*(tmp_path / name for name in masks), None]
    assert find.unused == []


@pytest.mark.parametrize(
    'names',
    [
        ('cat/1.bmp', 'cat/1.png'),
        ('1.PNG', '1.png'),
        ('1_mask.png', '1_mask.tif'),
        ('1_cat.png', '1_dog.png'),
        ('0_1.png', '1_1.png'),
        ('cat/1_0.png', 'cat/1_1.png'),
    ],
)
def test_two_masks_of_one_photo_are_refused(tmp_path, names):
    write(tmp_path, *names)
    with pytest.raises(UserError, match=f'{names[0]} and {names[1]} would both be the mask'):
        MaskFinder(tmp_path, ['cat/1.jpg', 'cat/2.jpg'] if '/' in names[0] else ['1.jpg'])


def test_a_photo_may_be_named_as_another_with_a_part_more(tmp_path):
    names = ['1_mask.png', '1_b_mask.png', '1_b_c_mask.png', '1_of_a_photo_that_is_gone_mask.png']
    write(tmp_path, *names)
    photos = ['1.jpg', '1_b.jpg', '1_b_c.jpg']
    find = MaskFinder(tmp_path, photos)
    assert [find(photo).name for photo in photos] == names[:3]
    assert find.unused == names[3:]


def test_two_masks_of_no_photo_are_unused(tmp_path):
    write(tmp_path, 'cat/1.png', 'x.png', 'x.tif')
    assert MaskFinder(tmp_path, PHOTOS).unused == ['x.png', 'x.tif']


def test_a_name_without_folders_must_be_unique(tmp_path):
    write(tmp_path, '1.png', '3.png')
    find = MaskFinder(tmp_path, ['cat/1.jpg', 'dog/1.jpg', 'dog/3.jpg'])
    assert find('cat/1.jpg') is None
    assert find('dog/3.jpg') == tmp_path / '3.png'
    assert find.unused == ['1.png']


def test_names_of_one_letter_in_two_forms_are_one(tmp_path):
    write(tmp_path, 'cafe\u0301.png')
    assert MaskFinder(tmp_path, ['caf\u00e9.jpg'])('caf\u00e9.jpg') is not None


def test_masks_that_belong_to_no_photo_are_refused(tmp_path):
    write(tmp_path, 'x.png', 'y.png')
    with pytest.raises(UserError, match='2 masks found, none belongs to a photo, e.g. x.png'):
        MaskFinder(tmp_path, PHOTOS)


def test_small_copies_that_a_nas_makes_are_no_masks(tmp_path):
    write(tmp_path, 'cat/1.png', 'cat/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg', '.trash/2.jpg')
    find = MaskFinder(tmp_path, PHOTOS)
    assert find('cat/1.jpg') == tmp_path / 'cat/1.png' and not find.unused


def test_jpegs_are_refused(tmp_path):
    write(tmp_path, 'cat/1.png', 'cat/2.jpg')
    with pytest.raises(UserError, match='1 mask is a JPEG.*cat/2.jpg; save masks as PNG'):
        MaskFinder(tmp_path, PHOTOS)


def test_no_masks_are_none(tmp_path):
    find = MaskFinder(tmp_path, PHOTOS)
    assert find(PHOTOS[0]) is None
    assert find.unused == []


def indexed(path, values, palette):
    image = Image.fromarray(np.array([values], np.uint8), 'P')
    image.putpalette(palette)
    image.save(path)


RED, BLUE, BLACK = (255, 0, 0), (0, 0, 255), (0, 0, 0)


def test_a_palette_in_another_order_is_named(tmp_path):
    paths = [tmp_path / f'{k}.png' for k in range(4)]
    for path in paths[:3]:
        indexed(path, [0, 1, 2], [*BLACK, *RED, *BLUE])
    indexed(paths[3], [0, 1], [*RED, *BLACK])
    with pytest.raises(UserError, match=r'3.png: the value 0 has the colour \(255, 0, 0\)'):
        check_palettes(paths)


def test_colours_that_no_pixel_has_do_not_count(tmp_path):
    paths = [tmp_path / f'{k}.png' for k in range(3)]
    indexed(paths[0], [0, 1], [*BLACK, *RED, *BLUE])
    indexed(paths[1], [0, 1], [*BLACK, *RED, *BLACK])
    write(tmp_path, '2.png', values=(0, 7))  # grey
    check_palettes(paths)


def test_masks_of_one_photo_are_put_together():
    first, second = np.zeros((2, 6, 6), np.uint8)
    first[:4, :4], second[2:, 2:] = 1, 2
    merged, clashes = merge_masks([first, second])
    assert clashes == 4
    assert (merged[2:, 2:] == 2).all()
    assert (merged == 1).sum() == 12
    void, _ = merge_masks([first, second], void=255)
    assert (void == 255).sum() == 4
    assert (void == 2).sum() == 12
    assert merge_masks([first, first])[1] == 0


def test_soft_edges_are_told(tmp_path):
    values = MaskValues(['cat'])
    soft = np.arange(0, 250, 10, dtype=np.uint8)[None]
    with pytest.raises(UserError, match='looks like soft edges.*128-255=object'):
        values.convert(soft, ['cat'], 'x.png')
    cut = MaskValues(['cat'], parse_meanings(['0-127=background', '128-255=object']))
    assert np.array_equal(cut.convert(soft, ['cat'], 'x.png'), (soft > 127).astype(np.uint8))


@pytest.mark.parametrize('text', ['1-=cat', '-1=cat', '9-3=cat', '0-256=cat', '1=', '1', 'a=cat'])
def test_a_meaning_of_another_form(text):
    with pytest.raises(UserError, match='expected VALUE=MEANING or FIRST-LAST=MEANING'):
        parse_meanings([text])


def test_ranges_that_meet():
    with pytest.raises(UserError, match='the value 5 comes twice'):
        parse_meanings(['0-5=background', '5-9=cat'])


def data_set(tmp_path, load_tool, masks, *args):
    """Convert two photos, of a cat and of a dog, with some masks; return the folder."""
    for name, shade in (('cat/1.jpg', 40), ('dog/2.jpg', 200), ('cat/3.jpg', 90), ('dog/4.jpg', 9)):
        path = tmp_path / 'photos' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new('L', (40, 40), shade).save(path)
    for name, values in masks.items():
        write(tmp_path / 'masks', name)
        Image.fromarray(np.full((40, 40), values, np.uint8)).save(tmp_path / 'masks' / name)
    photos, masks, out = (str(tmp_path / name) for name in ('photos', 'masks', 'out'))
    load_tool('own_data').main([photos, '--masks', masks, '--out', out, *args])
    return tmp_path / 'out'


def test_the_converter_finds_masks_and_counts_those_of_no_photo(tmp_path, load_tool, capsys):
    masks = {'cat/1_mask.tif': 1, 'dog/2_mask.tif': 2, 'dog/5_mask.tif': 2}
    out = data_set(tmp_path, load_tool, masks)
    assert sorted(path.name for path in (out / 'SegmentationClass').iterdir()) == [
        'cat_1.png',
        'dog_2.png',
    ]
    assert '1 file of --masks belongs to no photo, e.g. dog/5_mask.tif' in capsys.readouterr().out


def test_a_class_that_the_photo_is_not_labelled_with_is_told(tmp_path, load_tool, capsys):
    data_set(tmp_path, load_tool, {'cat/1.png': 2, 'dog/2.png': 2})
    assert '1 with a class in the mask that the label does not name' in capsys.readouterr().out


def test_a_photo_is_kept_without_a_mask_that_cannot_be_used(tmp_path, load_tool):
    masks = {'cat/1.png': 1, 'dog/2.png': 2, 'cat/3.png': 77}
    with pytest.raises(UserError, match='3.png: has the value 77'):
        data_set(tmp_path, load_tool, masks)
    out = data_set(tmp_path, load_tool, masks, '--skip-bad')
    assert (out / 'JPEGImages/cat_3.jpg').is_file()
    assert not (out / 'SegmentationClass/cat_3.png').exists()
    assert '3.png' in (out / 'problems.txt').read_text()
    lists = [path.read_text() for path in (out / 'ImageSets/Segmentation').glob('*masks.txt')]
    assert not any('cat_3' in text for text in lists)


@pytest.mark.parametrize('suffix', ['png', 'tif'])
def test_a_mask_is_not_turned_by_its_exif_and_by_that_of_its_photo(tmp_path, load_tool, suffix):
    """It was drawn upright, and somebody has copied the EXIF of the photo."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, size in (('photos/cat/5.jpg', (80, 40)), (f'masks/cat/5.{suffix}', (40, 80))):
        (tmp_path / name).parent.mkdir(parents=True)
        Image.new('L', size, 1).save(tmp_path / name, exif=exif)
    with pytest.raises(UserError, match=f'5.{suffix}: has 80 x 40 pixels, but its photo'):
        data_set(tmp_path, load_tool, {'dog/2.png': 2})


@pytest.mark.parametrize('overlap, expected', [('later', {2}), ('void', {255})])
def test_masks_of_equal_photos_are_put_together(tmp_path, load_tool, capsys, overlap, expected):
    photo = Image.new('L', (40, 40), 7)
    for name in ('cat/7.jpg', 'dog/7.jpg'):
        (tmp_path / 'photos' / name).parent.mkdir(parents=True)
        photo.save(tmp_path / 'photos' / name)
    masks = {'cat/7.png': 1, 'dog/7.png': 2, 'cat/9.png': 1, 'dog/9.png': 2}
    for name, shade in (('cat/9.jpg', 1), ('dog/9.jpg', 90)):
        Image.new('L', (40, 40), shade).save(tmp_path / 'photos' / name)
    out = data_set(tmp_path, load_tool, masks, '--mask-overlap', overlap)
    assert set(np.unique(Image.open(out / 'SegmentationClass/cat_7.png'))) == expected
    assert '1 with masks that overlap' in capsys.readouterr().out
