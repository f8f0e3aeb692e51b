"""Corrected masks of images that nothing has learnt from measure the network."""

import numpy as np
import pytest

from ppl_mm.formats.corrected_masks import write_corrected
from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.result_folder import ResultFolder
from ppl_mm.formats.voc_layout import VOCLayout, write_lists
from ppl_mm.pipeline.held_out import held_out_lines


@pytest.fixture
def results(tmp_path):
    results = ResultFolder(tmp_path)
    splits = dict(train=['a', 'b'], val=['c', 'd'])
    write_lists(results.data, ('cat',), splits, {image: ['cat'] for image in 'abcd'})
    for image in 'abcd':
        label = np.zeros((8, 10), np.uint8)
        label[:4] = 1
        write_label(results.work / f'predict/predictions/{image}.png', label)
    return results


def half(value):
    mask = np.zeros((8, 10), np.uint8)
    mask[:, :5] = value
    return mask


def test_only_masks_outside_of_train_count(results):
    assert held_out_lines(results) == []
    learnt = write_corrected(VOCLayout(results.data), {'a': half(1), 'c': half(1)})
    assert learnt == ['a']
    (line,) = held_out_lines(results)
    # Of either class a quarter is shared, three quarters are covered.
    assert line.split()[:4] == ['measured:', '33.3', '%', 'mIoU']
    assert '1 corrected mask that nothing' in line


def test_corrections_of_train_alone_measure_nothing(results):
    write_corrected(VOCLayout(results.data), {'a': half(1)})
    assert held_out_lines(results) == []
