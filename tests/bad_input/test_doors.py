"""One rule, every door: what one command refuses or reads, its neighbours refuse or read alike."""

import json
import os
import shutil

import numpy as np
import pytest
from bad_input.scenes import SCENES, VAL
from PIL import Image

_OTHER = 'test_dataloader.dataset.data_root=other'
# How each command comes to compare classes with those of other/, which counts them differently.
CLASS_LISTS = {
    'train': '--cfg-options val_dataloader.dataset.data_root=other',
    'train seg': '--cfg-options train_dataloader.dataset.data_root=other',
    'test': f'--cfg-options {_OTHER}',
    'export_cam': f'--cfg-options {_OTHER}',
    'eval_cam': f'export other/SegmentationClass --split {VAL}',
    'eval_labels': f'export/labels other/SegmentationClass --split {VAL} '
    '--classes data/classes.txt',
    'eval_refiners': '--data-root other',
    'gallery': 'export --data-root other --out look',
}


@pytest.mark.parametrize('name', CLASS_LISTS)
def test_classes_in_another_order(play, command, folder, name):
    """The same masks mean other classes: every number would be wrong."""
    shutil.copytree(folder / 'data', folder / 'other')
    classes = folder / 'other/classes.txt'
    classes.write_text(classes.read_text().replace('dax\nfep', 'fep\ndax'))
    args = CLASS_LISTS[name].split()
    done = play(name, *args) if args[0].startswith('--') else command(name, *args)
    assert done.code == 2 and len(done.errors) == 1, done.output
    for order in ('dax, fep, toma, wug', 'fep, dax, toma, wug'):
        assert order in done.errors[0]
    assert 'make them equal, order included' in done.errors[0]


def twelve_bits(path):
    """A picture of 12 bits in 16, which holds 0 to 4095."""
    with Image.open(path) as image:
        grey = np.asarray(image.convert('L')).astype(np.uint16)
    grey[:8, :8] = np.linspace(0, 255, 64).reshape(8, 8)
    path.unlink()
    Image.fromarray(grey * 16 + 15).save(path.with_suffix('.png'))


@pytest.mark.parametrize('name', ['train', 'train seg', 'test', 'test seg', 'export_cam', 'refine'])
def test_twelve_bits_that_nothing_explains(play, folder, name):
    image = folder / SCENES[name].reads['image']
    twelve_bits(image)
    said = f'{image.with_suffix(".png").relative_to(folder)}: is nearly black'
    done = play(name)
    assert done.code == 0 and said in done.output, done.output
    assert '{"white_level": 4095} into image_values.json' in done.output
    (folder / 'data/image_values.json').write_text('{"white_level": 4095}')
    shutil.rmtree(folder / 'out', ignore_errors=True)
    done = play(name, *(['--overwrite'] if name.startswith('train') else []))
    assert done.code == 0 and 'nearly black' not in done.output, done.output


def test_twelve_bits_of_new_images(play, folder):
    """All images have one white: what is dark in a dark one stays dark."""
    for path in sorted((folder / 'photos').iterdir()):
        twelve_bits(path)
    done = play('predict')
    assert done.code == 0 and '0..4095 of 16 bits became 0..255' in done.output, done.output
    again = play('predict', '--white-level', '1023')
    assert 'white_level 4095 there, 1023 here' in again.errors[0]
    assert 'give 1 to 65535' in play('predict', '--white-level', '0').errors[0]


def counted_in(said, number, what):
    """own_data.py says '8 not used: masks', predict.py 'skipped: masks (8)'."""
    return f'{number} not used: {what}' in said or f'skipped: {what} ({number})' in said


@pytest.mark.parametrize('name', ['predict', 'own_data'])
def test_masks_beside_photos_are_not_photos(play, command, folder, name):
    for path in sorted((folder / 'masks').iterdir()):
        path.rename(folder / 'photos' / path.name)
    own = ('photos', '--labels', 'labels.csv', '--out', 'mine')
    done = command(name, *own) if name == 'own_data' else play(name)
    assert done.code == 0 and '8 images' in done.output, done.output
    assert counted_in(done.output, 8, 'masks that lie beside a JPEG of the same name')


@pytest.mark.parametrize('name', ['predict', 'own_data'])
def test_links_that_lead_back(play, folder, name):
    """The parent holds other pictures, and the folder itself."""
    for link, target in (('up', '..'), ('here', '.'), ('loop', '../photos')):
        (folder / 'photos' / link).symlink_to(target)
    done = play(name)
    assert done.code == 0, done.output
    assert counted_in(done.output, 3, 'links to folders above, or read already')
    assert '8 images' in done.output


@pytest.mark.parametrize('name', ['export_cam'])
def test_weights_that_are_an_address(refuses, folder, name):
    """Nothing could say later which bytes made a result."""
    line = refuses(name, 'cls.py', 'torchvision://resnet18', '--out-dir', 'out')
    assert 'torchvision://resnet18: is an address' in line and 'give its path' in line


DEEP = '[' * 100_000
RECORDS = {
    'train': 'data/image_values.json',
    'train seg': 'export/export.json',
    'export_cam': 'out/export.json',
    'refine': 'export/export.json',
    'eval_cam': 'export/export.json',
    'predict': 'out/predictions.json',
    'own_data': 'mine/own_data.json',
    'pipeline': 'work/pipeline.json',
}


@pytest.mark.parametrize('name', RECORDS)
def test_a_record_that_is_nested_too_deep(play, folder, name):
    path = folder / RECORDS[name]
    path.parent.mkdir(exist_ok=True)
    path.write_text(DEEP)
    if name == 'train':
        twelve_bits(folder / SCENES[name].reads['image'])
    done = play(name)
    assert 'Traceback' not in done.output, done.output
    assert done.code == 2 and len(done.errors) == 1 and RECORDS[name] in done.errors[0]


def test_a_table_that_names_files_elsewhere(play, folder):
    """It may have been edited: only masks of this image are removed."""
    assert play('predict').code == 0
    table, victim = folder / 'out/predictions.csv', folder / 'photos/2.jpg'
    table.write_text(table.read_text().replace(',1.png,', ',../../photos/2.jpg,'))
    os.utime(folder / 'photos/1.jpg')  # it is predicted again
    assert '1 predicted' in play('predict').output
    assert victim.is_file() and ',1.png,' in table.read_text()
    assert json.loads((folder / 'out/predictions.json').read_text())
