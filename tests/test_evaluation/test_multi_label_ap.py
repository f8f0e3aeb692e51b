import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmpretrain.evaluation import AveragePrecision
from mmpretrain.structures import DataSample

from ppl_mm.errors import UserError
from ppl_mm.evaluation import MultiLabelAP, average_precision


def by_definition(scores, truth):
    """Average precision of one class, image by image."""
    ranked = sorted(zip(-np.asarray(scores), truth, strict=True))
    found, precisions = 0, []
    for rank, (_, present) in enumerate(ranked, 1):
        found += present
        if present:
            precisions.append(found / rank)
    return np.mean(precisions) if precisions else np.nan


def samples(scores, truth, key='gt_score'):
    for score, label in zip(scores, truth, strict=True):
        sample = DataSample().set_pred_score(score)
        if key == 'gt_score':
            sample.set_gt_score(label)
        else:
            sample.set_gt_label(label.nonzero()[:, 0])
        yield sample


def evaluate(scores, truth, key='gt_score', classes=('cat', 'cow', 'dog')):
    evaluator = Evaluator(metrics=[MultiLabelAP()])
    evaluator.dataset_meta = dict(classes=classes)
    evaluator.process(list(samples(scores, truth, key)))
    return evaluator.evaluate(len(scores))


@pytest.fixture
def predictions():
    generator = torch.Generator().manual_seed(3)
    truth = (torch.rand(40, 3, generator=generator) < 0.3).float()
    return torch.rand(40, 3, generator=generator) + 0.3 * truth, truth


@pytest.mark.parametrize('key', ['gt_score', 'gt_label'])
def test_map_is_the_mean_of_its_definition_and_mmpretrains(predictions, key):
    scores, truth = predictions
    found = evaluate(scores, truth, key)
    expected = [by_definition(scores[:, k].tolist(), truth[:, k].tolist()) for k in range(3)]
    assert found == {'multi-label/mAP': pytest.approx(100 * np.mean(expected), abs=1e-4)}
    assert found['multi-label/mAP'] == AveragePrecision.calculate(scores, truth).item()


def test_a_class_that_the_split_does_not_show_is_left_out_and_counted(predictions, capsys):
    scores, truth = torch.eye(3), torch.eye(3)  # a perfect classifier
    truth[2, 2] = 0
    assert evaluate(scores, truth) == {'multi-label/mAP': 100.0, 'multi-label/absent_classes': 1}
    assert 'mAP over 2 of 3 classes: no image of the split shows dog' in capsys.readouterr().out


def test_a_split_that_shows_nothing_has_no_map():
    assert evaluate(torch.rand(2, 3), torch.zeros(2, 3)) == {'multi-label/absent_classes': 3}


def test_images_of_which_a_class_is_unknown_do_not_count_for_it(predictions):
    scores, truth = predictions
    unknown = torch.arange(40) % 4 == 0
    marked = truth.clone()
    marked[unknown, 1] = -1
    known = average_precision(scores[~unknown], truth[~unknown])[1]
    assert torch.isclose(average_precision(scores, marked)[1], known)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_scores_that_are_not_numbers_are_refused(value):
    scores = torch.rand(2, 3)
    scores[1, 0] = value
    with pytest.raises(UserError, match='NaN or infinite scores'):
        evaluate(scores, torch.ones(2, 3))


def test_images_without_labels_are_one_line():
    metric = MultiLabelAP()
    with pytest.raises(UserError, match='MultiLabelAP: an image has no label .*ann_file'):
        metric.process(None, [dict(pred_score=torch.rand(3))])
