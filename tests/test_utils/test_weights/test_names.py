import pytest
import torch

from ppl_mm.utils.weights.names import align, without_prefix

RESNET = ('conv1.weight', 'layer1.0.conv1.weight')


def weights(*names):
    return {name: torch.full((2,), float(number)) for number, name in enumerate(names)}


def prefixed(prefix, names=RESNET):
    return tuple(prefix + name for name in names)


@pytest.mark.parametrize(
    'names, own',
    [
        (RESNET, RESNET),
        (RESNET, prefixed('backbone.')),
        (RESNET, prefixed('timm_model.')),
        (RESNET, (*prefixed('backbone.timm_model.'), 'head.weight')),
        (prefixed('module.'), prefixed('backbone.')),
        (prefixed('module.model.backbone.'), RESNET),
        (prefixed('student.backbone.'), prefixed('timm_model.')),
        (prefixed('model.'), prefixed('model.')),  # it is what the model says itself
    ],
)
def test_names_of_a_file_become_the_models(names, own):
    aligned = align(weights(*names), own)
    assert list(aligned) == list(own[: len(RESNET)])
    assert [value[0].item() for value in aligned.values()] == [0, 1]


def test_names_that_nobody_knows_stay():
    names = ('trunk.a', 'trunk.b')
    assert tuple(align(weights(*names), RESNET)) == names


def test_a_file_of_a_whole_model_keeps_the_rest_of_its_names():
    names = (*prefixed('backbone.'), 'head.weight')
    assert tuple(align(weights(*names), RESNET)) == (*RESNET, 'head.weight')


def test_the_map_of_a_classifier_is_that_of_a_segmentation_network():
    own = (*prefixed('backbone.'), 'decode_head.cam.weight')
    file = weights(*prefixed('module.backbone.'), 'module.head.classifier.weight')
    assert tuple(align(file, own)) == own
    assert tuple(align(weights(*own, 'head.classifier.weight'), own)) == (
        *own,
        'head.classifier.weight',
    )


def test_what_is_not_a_tensor_is_left_out():
    assert not align(dict(epoch=3), RESNET)


def test_a_prefix_is_taken_off_where_there_is_one():
    both = weights('backbone.a', 'backbone_b', 'head.c')
    assert list(without_prefix(both, 'backbone')) == ['a']
    assert without_prefix(both, 'neck') is both
