import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.models.segmentors import SegTTAModel
from mmseg.structures import SegDataSample
from PIL import Image
from seg_tta import build_tta

from ppl_mm.errors import UserError
from ppl_mm.refine.dense_crf import PRESETS, dense_crf
from ppl_mm.refine.refiner import Refiner

pytestmark = pytest.mark.filterwarnings('ignore::UserWarning')

CRF = dict(type='ppl_mm.DenseCRF', preset='deeplab_v1')
SIZE = (16, 20)


def build(refiners=CRF, **kwargs):
    return build_tta('ppl_mm.RefinedSegTTAModel', refiners=refiners, **kwargs)


@pytest.fixture(scope='module')
def model():
    return build()


@pytest.fixture
def picture(tmp_path):
    """An image whose left half is red; its path."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 40, (*SIZE, 3), np.uint8)
    image[:, :9, 0] += 180
    path = tmp_path / 'a.png'
    Image.fromarray(image).save(path)
    return image, str(path)


def views_of(path, count=3, strength=1.0, channels=5):
    """Views whose logits scatter about a class on the right place."""
    torch.manual_seed(0)
    views = []
    for _ in range(count):
        logits = torch.randn(channels, *SIZE) * 0.5
        logits[3, :, :12] += 2 * strength  # beyond the edge at 9
        logits[0, :, 12:] += 2 * strength
        sample = SegDataSample(metainfo=dict(img_path=path, ori_shape=SIZE))
        sample.seg_logits = PixelData(data=logits)
        sample.gt_sem_seg = PixelData(data=torch.ones(1, *SIZE))
        views.append(sample)
    return views


def probability_of(views):
    return torch.stack([view.seg_logits.data.softmax(0) for view in views]).mean(0).numpy()


def test_the_average_is_refined(model, picture):
    image, path = picture
    views = views_of(path)
    expected = dense_crf(image, probability_of(views), **PRESETS['deeplab_v1']).argmax(axis=0)
    (merged,) = model.merge_preds([views])
    found = merged.pred_sem_seg.data
    assert found.shape == (1, *SIZE)
    np.testing.assert_array_equal(found[0].numpy(), expected)
    assert merged.img_path == path and (merged.gt_sem_seg.data == 1).all()


def test_without_refiners_it_is_the_model_of_mmseg(picture):
    model = build([])
    assert isinstance(model, SegTTAModel)
    views = views_of(picture[1], strength=0.2)
    found = model.merge_preds([views])[0].pred_sem_seg.data.clone()
    theirs = SegTTAModel.merge_preds(model, [views_of(picture[1], strength=0.2)])[
        0
    ].pred_sem_seg.data
    assert len(found.unique()) == 5
    torch.testing.assert_close(found, theirs)


def test_several_refiners_follow_each_other(picture):
    image, path = picture
    from ppl_mm.refine import DenseCRF, RefinerChain, Scores

    steps = [dict(type='ppl_mm.PAMR', dilations=(1, 2)), CRF]
    views = views_of(path)
    scores = Scores(probability_of(views).clip(0, 1), range(4))
    for step in RefinerChain(steps).steps:
        scores = step(image, scores)
    assert isinstance(step, DenseCRF)
    found = build(steps).merge_preds([views])[0].pred_sem_seg.data[0]
    np.testing.assert_array_equal(found, scores.values.argmax(axis=0))


def test_labels_follow_the_edge_of_the_image(picture):
    model = build(dict(CRF, iterations=10))
    views = views_of(picture[1])
    assert (probability_of(views).argmax(0) == 3)[:, 9:12].mean() > 0.5
    label = model.merge_preds([views])[0].pred_sem_seg.data[0]
    assert (label[:, :9] == 3).all() and not label[:, 9:].any()


def test_a_class_that_is_nowhere_is_left_out(picture):
    _image, path = picture
    seen = []
    model = build(min_probability=0.9)

    class Seen(Refiner):
        def refine(self, image, scores):
            seen.append(scores.class_ids.tolist())
            return scores

    model.steps = [Seen()]
    views = views_of(path, strength=5)
    label = model.merge_preds([views])[0].pred_sem_seg.data
    assert seen == [[2]]  # class 2 is channel 3
    assert set(label.unique().tolist()) <= {0, 3}
    model.min_probability = 0  # keeps all
    model.merge_preds([views])
    assert seen[1] == [0, 1, 2, 3]


def test_a_crf_spares_what_it_would_erase(picture):
    views = views_of(picture[1])
    labels = [
        build(refiners).merge_preds([views])[0].pred_sem_seg.data
        for refiners in ([], [dict(CRF, kept=1.0)], [CRF])
    ]
    assert torch.equal(labels[0], labels[1]) and not torch.equal(labels[0], labels[2])


def test_nothing_but_background(picture):
    views = views_of(picture[1], strength=0)
    for view in views:
        view.seg_logits.data[0] += 30  # no other reaches 0.01
    label = build().merge_preds([views])[0].pred_sem_seg.data
    assert label.shape == (1, *SIZE) and not label.any()


def test_an_image_of_another_size(model, picture, tmp_path):
    path = tmp_path / 'b.png'
    Image.fromarray(picture[0][:, 1:]).save(path)
    with pytest.raises(UserError, match='b.png: the image'):
        model.merge_preds([views_of(str(path))])


@pytest.mark.parametrize(
    'arguments, message',
    [
        (dict(refiners=[dict(type='ppl_mm.Nothing')]), 'ppl_mm.Nothing'),
        (dict(refiners=dict(type='ppl_mm.DenseCRF', preset='voc')), 'deeplab_v2'),
        (dict(num_classes=2, head=dict(out_channels=1, threshold=0.3)), 'out_channels=2'),
    ],
)
def test_what_cannot_be_built(arguments, message):
    with pytest.raises(UserError, match=message):
        build(**arguments)
