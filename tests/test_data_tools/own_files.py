"""What own_data.py has made, as tests read it."""

import csv

from ppl_mm.datasets import ImageLabelDataset

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


def write_csv(photos, *rows):
    path = photos.folder.parent / 'labels.csv'
    path.write_text('\n'.join(['image,labels', *rows]) + '\n', encoding='utf-8')
    return path
