"""Masks of images, and the negatives that need none."""

import unicodedata

import numpy as np
import pytest

from ppl_mm.errors import UserError
from ppl_mm.formats.ground_truth import GroundTruth, read_negatives
from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.voc_layout import write_lists


@pytest.fixture
def root(tmp_path):
    """One image with a mask, a negative without one, and one whose mask is missing."""
    labels = dict(a=['blue bird'], b=[], c=['blue bird'])
    write_lists(tmp_path, ['blue bird', 'cat'], {}, labels)
    write_label(tmp_path / 'SegmentationClass/a.png', np.ones((3, 4), np.uint8))
    return tmp_path


def test_a_negative_without_a_mask_is_all_background(root):
    truth = GroundTruth(root / 'SegmentationClass')
    assert (truth.read('a', (3, 4)) == 1).all() and not truth.assumed
    mask = truth.read('b', (5, 6))
    assert mask.shape == (5, 6) and mask.dtype == np.uint8 and not mask.any()
    assert truth.assumed == {'b'}
    for image in ('c', 'd'):
        assert not truth.is_known(image)
        with pytest.raises(UserError, match=f'{image}.png: no such mask.*empty label needs none'):
            truth.read(image, (3, 4))


def test_a_negative_with_a_mask_has_that(root):
    write_label(root / 'SegmentationClass/b.png', np.full((3, 4), 2, np.uint8))
    truth = GroundTruth(root / 'SegmentationClass')
    assert (truth.read('b', (3, 4)) == 2).all() and not truth.assumed


def test_labels_are_read_only_if_a_mask_is_missing(root):
    (root / 'image_labels.csv').write_text('nonsense\n')
    truth = GroundTruth(root / 'SegmentationClass')
    assert truth.is_known('a')
    with pytest.raises(UserError, match='image_labels.csv line 1'):
        truth.is_known('b')


def test_labels_may_lie_elsewhere_or_nowhere(root):
    (root / 'image_labels.csv').rename(root / 'other.csv')
    assert not GroundTruth(root / 'SegmentationClass').is_known('b')
    assert GroundTruth(root / 'SegmentationClass', root / 'other.csv').is_known('b')
    assert read_negatives(root) == frozenset()
    assert read_negatives(root, root / 'other.csv') == {'b'}


def test_without_a_folder_of_masks_only_negatives_are_known(root):
    truth = GroundTruth(root / 'nowhere')
    assert truth.is_known('b') and not truth.is_known('a')


def test_masks_are_found_whatever_unicode_form_their_names_have(root):
    name = unicodedata.normalize('NFD', 'caf\xe9')
    write_label(root / f'SegmentationClass/{name}.png', np.ones((3, 4), np.uint8))
    assert GroundTruth(root / 'SegmentationClass').read('caf\xe9', (3, 4)).all()


def test_it_counts_the_classes_that_its_data_set_lists(root):
    masks = root / 'SegmentationClass'
    GroundTruth(masks, classes=('blue bird', 'cat'))
    for classes in (('cat', 'blue bird'), ('blue bird',)):
        with pytest.raises(UserError, match='make them equal, order included'):
            GroundTruth(masks, classes=classes)
    (root / 'classes.txt').unlink()  # then nobody knows
    GroundTruth(masks, classes=('cat',))
