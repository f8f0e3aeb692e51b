"""Photos, masks and labels as people have them, at each command that reads such files."""

import csv

import cv2
import numpy as np
import pytest
from bad_input.scenes import SCENES
from PIL import Image

RNG = np.random.default_rng(0)


def photo(path, mode='RGB', **options):
    """A photo, wider than high, with no line like another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RNG.integers(0, 256, (20, 24, 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path, **options)
    return path


def mask(path, value, top=4):
    """A mask of a square, 8 pixels wide and high."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.zeros((20, 24), np.uint8)
    values[top : top + 8, 4:12] = value
    Image.fromarray(values).save(path)


def classes_of(folder):
    return (folder / 'mine/classes.txt').read_text().split()[1:]


def values_of(folder, image):
    return np.array(Image.open(folder / f'mine/SegmentationClass/{image}.png'))


def own(command, *more):
    return command('own_data', 'own', '--out', 'mine', '--workers', '1', *more)


@pytest.fixture
def own_folder(tmp_path):
    """Two classes of four photos, whose names differ between the classes."""
    for name, letter in (('cat', 'c'), ('dog', 'd')):
        for number in range(4):
            photo(tmp_path / f'own/{name}/{letter}{number}.jpg')
    return tmp_path


@pytest.mark.parametrize('name', ['own_data'])
def test_flat_masks_of_photos_in_folders(command, own_folder, name):
    for path in sorted((own_folder / 'own').rglob('*.jpg')):
        mask(own_folder / f'flat/{path.stem}.png', 1 + (path.parent.name == 'dog'))
    done = own(command, '--masks', 'flat')
    assert done.code == 0, done.output
    assert np.unique(values_of(own_folder, 'cat_c0')).tolist() == [0, 1]
    assert np.unique(values_of(own_folder, 'dog_d3')).tolist() == [0, 2]


@pytest.mark.parametrize('name', ['own_data'])
def test_flat_masks_that_fit_two_photos(command, tmp_path, name):
    for label in ('cat', 'dog'):
        for number in range(3):
            photo(tmp_path / f'own/{label}/{number}.jpg')
            mask(tmp_path / f'flat/{number}.png', 1)
    done = own(command, '--masks', 'flat')
    assert done.code == 2 and len(done.errors) == 1, done.output
    assert '3 masks found, none belongs to a photo' in done.errors[0]
    assert 'name each as its photo, e.g. cat/0.png' in done.errors[0]


@pytest.fixture
def per_class(tmp_path):
    """Each photo lies in both folders, with a mask of its class in each."""
    for number in range(4):
        first = photo(tmp_path / f'own/cat/{number}.jpg')
        (tmp_path / 'own/dog').mkdir(exist_ok=True)
        (tmp_path / f'own/dog/{number}.jpg').write_bytes(first.read_bytes())
        mask(tmp_path / f'masks/cat/{number}.png', 1)
        mask(tmp_path / f'masks/dog/{number}.png', 2, top=10)
    return tmp_path


@pytest.mark.parametrize('name', ['own_data'])
@pytest.mark.parametrize('overlap, there', [('later', 2), ('void', 255)])
def test_a_mask_for_each_class(command, per_class, name, overlap, there):
    done = own(command, '--masks', 'masks', '--mask-overlap', overlap)
    assert done.code == 0 and '4 images with a class' in done.output, done.output
    found = values_of(per_class, 'cat_0')
    expected = np.zeros((20, 24), np.uint8)
    expected[4:12, 4:12], expected[10:18, 4:12] = 1, 2
    expected[10:12, 4:12] = there
    assert np.array_equal(found, expected)
    assert any('overlap' in line and '4' in line for line in done.output.splitlines())
    with open(per_class / 'mine/image_labels.csv') as file:
        assert {row['labels'] for row in csv.DictReader(file)} == {'cat dog'}


@pytest.mark.parametrize('name', ['own_data'])
@pytest.mark.parametrize('orientation, noted', [(3, True), (6, False)])
def test_masks_of_turned_photos(command, own_folder, name, orientation, noted):
    """A photo that is turned by a half has its size before and after."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    for path in sorted((own_folder / 'own').rglob('*.jpg')):
        photo(path, exif=exif.tobytes())
        mask(own_folder / f'flat/{path.stem}.png', 1 + (path.parent.name == 'dog'))
    done = own(command, '--masks', 'flat')
    assert done.code == 0, done.output
    assert ('8 turned ones whose mask fits unturned, too: taken as up' in done.output) == noted
    # Those of (20, 24), as stored, are turned with the photo where that shows.
    assert values_of(own_folder, 'cat_c0').shape == ((20, 24) if noted else (24, 20))


@pytest.mark.parametrize('name', ['own_data'])
def test_classes_that_are_numbers(command, tmp_path, name):
    for number in range(1, 12):
        for k in range(2):
            photo(tmp_path / f'own/{number}/{k}.jpg')
            mask(tmp_path / f'masks/{number}/{k}.png', number)
    done = own(command, '--masks', 'masks')
    assert done.code == 0, done.output
    assert classes_of(tmp_path) == [str(number) for number in range(1, 12)]
    assert ', '.join(f'{number}={number}' for number in range(1, 12)) in done.output
    for number in (2, 10, 11):
        assert values_of(tmp_path, f'{number}_0').max() == number


@pytest.mark.parametrize('name', ['own_data'])
@pytest.mark.parametrize('white, said', [(None, 4095), (2047, 2047)])
def test_twelve_bits_in_grey_and_colour(command, own_folder, name, white, said):
    low = RNG.integers(0, 4096, (20, 24), np.uint16)
    low[:2] = 4095  # more than hot pixels
    cv2.imwrite(str(own_folder / 'own/cat/grey.png'), low)
    cv2.imwrite(str(own_folder / 'own/dog/rgb.png'), np.dstack([low] * 3))
    done = own(command, *(['--white-level', white] if white else []))
    assert done.code == 0 and f'0..{said} of 16 bits became 0..255' in done.output, done.output
    expected = np.minimum(np.rint(low * (255 / said)), 255)
    for image in ('cat_grey', 'dog_rgb'):
        (path,) = (own_folder / 'mine/JPEGImages').glob(f'{image}.*')
        found = np.asarray(Image.open(path).convert('L')).astype(int)
        assert np.abs(found - expected).mean() < 25, image  # a JPEG; black would be 120 away


TURNED = Image.Exif()
TURNED[0x0112] = 6  # a quarter
ODD = {
    'a.jfif': dict(format='JPEG'),
    'a.jpe': dict(format='JPEG'),
    'a.tga': {},
    'a.webp': dict(lossless=True),
    'A.JPG': {},
    'é' * 125 + '.jpg': {},  # of a temporary file the name would be too long
    'la.png': dict(mode='LA'),
    'palette.png': dict(mode='P'),
    'one_bit.png': dict(mode='1'),
    'cmyk.jpg': dict(mode='CMYK'),
    'png_named.jpg': dict(format='PNG'),
    'turned.jpg': dict(exif=TURNED.tobytes()),
    'pages.tif': dict(save_all=True, append_images=[Image.new('RGB', (24, 20))]),
}  # fmt: skip
BAD = {
    'cut.jpg': lambda path: path.write_bytes(photo(path).read_bytes()[:300]),
    'empty.jpg': lambda path: path.write_bytes(b''),
    'page.jpg': lambda path: path.write_text('<html></html>'),
    'pixel.png': lambda path: Image.new('RGB', (1, 1)).save(path),
    'thin.png': lambda path: Image.new('RGB', (900, 5)).save(path),
    'floats.tif': lambda path: Image.new('F', (24, 20)).save(path),
    'phone.heic': lambda path: path.write_bytes(b'ftypheic'),
}
OTHERS = ('Thumbs.db', 'notes.txt', 'no_ending', '.DS_Store')


@pytest.mark.parametrize('name', ['own_data', 'predict'])
def test_odd_photos_are_read_or_named(command, folder, name):
    """Nothing is left out silently: every file is used, named, or counted."""
    for path in (folder / 'photos').iterdir():
        path.unlink()
    for label in ('cat', 'dog'):
        for number in range(4):
            photo(folder / f'photos/{label}/{number}.jpg')
    odd = folder / 'photos/cat'
    for file, options in ODD.items():
        photo(odd / file, **options)
    for file, write in BAD.items():
        write(odd / file)
    for file in OTHERS:
        (odd / file).write_text('x')
    good = 8 + len(ODD)
    if name == 'own_data':
        args = ('photos', '--out', 'mine', '--workers', '1')
        refused = command(name, *args)
        assert refused.code == 2 and f'{len(BAD)} photos or masks cannot' in refused.errors[0]
        done, problems = command(name, *args, '--skip-bad'), folder / 'mine/problems.txt'
        assert done.code == 0 and f'mine: {good} images with a class' in done.output, done.output
        assert '3 not used: files of another kind' in done.output
        assert '1 not used: hidden files' in done.output
    else:
        done, problems = command(name, *SCENES[name].args.split()), folder / 'out/problems.txt'
        assert done.code == 1, done.output
        assert f'{good + len(BAD)} images: {good} predicted, 0 were there, {len(BAD)} failed' in (
            done.output
        )
        assert 'skipped: files of another kind (3)' in done.output
        turned = Image.open(folder / 'out/masks/cat/turned.png')
        assert turned.size == (20, 24)  # as viewers show it
    named = problems.read_text()
    assert len(named.splitlines()) == len(BAD) and all(file in named for file in BAD)


# The files of an annotation tool, one a photo.
TOOLS = dict(
    VOC=('ann/{}.xml', '<annotation><object><name>{}</name></object></annotation>'),
    LabelMe=('ann/{}.json', '{{"shapes": [{{"label": "{}"}}]}}'),
    YOLO=('ann/labels/{}.txt', '{}'),
)


@pytest.mark.parametrize('name', ['own_data'])
@pytest.mark.parametrize('tool', TOOLS)
def test_endings_of_annotations_in_capitals(play, folder, name, tool):
    """A photo whose file ends so would be unlabelled."""
    path, text = TOOLS[tool]
    (folder / path).parent.mkdir(parents=True)
    for number in range(1, 9):
        file = folder / path.format(number)
        file = file.with_suffix(file.suffix.upper()) if number % 3 else file
        label = ('cat', 'dog')[number % 2]
        file.write_text(text.format(number % 2 if tool == 'YOLO' else label))
    (folder / 'ann/classes.txt').write_text('cat\ndog\n')
    done = play(name, '--labels', 'ann')
    assert done.code == 0 and '8 images with a class, 0 without, 0 unlabelled' in done.output


_XML = '<annotation><filename>{}.jpg</filename>{}</annotation>'
_OBJECT = '<object><name>{}</name><difficult>0</difficult></object>'


@pytest.mark.parametrize('name', ['train', 'test', 'export_cam', 'check_dataset'])
def test_xml_without_an_object_is_a_negative(play, folder, name):
    shown = ['dax', 'fep', None, 'toma', 'wug']
    (folder / 'data/Annotations').mkdir(exist_ok=True)
    for number, path in enumerate(sorted((folder / 'data/JPEGImages').iterdir())):
        label = shown[number % 5]
        text = _XML.format(path.stem, _OBJECT.format(label) if label else '')
        (folder / f'data/Annotations/{path.stem}.xml').write_text(text)
    split = 'train' if name == 'train' else 'test'
    more = ('--cfg-options', f'{split}_dataloader.dataset.ann_file=Annotations')
    done = play(name, *(('--ann-file', 'Annotations') if name == 'check_dataset' else more))
    assert not [line for line in done.errors if 'xml' in line.lower()], done.output
    assert done.code == 0 or name == 'check_dataset', done.output
    if name == 'check_dataset':
        assert 'show none of the classes' in done.output


# Masks of a data set are PNGs: what each command says of one that is not.
_MISSING = 'no such mask'
FORMATS = {
    'test seg': 'have no mask there, first val_00000',
    'export_cam': 'val_00000.jpg has no mask in data/SegmentationClass',
    'eval_cam': _MISSING,
    'eval_labels': _MISSING,
    'eval_refiners': _MISSING,
    'check_dataset': '1 image of val has no mask',
    'train seg': 'have no pseudo-label there, first train_00000',
    'voc_submission': 'have no prediction',
}


@pytest.mark.parametrize('name', FORMATS)
@pytest.mark.parametrize('suffix', ['.bmp', '.tif', '.jpg'])
def test_masks_of_a_data_set_in_another_format(play, folder, name, suffix):
    path = folder / SCENES[name].reads['mask']
    with Image.open(path) as image:
        image.convert('L').save(path.with_suffix(suffix))
    path.unlink()
    done = play(name)
    assert 'Traceback' not in done.output and FORMATS[name] in done.output, done.output
    assert done.code == (0 if name == 'check_dataset' else 2), done.output
