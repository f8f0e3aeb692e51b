"""own_data.py --no-background: photos whose every pixel belongs to a class."""

import numpy as np
import pytest
from PIL import Image
from test_data_tools.checked_data import clear_labels
from test_data_tools.own_files import lines, split

from ppl_mm.data_tools.check.report import report_check
from ppl_mm.data_tools.check.scan import ScanOptions, scan_dataset
from ppl_mm.datasets import ImageLabelDataset, VOCLayoutDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import read_mask

CLASSES = ['forest', 'town', 'water']


@pytest.fixture
def folder(tmp_path):
    """Photos of two fields each, their masks with values from 0 on, and labels."""
    rng = np.random.default_rng(0)
    rows = ['image,labels']
    for number in range(12):
        pair = sorted(rng.choice(3, 2, replace=False))
        mask = np.full((40, 48), pair[0], np.uint8)
        mask[:, 20:] = pair[1]
        image = 60 + 60 * mask[..., None] + rng.integers(0, 30, (40, 48, 3)).astype(np.uint8)
        for kind, pixels in (('photos', image), ('masks', mask)):
            path = tmp_path / kind / f'{number}.png'
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(path)
        rows.append(f'{number}.png,{" ".join(CLASSES[k] for k in pair)}')
    (tmp_path / 'labels.csv').write_text('\n'.join(rows))
    return tmp_path / 'photos'


@pytest.fixture
def convert(make, folder):
    def run(*more):
        return make('--no-background', '--labels', folder.parent / 'labels.csv', *more)

    return run


def shifted(folder, by):
    """Change the values of all masks."""
    for path in (folder.parent / 'masks').iterdir():
        Image.fromarray(np.array(Image.open(path)) + np.uint8(by)).save(path)


def test_the_data_set_says_so_to_every_reader(convert, folder, capsys):
    out = convert('--masks', folder.parent / 'masks')
    said = capsys.readouterr().out
    assert 'values in masks: 1=forest, 2=town, 3=water' in said and 'no background: every' in said
    assert lines(out / 'classes.txt') == ['no background', *CLASSES]
    images = ImageLabelDataset(data_root=str(out))
    assert images.metainfo['classes'] == tuple(CLASSES)
    assert images.metainfo['background'] is False
    masks = VOCLayoutDataset(str(out), 'ImageSets/Segmentation/val.txt')
    assert masks.metainfo['classes'] == tuple(CLASSES) and masks.metainfo['reduce_zero_label']
    for name in split(out, 'train') + split(out, 'val'):
        drawn = np.array(Image.open(folder.parent / f'masks/{name}.png'))
        assert np.array_equal(read_mask(out / f'SegmentationClass/{name}.png'), drawn + 1)


@pytest.mark.parametrize('by', [0, 1])
def test_masks_may_count_from_0_or_from_1(convert, folder, by):
    shifted(folder, by)
    out = convert('--masks', folder.parent / 'masks')
    drawn = np.array(Image.open(folder.parent / 'masks/0.png')) - by
    assert np.array_equal(read_mask(out / 'SegmentationClass/0.png'), drawn + 1)


def test_masks_that_do_not_tell_what_their_first_value_is(convert, folder):
    path = folder.parent / 'masks/0.png'
    mask = np.array(Image.open(path))
    mask[0] = 3
    Image.fromarray(mask).save(path)
    with pytest.raises(UserError, match='masks hold 0 and 3, so it is not clear'):
        convert('--masks', path.parent)
    meanings = '0=forest 1=town 2=water 3=void'.split()
    out = convert('--masks', path.parent, '--mask-values', *meanings)
    assert set(np.unique(read_mask(out / 'SegmentationClass/0.png')[0])) == {255}
    with pytest.raises(UserError, match='names background, and --no-background says'):
        convert('--masks', path.parent, '--mask-values', '0=background', *meanings[1:])


def test_images_without_a_class_contradict_it(convert, folder):
    with pytest.raises(UserError, match='--negative-name: with --no-background every image'):
        convert('--negative-name', 'none')
    with pytest.raises(UserError, match='--negatives: with --no-background every image'):
        convert('--negatives', folder)
    with pytest.raises(UserError, match='shows .* and water, which --classes leaves out'):
        convert('--classes', 'forest', 'town')
    path = folder.parent / 'labels.csv'
    path.write_text(path.read_text().rpartition(',')[0] + ',')
    with pytest.raises(UserError, match=r"photo '11\.png' shows none of the classes, but with"):
        convert()
    path.write_text('image,labels\n' + '\n'.join(f'{k}.png,town' for k in range(12)))
    with pytest.raises(UserError, match='the only class, town, would be everywhere'):
        convert()


def test_it_belongs_to_what_the_data_are_made_from(convert, folder, make):
    convert()
    with pytest.raises(UserError, match='background'):
        make('--labels', folder.parent / 'labels.csv')


def test_a_check_refuses_masks_with_a_0_and_images_without_a_class(convert, folder, tmp_path):
    out = convert('--masks', folder.parent / 'masks')
    assert not report_check(scan_dataset(ScanOptions(out)), tmp_path / 'good')['error']
    name = split(out, 'train')[0]
    mask = read_mask(out / f'SegmentationClass/{name}.png')
    mask[0] = 0
    Image.fromarray(mask).save(out / f'SegmentationClass/{name}.png')
    clear_labels(out, name)
    found = report_check(scan_dataset(ScanOptions(out)), tmp_path / 'bad')
    assert found['error'] == 2
    report = (tmp_path / 'bad/report.json').read_text()
    assert 'the data have no background' in report and 'not class ids' in report
