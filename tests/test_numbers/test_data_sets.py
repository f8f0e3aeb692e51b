"""How many images of which class own_data.py and check_dataset.py count."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.pseudo_label_summary import summarize_labels

# Two classes in some, none in others, and photos that the file does not name.
LABELS = ['cat', 'dog', 'cat dog', '', 'dog', 'cat', 'dog', '', 'cat dog', 'dog', 'cat', 'dog']
UNLABELLED = 3


@pytest.fixture
def made(printed, tmp_path):
    """What own_data.py prints of these photos."""
    rng, lines = np.random.default_rng(0), ['image,labels']
    (tmp_path / 'photos').mkdir()
    for number in range(len(LABELS) + UNLABELLED):
        photo = rng.integers(0, 256, (20, 24 + number, 3), np.uint8)
        Image.fromarray(photo).save(tmp_path / f'photos/{number}.png')
        if number < len(LABELS):
            lines.append(f'{number}.png,{LABELS[number]}')
    (tmp_path / 'labels.csv').write_text('\n'.join(lines))
    return printed('own_data', 'photos', '--labels', 'labels.csv', '--out', 'mine',
                   '--val-share', 0.3, '--workers', 1)  # fmt: skip


def split_labels(split):
    """The labels of the images of a split, from the files that were written."""
    ids = Path(f'mine/ImageSets/Segmentation/{split}.txt').read_text().split()
    lines = Path('mine/image_labels.csv').read_text().splitlines()[1:]
    found = dict(line.split(',') for line in lines)
    found = {image.rsplit('.', 1)[0]: names for image, names in found.items()}
    return [found[image].replace(';', ' ').split() for image in ids]


def test_the_counts_of_own_data(made):
    negatives = LABELS.count('')
    assert (
        f'mine: {len(LABELS) - negatives} images with a class, {negatives} without, '
        f'{UNLABELLED} unlabelled'
    ) in made
    total = Counter()
    for split in ('train', 'val'):
        labels = split_labels(split)
        counts = Counter(name for names in labels for name in names)
        total += counts
        shown = f'cat {counts["cat"]}, dog {counts["dog"]}'
        assert f'mine: {split} {len(labels)} images: {shown}' in made
    assert total == Counter(' '.join(LABELS).split())


def test_the_counts_of_check_dataset(made, printed):
    text = printed('check_dataset', 'mine', '--out', 'report', '--workers', 1)
    report = json.loads(Path('report/report.json').read_text())
    labels = {split: split_labels(split) for split in ('train', 'val')}
    both = labels['train'] + labels['val']
    for split, of_split in labels.items():
        counts = Counter(name for names in of_split for name in names)
        assert report['counts'][split] == dict(cat=counts['cat'], dog=counts['dog'])
    for name in ('cat', 'dog'):
        (line,) = [line for line in text.splitlines() if line.split()[:1] == [name]]
        assert line.split()[1:3] == [str(report['counts'][s][name]) for s in ('train', 'val')]
    each = np.mean([len(names) for names in both])
    assert f'{len(both)} images in train and val, {each:.2f} labels an image, 0 masks' in text
    assert (
        f'images: {sum(map(bool, both))} with a class, {sum(not names for names in both)} '
        f'without, {UNLABELLED} unlabelled'
    ) in text
    widths = sorted(24 + number for number in range(len(LABELS)))
    assert f'smallest {widths[0]} x 20' in text and f'largest {widths[-1]} x 20' in text


def test_what_labels_cover(tmp_path):
    rng, labels = np.random.default_rng(1), {}
    # Background; void; half an object; an object with void; nothing but an object.
    shares = ([1, 0, 0, 0], [0, 0, 0, 1], [0.5, 0.5, 0, 0], [0, 0.2, 0.7, 0.1], [0, 0, 1, 0])
    pictures = [rng.choice(np.uint8([0, 1, 3, 255]), (9, 7), p=share) for share in shares]
    for number, picture in enumerate(pictures):
        labels[str(number)] = tmp_path / f'{number}.png'
        write_label(labels[str(number)], picture)
    found = summarize_labels(labels, 3)
    is_class = [(picture > 0) & (picture < 255) for picture in pictures]
    shares = np.array([part.mean() for part in is_class])
    assert found.covered == pytest.approx(shares[shares > 0].mean())
    assert found.nearly_all == (shares > 0.9).sum()
    assert found.void == sum((picture == 255).all() for picture in pictures)
    assert found.background == sum(
        not part.any() and not (picture == 255).all()
        for part, picture in zip(is_class, pictures, strict=True)
    )
    assert found.images_per_class == [
        sum((picture == value).any() for picture in pictures) for value in (1, 2, 3)
    ]
