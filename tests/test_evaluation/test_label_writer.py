import numpy as np
import pytest
import torch
from PIL import Image

from ppl_mm.evaluation import LabelWriter
from ppl_mm.formats.mask_file import read_mask, voc_palette


def sample(label, **more):
    return dict(img_path='photos/cats/01.jpg', pred_sem_seg=dict(data=label[None]), **more)


@pytest.mark.parametrize('more, first', [({}, 0), (dict(reduce_zero_label=True), 1)])
def test_a_label_is_written_with_its_palette(tmp_path, more, first):
    label = torch.arange(12).reshape(3, 4)
    writer = LabelWriter(tmp_path / 'out')
    writer.process(None, [sample(label, **more)])
    path = tmp_path / 'out/01.png'
    np.testing.assert_array_equal(read_mask(path), label.numpy() + first)
    with Image.open(path) as picture:
        assert picture.mode == 'P' and bytes(picture.getpalette()) == voc_palette()
    assert writer.evaluate(1) == {'labels/images': 1}
