"""Places in the data that check_dataset.py is tried on, some of their faults, and its findings."""

from ppl_mm.data_tools.check.report import find_all
from ppl_mm.data_tools.check.scan import ScanOptions, scan_dataset

NAMES = ('dax', 'fep', 'toma', 'wug')


def edit(path, change):
    path.write_text(change(path.read_text()))


def relabel(data, change):
    """Give each image the labels that are made of its id and its labels; None takes it out."""
    path = data / 'image_labels.csv'
    rows = [line.split(',') for line in path.read_text().splitlines()[1:]]
    changed = [(image, change(image, shown)) for image, shown in rows]
    kept = [f'{image},{shown}\n' for image, shown in changed if shown is not None]
    path.write_text(''.join(['image,labels\n', *kept]))


def clear_labels(data, *images):
    """Turn images into negatives."""
    relabel(data, lambda image, shown: '' if image in images else shown)


def mask_of(data, stem='train_00000'):
    return data / f'SegmentationClass/{stem}.png'


def image_of(data, stem='train_00000'):
    return data / f'JPEGImages/{stem}.jpg'


def list_of(data, name='train'):
    return data / f'ImageSets/Segmentation/{name}.txt'


def unknown_class(data):
    edit(data / 'image_labels.csv', lambda text: text.replace('dax', 'daxx', 3))


def lost_image(data):
    image_of(data).unlink()
    mask_of(data).unlink()


def findings(data, **options):
    return find_all(scan_dataset(ScanOptions(data, **options), workers=2))


def rare_class(data):
    edit(data / 'classes.txt', lambda text: text + 'zot\n')
    edit(data / 'image_labels.csv', lambda text: text.replace('train_00000,', 'train_00000,zot '))
