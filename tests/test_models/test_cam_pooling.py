"""Each pooling against a few lines of its own definition."""

import math

import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.models import CAMHead, SelfTrainedCAMHead
from ppl_mm.models.cam_pooling import build_pooling

RULES = ['mean', 'lse', 'topk', 'wildcat']


def some_maps():
    return torch.randn(2, 3, 5, 8, generator=torch.Generator().manual_seed(0))


def by_hand(maps, rule):
    """Apply a rule from numbers to a number to the cells of each map."""
    cells = maps.double().flatten(-2).numpy()
    return torch.tensor(np.apply_along_axis(rule, -1, cells), dtype=torch.float32)


def test_log_sum_exp():
    expected = by_hand(some_maps(), lambda x: math.log(sum(map(math.exp, 3 * x)) / len(x)) / 3)
    torch.testing.assert_close(build_pooling(dict(name='lse', scale=3.0))(some_maps()), expected)


def test_top_cells():
    expected = by_hand(some_maps(), lambda x: sum(sorted(x)[-10:]) / 10)
    torch.testing.assert_close(build_pooling(dict(name='topk', share=0.25))(some_maps()), expected)


def test_strongest_and_weakest_cells():
    pool = build_pooling(dict(name='wildcat', share=0.25, alpha=0.6))
    expected = by_hand(
        some_maps(), lambda x: sum(sorted(x)[-10:]) / 10 + 0.6 * sum(sorted(x)[:10]) / 10
    )
    torch.testing.assert_close(pool(some_maps()), expected)


@pytest.mark.parametrize('pool', [dict(name='topk', share=1.0), dict(name='lse', scale=1e-3)])
def test_one_end_is_the_mean(pool):
    mean = some_maps().mean(dim=(2, 3))
    torch.testing.assert_close(build_pooling(pool)(some_maps()), mean, atol=2e-3, rtol=0)


@pytest.mark.parametrize('pool', [dict(name='topk', share=1e-6), dict(name='lse', scale=1e4)])
def test_the_other_end_is_the_maximum(pool):
    strongest = some_maps().amax(dim=(2, 3))
    torch.testing.assert_close(build_pooling(pool)(some_maps()), strongest, atol=2e-3, rtol=0)


@pytest.mark.parametrize('name', RULES)
def test_gradients_are_finite_for_large_and_equal_values(name):
    for maps in (torch.full((1, 2, 4, 4), 300.0), torch.randn(1, 2, 4, 4) * 300, some_maps()):
        maps.requires_grad_()
        score = build_pooling(name)(maps)
        score.sum().backward()
        assert score.isfinite().all() and maps.grad.isfinite().all()


@pytest.mark.parametrize('name', RULES)
def test_an_image_does_not_see_its_batch(name):
    pool = build_pooling(name)
    alone = torch.cat([pool(image[None]) for image in some_maps()])
    torch.testing.assert_close(pool(some_maps()), alone)


def make_head(kind=CAMHead, **kwargs):
    head = kind(num_classes=3, in_channels=6, branches=2, **kwargs)
    torch.nn.init.normal_(head.classifier.weight)
    return head.eval()


@pytest.mark.parametrize('name', RULES)
def test_the_sum_of_the_branches_is_pooled_and_the_map_stays(name):
    head, feats = make_head(pool=name), (torch.randn(2, 6, 5, 8),)
    cam = head.cam(feats)
    expected = build_pooling(name)(cam)
    torch.testing.assert_close(head(feats), expected)
    for sample, score, own in zip(head.predict(feats), expected.sigmoid(), cam, strict=True):
        torch.testing.assert_close(sample.pred_score, score)
        torch.testing.assert_close(sample.cam, own)


def test_a_self_trained_head_pools_its_global_branch():
    head, feats = make_head(SelfTrainedCAMHead, pool='topk'), (torch.randn(2, 6, 5, 8),)
    expected = build_pooling('topk')(head.branch_cams(feats)[:, 0])
    torch.testing.assert_close(head(feats), expected)
    scores = torch.stack([sample.pred_score for sample in head.predict(feats)])
    torch.testing.assert_close(scores, expected.sigmoid())


def test_a_small_object_is_learned_sooner_by_its_strongest_cells():
    """One cell of 64 shows the class; the same steps, twice."""

    def loss_after(pool):
        torch.manual_seed(0)
        feats = torch.rand(8, 4, 8, 8) * 0.1
        feats[:4, 0, 3, 5] = feats[:, 1] = 1  # the object; a constant
        samples = [DataSample().set_gt_label([0] if i < 4 else []) for i in range(8)]
        head = CAMHead(num_classes=1, in_channels=4, pool=pool)
        head.init_weights()
        optimizer = torch.optim.SGD(head.parameters(), lr=1.0)
        for _ in range(50):
            loss = head.loss((feats,), samples)['loss']
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    assert loss_after(dict(name='topk', share=1 / 64)) < 0.7 * loss_after('mean')


@pytest.mark.parametrize(
    'pool, message',
    [
        ('max', "pool='max': use one of 'mean', 'lse', 'topk', 'wildcat'"),
        (dict(share=0.1), 'pool=None: use one of'),
        (dict(name='mean', share=0.1), "pool 'mean' has no option 'share'; its options: none"),
        (dict(name='topk', k=5), "pool 'topk' has no option 'k'; its options: share"),
        (dict(name='topk', share=0), 'share=0 must be above 0, at most 1'),
        (dict(name='topk', share=5), 'share=5 must be above 0, at most 1'),
        (dict(name='lse', scale=-1.0), 'scale=-1.0 must be a number above 0'),
        (dict(name='lse', scale='4'), "scale='4' must be a number above 0"),
    ],
)
def test_a_pooling_that_cannot_be_is_refused(pool, message):
    with pytest.raises(UserError) as error:
        CAMHead(num_classes=3, in_channels=6, pool=pool)
    assert message in str(error.value)
