"""make_masks.py on images, labels, folders and options that cannot be used."""

import numpy as np
import pytest
from PIL import Image


def add(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (40, 48, 3), np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def images(tmp_path):
    """Two classes of four images, and a label file beside."""
    names = [f'{name}/{number}.jpg' for name in ('cat', 'dog') for number in range(4)]
    for seed, name in enumerate(names):
        add(tmp_path / 'photos' / name, seed)
    rows = [f'{name},{name.split("/")[0]}' for name in names]
    (tmp_path / 'labels.csv').write_text('\n'.join(['image,labels', *rows]))
    return tmp_path / 'photos'


def flat(folder):
    for number, path in enumerate(sorted(folder.rglob('*.jpg'))):
        path.rename(folder / f'{number}.jpg')


def without_images(folder):
    for path in folder.rglob('*.jpg'):
        path.unlink()
    (folder / 'notes.txt').write_text('none here')


def one_class(folder):
    for path in folder.glob('dog/*'):
        path.unlink()


def one_each(folder):
    for path in folder.rglob('[123].jpg'):
        path.unlink()


def all_broken(folder):
    for path in folder.rglob('*.jpg'):
        path.write_bytes(b'broken')


def only_negatives(folder):
    (folder / 'cat').rename(folder / '_negative')
    one_class(folder)


def splits_as_classes(folder):
    (folder / 'cat').rename(folder / 'train')
    (folder / 'dog').rename(folder / 'val')


def too_deep(folder):
    (folder / 'summer').mkdir()
    (folder / 'cat').rename(folder / 'summer/cat')


def gone(folder):
    folder.rename(folder.with_name('elsewhere'))


FAULTS = [
    (gone, ['photos', 'missing']),
    (without_images, ['photos', 'holds no photo', '.jpg']),
    (flat, ['no photo lies in a folder of its class', '--labels FILE']),
    (one_each, ['no photo is left to validate on', 'add some']),
    (all_broken, ['add some']),
    (only_negatives, ['no photo lies in a folder of its class', 'make a folder for each']),
    (splits_as_classes, ['look like splits']),
    (too_deep, ['--class-folder']),
]


@pytest.mark.command('make_masks')
@pytest.mark.parametrize('spoil, named', FAULTS, ids=[spoil.__name__ for spoil, _ in FAULTS])
def test_images_that_cannot_be_used(refuses, images, spoil, named):
    spoil(images)
    line = refuses('make_masks', images, '--out', 'out')
    assert all(word in line for word in named), line


def test_one_class_and_no_negatives(command, images):
    one_class(images)
    done = command('make_masks', images, '--out', 'out')
    assert done.code == 2 and 'Traceback' not in done.output
    (line,) = (line for line in done.errors if images.name in line)  # others are the check's
    for word in ('the only class, cat', '--negatives DIR', 'remove out/data'):
        assert word in line
    again = command('make_masks', images, '--out', 'out')
    assert again.errors == [line]


OPTIONS = [
    (['--preset', 'quik'], ['--preset quik', 'quick, standard, best']),
    (['--device', 'gpu'], ['--device gpu', 'cpu, cuda or cuda:N']),
    (['--device', 'cuda:99'], ['--device cuda:99', '--device cpu']),
    (['--labels', 'none.csv'], ['none.csv']),
    (['--labels', 'empty.csv'], ['empty.csv', 'class']),
    (['--labels', 'nobody.csv'], ['nobody.csv', 'class']),
    (['--label-pattern', '('], ['--label-pattern', 'not a valid regular expression']),
    (['--masks', 'no_masks'], ['no_masks', '--masks']),
    (['--negatives', 'no_negatives'], ['no_negatives', 'missing']),
    (['--negatives', 'photos'], ['--negatives photos', 'one of its own']),
    (['--classes', 'cow'], ['cow']),
    (['--val-share', '2'], ['--val-share']),
    (['--preset', 'standard', '--cfg-options', 'sead=3'], ['unknown key sead', 'seed']),
    (['--preset', 'standard', '--cfg-options', 'segmentation=no.py'], ['no such config']),
    (
        ['--no-background', '--threshold', '0.3'],
        ['--threshold: every pixel belongs', 'leave it out'],
    ),
    (['--no-background', '--negative-name', 'none'], ['--negative-name', '--no-background']),
    (['--no-background', '--classes', 'cat'], ['the only class, cat, would be everywhere']),
    (['--preset', 'labels.csv'], ['labels.csv']),
    (['--threshold', 'cta=0.3'], ['--threshold', "'cta' is not a class", 'cat']),
    (['--expected-area', 'cta=3%'], ['--expected-area', "'cta' is not a class", 'cat']),
]


@pytest.mark.command('make_masks')
@pytest.mark.parametrize('options, named', OPTIONS, ids=[' '.join(one) for one, _ in OPTIONS])
def test_options_that_cannot_be_used(refuses, images, tmp_path, options, named):
    (tmp_path / 'empty.csv').write_text('image,labels\ncat/0.jpg,\n')
    (tmp_path / 'nobody.csv').write_text('image,labels\nnobody.jpg,cat\n')
    line = refuses('make_masks', 'photos', '--out', 'out', *options)
    assert all(word in line for word in named), line


EARLY = [
    (['--threshold', 'often'], '--threshold often: not a number'),
    (['--threshold', '7'], '--threshold 7: it must be in 0..1'),
    (['--expected-area', 'much'], '--expected-area much: give the per cent'),
    (['--expected-area', '3%', '--threshold', '0.5'], 'leave out --threshold'),
    (['--threshold', 'cat=0.3,cat=0.4'], '--threshold cat=0.3,cat=0.4: names a class twice'),
    (['--threshold', '0.3,cat=high'], "--threshold 0.3,cat=high: 'high' is not a number"),
    (['--expected-area', 'cat=much'], '--expected-area much: give the per cent'),
    (['--expected-area', '=3%'], '--expected-area =3%: '),
    (['--corrected', 'nowhere'], '--corrected nowhere: no such folder'),
    (['--val-share', '2'], '--val-share is 2'),
]


@pytest.mark.command('make_masks')
@pytest.mark.parametrize('options, said', EARLY, ids=[' '.join(one) for one, _ in EARLY])
def test_options_are_checked_before_anything_is_written(refuses, images, tmp_path, options, said):
    assert said in refuses('make_masks', 'photos', '--out', 'out', *options)
    assert not (tmp_path / 'out').exists()


@pytest.mark.command('make_masks')
@pytest.mark.parametrize('out', ['photos', 'photos/out', 'photos/cat/../out', '.', 'labels.csv'])
def test_folders_that_cannot_be_written_into(refuses, images, tmp_path, out):
    line = refuses('make_masks', 'photos', '--out', out)
    assert out in line and 'give' in line
    assert sorted(path.name for path in tmp_path.glob('*') if path.suffix != '.log') == [
        'labels.csv',
        'photos',
    ]


def test_the_folder_of_other_images(refuses, images, tmp_path):
    refuses('make_masks', 'photos', '--out', 'out', '--cfg-options', 'sead=1')
    add(tmp_path / 'others/cat/1.jpg')
    line = refuses('make_masks', 'others', '--out', 'out')
    assert 'out: holds masks made with other settings (photos ' in line and 'give another' in line
    line = refuses('make_masks', 'photos', '--out', 'out', '--preset', 'best')
    assert 'preset quick there, best here' in line


def test_images_that_were_added_later(refuses, images):
    refuses('make_masks', 'photos', '--out', 'out', '--cfg-options', 'sead=1')
    add(images / 'cat/new.jpg', 99)
    line = refuses('make_masks', 'photos', '--out', 'out')
    assert 'out/data: was made from other photos' in line and '1 are new' in line


def test_a_damaged_record(refuses, images, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/make_masks.json').write_text('{')
    assert 'remove it' in refuses('make_masks', 'photos', '--out', 'out')


CORRECTED = {
    'text': (lambda path: path.write_text('x'), 'cat/0.png: not a readable mask'),
    'cropped': (lambda path: Image.new('L', (9, 9)).save(path), 'without cropping or turning it'),
    'another class': (lambda path: Image.new('L', (48, 40), 9).save(path), 'has the label 9'),
    'soft colours': (lambda path: Image.new('RGB', (48, 40), 9).save(path), 'a colour of no class'),
    'a JPEG': (lambda path: Image.new('L', (9, 9)).save(path.with_suffix('.jpg')), 'is a JPEG'),
    'another name': (lambda path: Image.new('L', (9, 9)).save(path.with_name('z.png')), 'z.png'),
}


@pytest.mark.command('make_masks')
@pytest.mark.parametrize('fault', CORRECTED)
def test_corrected_masks_are_checked_before_anything_is_written(refuses, images, tmp_path, fault):
    spoil, said = CORRECTED[fault]
    refuses('make_masks', 'photos', '--out', 'out', '--cfg-options', 'sead=1')  # data are made
    (tmp_path / 'copy/cat').mkdir(parents=True)
    spoil(tmp_path / 'copy/cat/0.png')
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / 'out').rglob('*')}
    line = refuses('make_masks', 'photos', '--out', 'out', '--corrected', 'copy')
    assert said in line and 'copy' in line
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / 'out').rglob('*')}
