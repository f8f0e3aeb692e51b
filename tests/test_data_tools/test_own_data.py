"""own_data.py: from a folder of photos to a data set."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image
from test_data_tools.own_files import NAMES, image_of, labels, lines, split, write_csv

from ppl_mm.datasets import VOCLayoutDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.images.orientation import turn_upright


def test_what_is_made_is_read_by_both_data_sets(mine, capsys):
    assert lines(mine / 'classes.txt') == ['background', *NAMES]
    found = labels(mine)
    train, val = split(mine, 'train'), split(mine, 'val')
    assert len(found) == 8 * 3 + 5
    assert sorted(found) == sorted(train + val) and not set(train) & set(val)
    assert split(mine, 'train_masks') == sorted(train)
    for names in (train, val):
        assert {label for name in names for label in found[name]} == set(NAMES)
    masks = VOCLayoutDataset(str(mine), 'ImageSets/Segmentation/val.txt')
    pipeline = [dict(type='ppl_mm.LoadImage'), dict(type='mmseg.LoadAnnotations')]
    for name in ('train', 'val'):
        masks = VOCLayoutDataset(str(mine), f'ImageSets/Segmentation/{name}.txt', pipeline=pipeline)
        for sample in masks:
            assert sample['img'].shape[:2] == sample['gt_seg_map'].shape
    for path in (mine / 'JPEGImages').iterdir():
        with Image.open(path) as image:
            assert image.mode in ('RGB', 'L')
            assert image.getexif().get(0x0112, 1) == 1
            assert max(image.size) <= 2048


def test_the_same_photo_in_two_folders_has_both_classes(mine):
    name = image_of(mine, 'apple/both.jpg')
    assert image_of(mine, 'leaf/both too.jpg') == name
    assert labels(mine)[name] == ['apple', 'leaf']
    assert not (mine / 'JPEGImages/leaf_both_too.jpg').exists()
    (row,) = (line for line in lines(mine / 'image_labels.csv') if line.startswith(name))
    assert row == f'{name},apple;leaf'  # a class of the set has a space


def test_masks_lie_on_their_objects(mine):
    """Turned, shrunk or as they were: a mask covers the bright box."""
    colours = np.array([(220, 40, 40), (50, 70, 230), (40, 190, 60)])
    for path in (mine / 'SegmentationClass').iterdir():
        image = mine / f'JPEGImages/{path.stem}.jpg'
        if path.stem == 'apple_grey' or not image.exists():
            continue
        pixels = np.array(Image.open(image).convert('RGB')).astype(int)
        mask = np.array(Image.open(path))
        assert mask.shape == pixels.shape[:2]
        for label in np.unique(mask[mask > 0]):
            inside = pixels[mask == label]
            assert np.abs(inside.mean(0) - colours[label - 1]).max() < 12
    turned = Image.open(mine / 'JPEGImages/blue_bird_turned.jpg')
    assert turned.size == (66, 88)
    assert Image.open(mine / 'JPEGImages/apple_huge.jpg').size == (2048, 768)


def test_a_mask_that_was_drawn_on_its_side_is_turned(convert, photos):
    path = photos.masks / 'blue bird/turned.png'
    with Image.open(path) as image:
        upright = np.array(image)
    Image.fromarray(np.ascontiguousarray(np.rot90(upright))).save(path)
    out = convert('--skip-bad', '--masks', photos.masks)
    found = np.array(Image.open(out / 'SegmentationClass/blue_bird_turned.png'))
    assert (found == upright).all()


@pytest.mark.parametrize('orientation', range(2, 9))
@pytest.mark.parametrize('drawn', ['upright', 'as stored'])
def test_the_mask_of_a_turned_tiff_lies_on_its_object(convert, photos, orientation, drawn):
    image = Image.open(photos.folder / 'leaf/3.jpg').convert('RGB')
    mask = Image.open(photos.masks / 'leaf/3.png')
    exif = Image.Exif()
    exif[0x0112] = orientation
    for folder, ending in ((photos.folder, 'jpg'), (photos.masks, 'png')):
        (folder / f'leaf/3.{ending}').unlink()
    image.save(photos.folder / 'leaf/3.tif', exif=exif)
    upright = turn_upright(mask, orientation)
    # What has the same size either way is taken to be upright.
    (mask if drawn == 'as stored' and orientation > 4 else upright).save(
        photos.masks / 'leaf/3.png'
    )
    out = convert('--skip-bad', '--masks', photos.masks)
    found = np.array(Image.open(out / 'SegmentationClass/leaf_3.png'))
    assert (found == np.array(upright)).all()
    pixels = np.array(Image.open(out / 'JPEGImages/leaf_3.jpg')).astype(int)
    assert pixels.shape[:2] == found.shape
    inside = pixels[found > 0].mean(0)
    assert np.abs(inside - (40, 190, 60)).max() < 12


def test_a_photo_named_in_full_and_its_mask_are_no_other_photos(convert, photos):
    """1.jpg.jpg and 2.png.jpg are photos of their own beside 1.jpg, 2.jpg."""
    names = {'leaf/1.jpg': 1, 'leaf/1.jpg.jpg': 2, 'leaf/2.jpg': 3, 'leaf/2.png.jpg': 1}
    rng = np.random.default_rng(0)
    for name, label in names.items():
        photos.add(
            name,
            rng.integers(0, 256, (40, 50, 3)).astype(np.uint8),
            np.full((40, 50), label, np.uint8),
        )
    path = write_csv(
        photos,
        *(f'{name},{NAMES[label - 1]};' for name, label in names.items()),
        *(f'{name}/{i},{name};' for name in NAMES for i in range(4, 8)),
    )
    out = convert('--skip-bad', '--labels', path, '--masks', photos.masks)
    found = labels(out)
    for name, label in names.items():
        image = image_of(out, name)
        assert found[image] == [NAMES[label - 1]]
        mask = Image.open(out / f'SegmentationClass/{image}.png')
        assert np.unique(mask).tolist() == [label]


def test_labels_do_not_blend_where_a_mask_shrinks(convert, photos):
    path = photos.masks / 'apple/huge.png'
    Image.fromarray(np.array(Image.open(path)) * np.uint8(3)).save(path)
    out = convert('--skip-bad', '--masks', photos.masks)
    mask = Image.open(out / 'SegmentationClass/apple_huge.png')
    assert mask.size == (2048, 768) and np.unique(mask).tolist() == [0, 3]


def test_a_photo_that_needs_nothing_keeps_its_bytes(mine, photos):
    for name in ('apple/0.jpg', 'apple/grey.png'):
        stem = image_of(mine, name)
        path = mine / f'JPEGImages/{stem}{os.path.splitext(name)[1]}'
        assert path.read_bytes() == (photos.folder / name).read_bytes()
        assert path.stat().st_nlink == 1


def test_links_share_the_bytes(convert, photos):
    out = convert('--skip-bad', '--link')
    assert os.path.samefile(out / 'JPEGImages/apple_0.jpg', photos.folder / 'apple/0.jpg')
    assert (out / 'JPEGImages/apple_huge.jpg').stat().st_nlink == 1


def test_values_of_masks_are_translated(convert, photos):
    for path in photos.masks.rglob('*.png'):
        mask = np.array(Image.open(path))
        if 'both' not in path.name:  # binary, as many tools draw them
            mask = np.where(mask > 0, 255, 0).astype(np.uint8)
        else:
            mask = np.array([0, 40, 0, 80])[mask].astype(np.uint8)
        Image.fromarray(mask).save(path)
    with pytest.raises(UserError, match='0 and 255.*255=object'):
        convert('--masks', photos.masks)
    shutil.rmtree(photos.folder.parent / 'mine')
    values = '0=background 255=object 40=apple 80=leaf'.split()
    out = convert('--masks', photos.masks, '--skip-bad', '--mask-values', *values)
    for name, expected in (
        ('leaf_0', [0, 3]),
        ('apple_1', [0, 1]),
        (image_of(out, 'apple/both.jpg'), [0, 1, 3]),
    ):
        mask = Image.open(out / f'SegmentationClass/{name}.png')
        assert mask.mode == 'P' and np.unique(mask).tolist() == expected
