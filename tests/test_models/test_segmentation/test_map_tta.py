import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from seg_tta import build_tta

from ppl_mm.errors import UserError

pytestmark = pytest.mark.filterwarnings('ignore::UserWarning')

SIZE = (16, 20)


def build(**kwargs):
    return build_tta('ppl_mm.SegMapTTAModel', **kwargs)


def views_of(logits, **metainfo):
    """Views of one image with some logits (views, C, H, W)."""
    views = []
    for one in logits:
        sample = SegDataSample(
            metainfo=dict(
                img_path='a.jpg', image_id='a', ori_shape=tuple(one.shape[1:]), **metainfo
            )
        )
        sample.seg_logits = PixelData(data=one)
        views.append(sample)
    return views


def merge(model, logits, **metainfo):
    (merged,) = model.merge_preds([views_of(logits, **metainfo)])
    return merged


def obvious(logits, labels, stride):
    """Pixel by pixel, in numpy."""
    views, _, height, width = logits.shape
    maps = np.zeros((len(labels), height, width))
    for view in logits.double().numpy():
        for y in range(height):
            for x in range(width):
                kept = np.exp(view[[0, *(id_ + 1 for id_ in labels)], y, x])
                maps[:, y, x] += kept[1:] / kept.sum() / views
    cells = maps.reshape(len(labels), height // stride, stride, width // stride, stride).mean(
        axis=(2, 4)
    )
    return cells / cells.max(axis=(1, 2), keepdims=True)


@pytest.mark.parametrize('stride', [1, 4])
def test_against_the_obvious_way(stride):
    torch.manual_seed(0)
    logits = torch.randn(3, 5, *SIZE) * 2
    merged = merge(build(cam_stride=stride), logits, gt_label=[3, 1])
    assert merged.class_ids.tolist() == [1, 3]
    np.testing.assert_allclose(merged.cam, obvious(logits, [1, 3], stride), atol=1e-5)
    assert merged.image_id == 'a' and 'seg_logits' not in merged


def test_what_looks_like_another_class_goes_to_those_the_image_has():
    logits = torch.zeros(1, 5, *SIZE)
    logits[:, 0, :, 10:] = 6.0  # background at the right,
    logits[:, 2, :, :10] = 6.0  # class 1 at the left, which is not there,
    logits[:, 4, :, :10] = 3.0  # and class 3 next.
    cam = merge(build(cam_stride=1), logits, gt_label=[3]).cam
    assert (cam[0, :, :10] > 0.9).all() and (cam[0, :, 10:] < 0.1).all()


def test_the_strongest_pixel_of_each_class_is_one():
    logits = torch.randn(2, 5, *SIZE)
    logits[:, 0] += 4  # no class is anywhere likelier than the background
    cam = merge(build(), logits, gt_label=[0, 2]).cam
    assert cam.amax(dim=(1, 2)).tolist() == [1, 1] and cam.min() >= 0


@pytest.mark.parametrize('size, cells', [((16, 20), (4, 5)), ((17, 21), (5, 6)), ((3, 2), (1, 1))])
def test_sizes(size, cells):
    cam = merge(build(), torch.randn(2, 5, *size), gt_label=[0]).cam
    assert cam.shape == (1, *cells)


def test_predicted_classes():
    logits = torch.zeros(2, 5, *SIZE)
    logits[:, 0] = 2.0
    logits[:, 3, :4] = 5.0
    model = build(classes='predicted')
    merged = merge(model, logits, gt_label=[1])
    assert merged.class_ids.tolist() == [2] and merged.cam.shape == (1, 4, 5)
    logits[:, 3] = 0.0  # nothing but background
    merged = merge(model, logits)
    assert merged.class_ids.tolist() == [] and merged.cam.shape == (0, 4, 5)


def test_an_image_whose_classes_are_not_known():
    with pytest.raises(UserError, match='a.jpg: .* --classes predicted'):
        merge(build(), torch.randn(1, 5, *SIZE))


def test_a_negative_has_no_map():
    merged = merge(build(), torch.randn(1, 5, *SIZE), gt_label=[])
    assert merged.class_ids.tolist() == [] and merged.cam.shape == (0, 4, 5)


@pytest.mark.parametrize(
    'arguments, message',
    [
        (dict(classes='all'), "'all'.*'labels' or 'predicted'"),
        (dict(num_classes=2, head=dict(out_channels=1, threshold=0.3)), 'out_channels=2'),
    ],
)
def test_what_cannot_be_built(arguments, message):
    with pytest.raises(UserError, match=message):
        build(**arguments)
