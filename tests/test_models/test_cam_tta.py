import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample
from test_models.tta_views import run, views_of

from ppl_mm.cams import normalize_cam
from ppl_mm.errors import UserError
from ppl_mm.registry import MODELS

SIZE = (64, 96)


def build(neck=True, thr=0.5, **kwargs):
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            type='ppl_mm.CAMTTAModel',
            module=dict(
                type='ppl_mm.CAMClassifier',
                backbone=dict(
                    type='mmpretrain.ResNet',
                    depth=18,
                    stem_channels=8,
                    base_channels=8,
                    strides=(1, 2, 1, 1),
                ),
                neck=dict(type='ppl_mm.PatchLearning', position=4, grid=2) if neck else None,
                head=dict(type='ppl_mm.CAMHead', num_classes=5, thr=thr),
            ),
            **kwargs,
        )
    )
    torch.nn.init.normal_(model.module.head.classifier.weight)
    return model.eval()


@pytest.mark.parametrize('relu', ['each', 'after'])
def test_one_view_is_the_single_pass(relu):
    model, image = build(cam_stride=4, relu=relu), torch.rand(3, *SIZE)
    (out,) = run(model, views_of(image, [1, 3]))
    with torch.no_grad():
        raw = model.module.predict(image[None])[0].cam[[1, 3]]
    if relu == 'each':  # at the size of the map, as in PSA
        raw = raw.relu()
    expected = normalize_cam(
        F.interpolate(raw[None], size=(16, 24), mode='bilinear', align_corners=False)[0]
    )
    assert out.class_ids.tolist() == [1, 3]
    torch.testing.assert_close(out.cam, expected)


@pytest.mark.parametrize('stride, size', [(1, (64, 90)), (4, (16, 23)), (8, (8, 12))])
def test_size_and_range_of_the_maps(stride, size):
    (out,) = run(
        build(cam_stride=stride), views_of(torch.rand(3, 64, 90), [0, 4], (0.5, 1.0), (False, True))
    )
    assert out.cam.shape == (2, *size)
    assert out.cam.min() >= 0 and out.cam.max() == 1


@pytest.mark.parametrize('scales', [(1.0,), (0.5, 1.0, 1.5)])
def test_a_mirrored_image_gives_the_mirrored_maps(scales):
    # Sides that the whole stride divides: a convolution with stride 2 is
    # not symmetric at others, nor on even ones, so views must be averaged.
    model, image = build(), torch.rand(3, *SIZE)
    labels, flips = [0, 1, 2], (False, True)
    (out,) = run(model, views_of(image, labels, scales, flips))
    (mirrored,) = run(model, views_of(image.flip(-1), labels, scales, flips))
    torch.testing.assert_close(mirrored.cam, out.cam.flip(-1), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(mirrored.pred_score, out.pred_score)


def test_it_is_the_average_of_the_views_by_hand():
    model, image = build(cam_stride=4), torch.rand(3, *SIZE)
    (out,) = run(model, views_of(image, [2], (0.5, 1.0), (False, True)))
    total = torch.zeros(1, 16, 24)
    for scale in (0.5, 1.0):
        view = F.interpolate(image[None], scale_factor=scale, mode='bilinear')
        for flip in (False, True):
            with torch.no_grad():
                feats = model.module.extract_feat(view.flip(-1) if flip else view)
                cam = model.module.head.cam(feats)[:, [2]].clamp(min=0)
            cam = F.interpolate(cam, size=(16, 24), mode='bilinear')[0]
            total += cam.flip(-1) if flip else cam
    torch.testing.assert_close(out.cam, total / total.max())


def test_relu_after_the_average():
    image = torch.rand(3, *SIZE)
    views = views_of(image, [0, 1, 2, 3, 4], flips=(False, True))
    each, after = (run(build(relu=relu), views)[0] for relu in ('each', 'after'))
    assert not torch.equal(each.cam, after.cam)
    assert after.cam.min() >= 0
    assert ((after.cam > 0) <= (each.cam > 0)).all()


def test_an_image_does_not_depend_on_its_batch():
    model = build()
    images = [
        views_of(torch.rand(3, *SIZE), labels, (0.5, 1.0), (False, True))
        for labels in ([0], [1, 2], [4])
    ]
    together = run(model, *images)
    for image, out in zip(images, together, strict=True):
        (alone,) = run(model, image)
        assert torch.equal(alone.class_ids, out.class_ids)
        torch.testing.assert_close(alone.cam, out.cam, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('labels', [[0], [3, 1], [1, 3, 3], [0, 1, 2, 3, 4]])
def test_only_the_labelled_classes_are_kept(labels):
    (out,) = run(build(), views_of(torch.rand(3, *SIZE), labels))
    assert out.class_ids.tolist() == sorted(set(labels))
    assert len(out.cam) == len(set(labels))


@pytest.mark.parametrize('thr, expected', [(0.0, [0, 1, 2, 3, 4]), (1.0, []), (0.5, 'above')])
def test_predicted_classes(thr, expected):
    model = build(classes='predicted', thr=thr)
    (out,) = run(model, views_of(torch.rand(3, *SIZE), None, flips=(False, True)))
    if expected == 'above':
        expected = [k for k in range(5) if out.pred_score[k] >= thr]
    assert out.class_ids.tolist() == expected
    assert out.cam.shape[0] == len(expected)


@pytest.mark.parametrize('labels', [[], [1]])
def test_all_classes_are_those_of_the_head(labels):
    views = views_of(torch.rand(3, *SIZE), labels)
    (out,) = run(build(classes='all'), views)
    assert out.class_ids.tolist() == [0, 1, 2, 3, 4]
    if labels:
        (own,) = run(build(), views)
        assert torch.equal(own.cam[0], out.cam[labels[0]])


def predicting(**kwargs):
    """A model that takes all classes for predicted ones."""
    return build(classes='predicted', thr=0.0, **kwargs)


def test_weak_maps_are_dimmed_and_strong_ones_are_not():
    views = views_of(torch.rand(3, *SIZE), None)
    (plain,) = run(predicting(), views)
    assert (plain.cam_scale > 0).all()
    full = [1.0] * 5
    full[1], full[3] = 4 * float(plain.cam_scale[1]), 0.5 * float(plain.cam_scale[3])
    (dimmed,) = run(predicting(full_scale=full), views)
    torch.testing.assert_close(dimmed.cam[1], plain.cam[1] / 4)
    assert torch.equal(dimmed.cam[3], plain.cam[3])
    assert torch.equal(dimmed.cam_scale, plain.cam_scale)


def test_a_class_that_no_negative_shows_counts_fully():
    views = views_of(torch.rand(3, *SIZE), None)
    even = run(predicting(full_scale=[0.0] * 5), views)[0]
    assert torch.equal(even.cam, run(predicting(), views)[0].cam)


def test_a_class_that_the_labels_name_is_not_dimmed():
    views = views_of(torch.rand(3, *SIZE), [1, 3])
    assert torch.equal(run(build(full_scale=[1e6] * 5), views)[0].cam, run(build(), views)[0].cam)


def test_an_image_whose_classes_are_not_known_says_what_to_do():
    with pytest.raises(UserError, match='a.jpg: .*--classes predicted'):
        run(build(), views_of(torch.rand(3, *SIZE), None))


def test_a_negative_has_no_map():
    (out,) = run(build(), views_of(torch.rand(3, *SIZE), []))
    assert out.class_ids.tolist() == [] and out.class_ids.dtype == torch.long
    assert out.cam.shape == (0, 16, 24)


def test_a_vertical_flip_is_refused():
    inputs, samples = views_of(torch.rand(3, *SIZE), [0], flips=(True,))
    samples[0].set_metainfo(dict(flip_direction='vertical'))
    with pytest.raises(UserError, match="'vertical' is not supported"):
        run(build(), (inputs, samples))


@pytest.mark.parametrize(
    'setting, message',
    [
        (dict(classes='every'), "tta_model.classes='every': use one of 'labels' or"),
        (dict(relu='never'), "tta_model.relu='never'"),
    ],
)
def test_illegal_settings(setting, message):
    with pytest.raises(UserError, match=message):
        build(**setting)


def test_softmax_makes_probabilities_of_the_images_own_classes():
    model, image = build(cam_stride=4, softmax=True), torch.rand(3, *SIZE)
    (out,) = run(model, views_of(image, [1, 3], (0.5, 1.0)))
    total = torch.zeros(2, 16, 24)
    for scale in (0.5, 1.0):
        view = F.interpolate(image[None], scale_factor=scale, mode='bilinear')
        with torch.no_grad():
            odds = model.module.predict(view)[0].cam[[1, 3]].exp()
        # The background's odds are 1, those of absent classes do not count.
        total += F.interpolate(
            (odds / (1 + odds.sum(dim=0)))[None], size=(16, 24), mode='bilinear'
        )[0]
    torch.testing.assert_close(out.cam, normalize_cam(total))


def test_images_of_several_sizes_in_a_batch_are_refused():
    """Padded to one size, their maps would be stretched over the padding."""
    model = build()
    first, second = (views_of(torch.rand(3, *size), [1]) for size in ((48, 48), (64, 48)))
    data = dict(inputs=[[first[0][0], second[0][0]]], data_samples=[[first[1][0], second[1][0]]])
    with pytest.raises(UserError, match='set test_dataloader.batch_size=1'):
        model.test_step(data)


def test_a_padding_preprocessor_is_refused():
    with pytest.raises(UserError, match='pad_size_divisor=32'):
        MODELS.build(
            dict(
                type='ppl_mm.CAMTTAModel',
                module=dict(
                    type='ppl_mm.CAMClassifier',
                    backbone=dict(type='mmpretrain.ResNet', depth=18),
                    head=dict(type='ppl_mm.CAMHead', num_classes=5),
                    data_preprocessor=dict(pad_size_divisor=32),
                ),
            )
        )


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_is_averaged_in_float32(dtype):
    model, image = build(), torch.rand(3, *SIZE)
    (exact,) = run(model, views_of(image, [1, 3], (1.0, 0.5)))
    views = [
        [
            sample.clone()
            for sample in model.module.predict(
                one[None],
                [DataSample(metainfo=dict(ori_shape=SIZE, flip=False)).set_gt_label([1, 3])],
            )
        ]
        for one in views_of(image, [1, 3], (1.0, 0.5))[0]
    ]
    for (view,) in views:
        view.set_field(view.cam.to(dtype), 'cam')
        view.set_pred_score(view.pred_score.to(dtype))
    (half,) = model.merge_preds([[view for (view,) in views]])
    assert half.cam.dtype == half.pred_score.dtype == torch.float32
    torch.testing.assert_close(half.cam, exact.cam, rtol=0.05, atol=0.02)
