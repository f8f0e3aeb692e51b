import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import METRICS as ROOT_METRICS
from mmengine.registry import DefaultScope

from ppl_mm.errors import UserError
from ppl_mm.evaluation import SegConfusion

CLASSES = ['background', 'cat', 'cow']


def make_samples(count=7, labels=(0, 1, 2, 255), predicted=(0, 1, 2)):
    """Predictions that are right in about half of the pixels."""
    rng = np.random.default_rng(0)
    samples = []
    for i in range(count):
        truth = rng.choice(labels, (1, 5 + i, 8))
        pred = rng.choice(predicted, truth.shape)
        right = (rng.random(truth.shape) < 0.4) & (truth != 255)
        pred[right] = truth[right]
        samples.append(
            dict(
                pred_sem_seg=dict(data=torch.from_numpy(pred)),
                gt_sem_seg=dict(data=torch.from_numpy(truth)),
                seg_map_path=f'{i}.png',
            )
        )
    return samples


def measure(metric, samples, batch_size=2):
    metric.dataset_meta = dict(classes=CLASSES)
    for start in range(0, len(samples), batch_size):
        metric.process(None, samples[start : start + batch_size])
    return metric.evaluate(len(samples))


def slow_matrix(samples):
    matrix = np.zeros((3, 4), int)
    for sample in samples:
        pairs = zip(
            sample['gt_sem_seg']['data'].flatten().tolist(),
            sample['pred_sem_seg']['data'].flatten().tolist(),
            strict=True,
        )
        for truth, pred in pairs:
            if truth != 255:
                matrix[truth, 3 if pred == 255 else pred] += 1
    return matrix


def test_every_pixel_is_counted_once(tmp_path):
    samples = make_samples(predicted=(0, 1, 2, 255))
    scores = measure(SegConfusion('val', tmp_path / 'deep/val.json'), samples)
    report = json.loads((tmp_path / 'deep/val.json').read_text())
    expected = slow_matrix(samples)
    assert report['scores']['confusion_matrix'] == expected.tolist()
    assert report['split'] == 'val' and report['num_images'] == 7
    assert report['classes'] == CLASSES
    hit = np.diag(expected)
    union = expected.sum(1) + expected[:, :3].sum(0) - hit
    assert scores['seg/mIoU'] == pytest.approx((hit / union).mean())
    assert report['scores']['mIoU'] == scores['seg/mIoU']
    assert report['scores']['ignored_share'] == pytest.approx(expected[:, 3].sum() / expected.sum())


@pytest.mark.parametrize('predicted', [(0, 1, 2), (0, 1, 2, 255)])
def test_equals_mmsegs_iou_metric(predicted):
    samples = make_samples(predicted=predicted)
    with DefaultScope.overwrite_default_scope('mmseg'):
        theirs = ROOT_METRICS.build(dict(type='IoUMetric', iou_metrics=['mIoU']))
        ours = ROOT_METRICS.build(dict(type='ppl_mm.SegConfusion'))
    expected = measure(theirs, samples)['mIoU']
    found = measure(ours, samples)['seg/mIoU']
    assert round(100 * found, 2) == pytest.approx(expected, abs=1e-9)


def test_class_that_is_absent_has_no_score(tmp_path):
    metric = SegConfusion(out_file=tmp_path / 'a.json')
    scores = measure(metric, make_samples(labels=(0, 1, 255)))
    report = json.loads((tmp_path / 'a.json').read_text())['scores']
    assert report['absent_classes'] == ['cow']
    known = [report['per_class'][name]['iou'] for name in CLASSES[:2]]
    assert scores['seg/mIoU'] == pytest.approx(np.mean(known))


def test_label_out_of_range_names_the_file():
    samples = make_samples(labels=(0, 3))
    with pytest.raises(UserError, match='0.png: cannot be compared'):
        measure(SegConfusion(), samples)


WORKER = """
import json, pathlib, sys
here, root, rank, folder = sys.argv[1:]
sys.path[:0] = [here, root]
from torch import distributed
from test_seg_confusion import SegConfusion, CLASSES, make_samples
rank, folder = int(rank), pathlib.Path(folder)
distributed.init_process_group(
    'gloo', init_method=f'file://{folder}/meet', rank=rank, world_size=2)
metric = SegConfusion(out_file=folder / 'two.json')
metric.dataset_meta = dict(classes=CLASSES)
samples = make_samples()
samples.append(samples[0])  # as the sampler does, so that all have 4
metric.process(None, samples[rank::2])
(folder / f'{rank}.json').write_text(json.dumps(metric.evaluate(7)))
distributed.barrier()  # rank 0 holds what the group meets at
distributed.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path):
    here = Path(__file__).parent
    workers = [
        subprocess.Popen(
            [sys.executable, '-c', WORKER, here, here.parents[1], str(rank), tmp_path],
            cwd=tmp_path,
            env=dict(os.environ),
        )
        for rank in range(2)
    ]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    expected = measure(SegConfusion(out_file=tmp_path / 'one.json'), make_samples())
    for rank in range(2):
        found = json.loads((tmp_path / f'{rank}.json').read_text())
        assert found == expected
    assert (tmp_path / 'two.json').read_bytes() == (tmp_path / 'one.json').read_bytes()
