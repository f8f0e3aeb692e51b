import numpy as np
import pytest

from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.pseudo_label_summary import summarize_labels

CLASSES = ('cat', 'dog', 'eel')
BACKGROUND, VOID = np.zeros((10, 10), np.uint8), np.full((10, 10), 255, np.uint8)


def part(label, rows):
    """A label whose first rows are of a class."""
    found = BACKGROUND.copy()
    found[:rows] = label
    return found


def summary(tmp_path, labels):
    paths = []
    for k, label in enumerate(labels):
        paths.append(tmp_path / f'{k}.png')
        write_label(paths[-1], label)
    return summarize_labels({path.stem: path for path in paths}, len(CLASSES))


def warnings(tmp_path, labels):
    return summary(tmp_path, labels).warnings(CLASSES)


def test_what_is_counted(tmp_path):
    mixed = part(1, 2)
    mixed[5:] = 255
    found = summary(tmp_path, [BACKGROUND, VOID, part(2, 10), mixed, part(1, 1)])
    assert (found.num_labels, found.background, found.void) == (5, 1, 1)
    assert found.covered == pytest.approx((1 + 0.2 + 0.1) / 3)
    assert found.nearly_all == 1 and found.images_per_class == [2, 1, 0]


def test_usual_labels_are_not_suspicious(tmp_path):
    assert not warnings(tmp_path, [part(1, 3), part(2, 4), part(3, 2), BACKGROUND, part(1, 9)])


def test_labels_that_are_all_background(tmp_path):
    (line,) = warnings(tmp_path, [BACKGROUND] * 20)
    assert line.startswith('20 of 20 pseudo-labels are all background; lower the threshold')
    lines = warnings(tmp_path, [*[BACKGROUND] * 19, part(1, 1)])
    assert '19 of 20 pseudo-labels are all background' in lines[0]
    assert not any('all background' in line for line in warnings(tmp_path, [part(1, 1)] * 2))


def test_labels_that_cover_nearly_everything(tmp_path):
    (line,) = warnings(tmp_path, [part(1, 10), part(2, 10), part(3, 4), BACKGROUND])
    assert 'cover 80 % of an image on average' in line and 'of 2 of 4 images' in line
    assert 'raise the threshold' in line


def test_void_labels(tmp_path):
    (line,) = warnings(tmp_path, [VOID, part(1, 1), part(2, 1), part(3, 1)])
    assert line.startswith('1 of 4 pseudo-labels are all void')


def test_classes_that_no_label_shows(tmp_path):
    (line,) = warnings(tmp_path, [part(2, 3), BACKGROUND])
    assert line.startswith('no pseudo-label shows cat, eel (2 of 3 classes)')


def test_no_labels_at_all(tmp_path):
    assert summary(tmp_path, []).num_labels == 0 and warnings(tmp_path, []) == []


def test_a_bad_label_names_its_file(tmp_path):
    (tmp_path / 'a.png').write_bytes(b'no picture')
    with pytest.raises(UserError, match='a.png'):
        summarize_labels({'a': tmp_path / 'a.png'}, 3)


def test_images_that_show_no_class_are_rightly_background(tmp_path):
    labels = {}
    for k, label in enumerate([part(1, 3), part(2, 3), part(3, 3), *[BACKGROUND] * 97]):
        labels[str(k)] = tmp_path / f'{k}.png'
        write_label(labels[str(k)], label)
    found = summarize_labels(labels, 3, lambda: set(map(str, range(3, 99))))
    assert (found.num_labels, found.background, found.negatives) == (4, 1, 96)
    assert found.warnings(CLASSES) == []
    assert '97 of 100' in summarize_labels(labels, 3).warnings(CLASSES)[0]


def test_a_sample_accuses_no_class(tmp_path):
    labels = {str(k): tmp_path / f'{k % 2}.png' for k in range(20)}
    write_label(labels['0'], part(1, 3))
    write_label(labels['1'], part(2, 3))
    found = summarize_labels(labels, 3, most=5)
    assert (found.num_labels, found.unread) == (5, 15) and found.warnings(CLASSES) == []
    assert 'eel' in summarize_labels(labels, 3).warnings(CLASSES)[0]
