"""own_data.py: from a folder of photos to a data set."""

import csv
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from ppl_mm.data_tools.own.sources import image_ids
from ppl_mm.data_tools.own.split import choose_val
from ppl_mm.datasets import ImageLabelDataset, VOCLayoutDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.orientation import turn_upright
from ppl_mm.utils import cli

NAMES = ['apple', 'blue bird', 'leaf']


def image_of(out, photo):
    """Name of the image that a photo became."""
    with open(out / 'sources.csv', encoding='utf-8', newline='') as file:
        return next(row['image'] for row in csv.DictReader(file) if row['photo'] == photo)


def lines(path):
    return path.read_text(encoding='utf-8').splitlines()


def split(out, name):
    return lines(out / f'ImageSets/Segmentation/{name}.txt')


def labels(out):
    """The classes of each image, as training reads them."""
    dataset = ImageLabelDataset(data_root=str(out))
    classes = dataset.metainfo['classes']
    return {
        info['image_id']: [classes[i] for i in info['gt_label']]
        for info in map(dataset.get_data_info, range(len(dataset)))
    }


def files(out):
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob('*')
        if path.is_file()
    }


@pytest.fixture
def mine(convert, photos):
    return convert('--skip-bad', '--masks', photos.masks)


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


def test_a_broken_photo_stops_it_and_a_mended_one_goes_on(convert, photos, tmp_path):
    with pytest.raises(UserError, match='1 photos .*--skip-bad.*cut.jpg'):
        convert()
    out = tmp_path / 'mine'
    (listed,) = lines(out / 'problems.txt')
    assert 'leaf/cut.jpg' in listed
    before = {path: path.stat().st_mtime_ns for path in (out / 'JPEGImages').iterdir()}
    Image.open(photos.folder / 'apple/3.jpg').rotate(180).save(photos.folder / 'leaf/cut.jpg')
    convert()
    assert len(before) == 29
    for path, time in before.items():
        assert path.stat().st_mtime_ns == time
    assert (out / 'JPEGImages/leaf_cut.jpg').is_file()
    assert not (out / 'problems.txt').exists()


def test_a_continued_run_makes_the_same_files(convert, photos, mine, tmp_path, monkeypatch):
    whole = files(mine)
    shutil.rmtree(mine)
    converted = []

    def stop(self, photo, source, target):
        converted.append(target)
        if len(converted) == 10:
            raise KeyboardInterrupt
        return write(self, photo, source, target)

    from ppl_mm.data_tools.own.converter import PhotoConverter

    write = PhotoConverter._write_photo
    monkeypatch.setattr(PhotoConverter, '_write_photo', stop)
    arguments = ('--skip-bad', '--masks', photos.masks)
    with pytest.raises(KeyboardInterrupt):
        convert(*arguments)
    monkeypatch.undo()
    convert(*arguments)
    assert files(mine) == whole


def test_a_photo_that_was_replaced_meanwhile_is_converted_again(convert, photos):
    with pytest.raises(UserError):
        convert()
    path = photos.folder / 'apple/0.jpg'
    Image.open(photos.folder / 'apple/1.jpg').rotate(180).save(path)
    out = convert('--skip-bad')
    assert (out / 'JPEGImages/apple_0.jpg').read_bytes() == path.read_bytes()


def test_what_has_gone_since_an_interrupted_run_is_removed(convert, photos, tmp_path):
    with pytest.raises(UserError):
        convert()
    (photos.folder / 'apple/0.jpg').unlink()
    out = convert('--skip-bad')
    assert not (out / 'JPEGImages/apple_0.jpg').exists()
    assert 'apple_0' not in labels(out)


def test_a_second_run_is_idle_and_changes_are_refused(convert, mine, photos, capsys):
    arguments = ('--skip-bad', '--masks', photos.masks)
    before = {path: path.stat().st_mtime_ns for path in mine.rglob('*')}
    convert(*arguments)
    assert 'complete already' in capsys.readouterr().out
    with pytest.raises(UserError, match='other settings.*seed 0 there, 1'):
        convert(*arguments, '--seed', '1')
    shutil.copy(photos.folder / 'apple/0.jpg', photos.folder / 'leaf/new.jpg')
    (photos.folder / 'leaf/0.jpg').unlink()
    with pytest.raises(UserError, match='1 are new, 1 gone, 1 changed'):
        convert(*arguments)
    assert before == {path: path.stat().st_mtime_ns for path in mine.rglob('*')}


def write_csv(photos, *rows):
    path = photos.folder.parent / 'labels.csv'
    path.write_text('\n'.join(['image,labels', *rows]) + '\n', encoding='utf-8')
    return path


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


def test_a_json_keeps_its_order_of_classes(convert, photos):
    path = photos.folder.parent / 'labels.json'
    path.write_text(
        json.dumps(
            dict(
                metainfo=dict(classes=['z', 'a,b']),
                data_list=[dict(img_path=f'apple/{i}.jpg', gt_label=[i % 2]) for i in range(6)],
            )
        )
    )
    out = convert('--labels', path, '--skip-bad')
    assert lines(out / 'classes.txt')[1:] == ['z', 'a,b']
    assert labels(out)['apple_3'] == ['a,b']


def test_named_photos_are_for_val(convert, photos):
    path = photos.folder.parent / 'val.txt'
    path.write_text('apple/1.jpg\nleaf/3\nblue bird/turned.jpg\n')
    out = convert('--skip-bad', '--val-list', path)
    assert sorted(split(out, 'val')) == ['apple_1', 'blue_bird_turned', 'leaf_3']


def test_a_list_for_val_that_has_changed_is_refused(convert, photos, capsys):
    path = photos.folder.parent / 'val.txt'
    path.write_text('apple/1.jpg\nleaf/3\nblue bird/turned.jpg\n')
    out = convert('--skip-bad', '--val-list', path)
    before = files(out)
    path.write_text('blue bird/turned\n\nleaf/3.jpg\napple/1\n')
    convert('--skip-bad', '--val-list', path)  # says the same
    assert 'complete already' in capsys.readouterr().out
    path.write_text('apple/2.jpg\nleaf/3\nblue bird/turned.jpg\n')
    with pytest.raises(
        UserError,
        match=r'val\.txt names: 1 are new, 1 gone; '
        'delete the folder',
    ) as caught:
        convert('--skip-bad', '--val-list', path)
    assert len(str(caught.value).splitlines()) == 1
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
    out = convert(
        '--masks',
        photos.masks,
        '--skip-bad',
        '--mask-values',
        '0=background',
        '255=object',
        '40=apple',
        '80=leaf',
    )
    for name, expected in (
        ('leaf_0', [0, 3]),
        ('apple_1', [0, 1]),
        (image_of(out, 'apple/both.jpg'), [0, 1, 3]),
    ):
        mask = Image.open(out / f'SegmentationClass/{name}.png')
        assert mask.mode == 'P' and np.unique(mask).tolist() == expected


def test_few_masks_serve_val_and_a_threshold(convert, photos):
    for path in photos.masks.rglob('*.png'):
        if path.stem not in '0123':
            path.unlink()
    out = convert('--masks', photos.masks, '--skip-bad')
    masked = {path.stem for path in (out / 'SegmentationClass').iterdir()}
    assert set(split(out, 'val')) <= masked
    rest = split(out, 'train_masks')
    assert set(rest) == masked - set(split(out, 'val')) and len(rest) >= 6


def nothing(photos):
    return ()


def foreign(photos):
    (photos.folder / 'leaf/phone.HEIC').write_bytes(b'ftypheic')
    (photos.folder / 'leaf/cut.jpg').unlink()


def no_folders(photos):
    for path in list(photos.folder.iterdir()):
        shutil.rmtree(path)
    Image.new('RGB', (40, 40)).save(photos.folder / 'a.png')


def splits(photos):
    for path, name in zip(sorted(photos.folder.iterdir()), ('test', 'train', 'val'), strict=True):
        path.rename(photos.folder / name)


def other_size(photos):
    Image.new('L', (9, 9)).save(photos.masks / 'apple/0.png')


def bad_value(photos):
    Image.new('L', (61, 50), 7).save(photos.masks / 'apple/0.png')


def colours(photos):
    Image.new('RGB', (61, 50)).save(photos.masks / 'apple/0.png')


def short_class(photos):
    for path in list((photos.folder / 'leaf').iterdir())[1:]:
        path.unlink()
    (photos.folder / 'leaf/cut.jpg').unlink(missing_ok=True)
    shutil.copy(photos.folder / 'apple/1.jpg', photos.folder / 'leaf/1.jpg')
    for path in photos.folder.glob('*/*'):
        if path.parent.name == 'leaf' and path.name != '1.jpg':
            path.unlink()


BAD = [
    (nothing, ('--masks', 'none'), 'none: the folder of masks is missing'),
    (nothing, ('--val-share', '0.7'), '--val-share is 0.7; it must be above'),
    (nothing, ('--max-long-side', '5'), '--max-long-side is 5'),
    (nothing, ('--white-level', '0'), '--white-level is 0'),
    (nothing, ('--classes', 'fox'), "unknown class 'apple'; known are fox"),
    (nothing, ('--classes', 'aple', 'leaf'), "unknown class 'apple'; did you mean 'aple'"),
    (
        nothing,
        ('--classes', 'apple', 'leaf', 'blue bird', 'fox', '--skip-bad'),
        'class fox has no photo',
    ),
    (nothing, ('--classes', 'a;b'), "'a;b' has a semicolon"),
    (nothing, ('--classes', 'background'), "names 'background'"),
    (nothing, ('--labels', 'x.csv'), 'x.csv: the label file is missing'),
    (nothing, ('--labels', 'x.txt'), 'read from a .csv or a .json'),
    (nothing, ('--mask-values', '0=background'), 'give --masks'),
    (nothing, ('--masks', '{0}/masks', '--mask-values', '0=sky'), "'sky' is neither a class"),
    (
        nothing,
        ('--masks', '{0}/masks', '--mask-values', '300=apple'),
        '300=apple: expected VALUE=MEANING',
    ),
    (
        nothing,
        ('--masks', '{0}/masks', '--mask-values', '1=apple', '1=leaf'),
        'the value 1 comes twice',
    ),
    (
        nothing,
        ('--masks', '{0}/masks', '--mask-values', '0=background', '1=apple', '2=blue bird'),
        'has the value 3, which',
    ),
    (nothing, ('--val-list', 'v.txt', '--skip-bad'), 'v.txt: the list of photos is missing'),
    (foreign, (), 'phone.HEIC: photos of this kind are not read'),
    (no_folders, (), 'no photo lies in a folder of its class'),
    (splits, (), 'test, train, val look like splits'),
    (other_size, ('--masks', '{0}/masks'), 'has 9 x 9 pixels, but its photo'),
    (bad_value, ('--masks', '{0}/masks'), '0.png: has the value 7, but there'),
    (colours, ('--masks', '{0}/masks'), '0.png: the values of a mask must be classes, but its'),
    (
        short_class,
        ('--skip-bad', '--val-list', '{0}/v.txt'),
        'class leaf is left without a photo to train on',
    ),
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


@pytest.mark.parametrize(
    'row, message',
    [
        ('apple/0.jpg,appel', "line 2: unknown class 'appel'; did you mean 'app"),
        ('apple/77.jpg,apple', "photo 'apple/77.jpg' is missing in"),
        ('apple/0.jpg,apple,leaf', 'spaces between the labels'),
    ],
)
def test_bad_lines_of_labels_are_named(convert, photos, row, message):
    with pytest.raises(UserError, match=message):
        convert('--labels', write_csv(photos, row), '--classes', 'apple', 'leaf')


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


def test_the_command_ends_with_one_line(convert, monkeypatch, capsys):
    with pytest.raises(SystemExit) as end:
        cli.run(convert)
    assert end.value.code == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith('error: ')]
    assert len(errors) == 1 and 'cut.jpg' in errors[0]


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
