import json

import numpy as np
import pytest
import torch
from test_evaluation.cam_samples import CLASSES, THRESHOLDS, make_metric, measure

from ppl_mm.cams import label_from_cam
from ppl_mm.errors import UserError
from ppl_mm.evaluation import CAMIoU, ThresholdSweep, evaluate_folder
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.formats.image_list import read_ids
from ppl_mm.formats.mask_file import read_mask, write_label
from ppl_mm.registry import METRICS


def cam_file_of(sample):
    return CamFile(sample['class_ids'], sample['cam'], sample['ori_shape'])


def test_it_is_a_sweep_over_the_samples(samples):
    sweep = ThresholdSweep(3, THRESHOLDS)
    for sample in samples:
        sweep.update(cam_file_of(sample), read_mask(sample['seg_map_path']))
    scores = measure(samples)
    threshold, miou = sweep.best()
    assert scores['cam/mIoU'] == scores['cam/best_mIoU'] == miou
    assert scores['cam/threshold'] == scores['cam/best_threshold'] == threshold
    assert scores['cam/num_images'] == 7
    assert scores['cam/absent_classes'] == 1
    assert scores == measure(samples, batch_size=3)


def test_a_negative_without_a_mask_is_all_background(samples, tmp_path):
    one = dict(samples[3], gt_label=torch.zeros(0, dtype=torch.long))
    write_label(tmp_path / 'zero.png', np.zeros(one['ori_shape'], np.uint8))
    assumed, drawn = (
        measure([*samples, dict(one, seg_map_path=path)], out_file=tmp_path / 'scores.json')
        for path in (None, str(tmp_path / 'zero.png'))
    )
    assert assumed == drawn
    measure([*samples, dict(one, seg_map_path=None)], out_file=tmp_path / 'scores.json')
    assert json.loads((tmp_path / 'scores.json').read_text())['negatives_without_mask'] == 1
    with pytest.raises(UserError, match='has no mask'):
        measure([dict(one, seg_map_path=None, gt_label=torch.tensor([1]))])


def test_a_threshold_from_elsewhere_is_used(samples):
    best, given = measure(samples), measure(samples, threshold=0.8)
    assert given['cam/threshold'] == 0.8
    assert given['cam/mIoU'] < given['cam/best_mIoU']
    assert given['cam/best_mIoU'] == best['cam/best_mIoU']
    between = measure(samples, threshold=0.5)
    assert between['cam/threshold'] == 0.5


@pytest.mark.parametrize('threshold', THRESHOLDS)
def test_it_equals_mmsegs_metric_on_the_exported_labels(samples, tmp_path, threshold):
    from mmseg.evaluation import IoUMetric

    areas = []
    iou_metric = IoUMetric(ignore_index=255)
    iou_metric.dataset_meta = dict(classes=['background', *CLASSES])
    for k, sample in enumerate(samples):
        # mmseg gives 0 to a class that is predicted and absent; we give n/a.
        sample['cam'][sample['class_ids'] == 1] = 0
        label = label_from_cam(cam_file_of(sample), threshold)
        write_label(tmp_path / 'labels' / f'{k}.png', label)
        pred = torch.from_numpy(read_mask(tmp_path / 'labels' / f'{k}.png')).long()
        mask = torch.from_numpy(read_mask(sample['seg_map_path'])).long()
        areas.append(iou_metric.intersect_and_union(pred, mask, 4, 255))
        iou_metric.process(
            None, [dict(pred_sem_seg=dict(data=pred[None]), gt_sem_seg=dict(data=mask[None]))]
        )
    intersect, union = (sum(area[k] for area in areas).double().numpy() for k in (0, 1))
    with np.errstate(invalid='ignore'):
        expected = np.nanmean(intersect / union)
    scores = measure(samples, threshold=threshold)
    assert scores['cam/mIoU'] == expected
    percent = float(iou_metric.evaluate(7)['mIoU'])  # rounded float32
    assert round(percent, 2) == round(100 * expected, 2)


def test_scores_are_those_of_the_saved_precision(tmp_path):
    # float32 just above the threshold, float16 just below it.
    write_label(tmp_path / '0.png', np.zeros((1, 2), np.uint8))
    threshold, value = 0.2999, np.float32(0.29991)
    assert float(np.float16(value)) < threshold < float(value)
    sample = dict(
        cam=torch.tensor([[[value, 0.0]]]),
        class_ids=[0],
        ori_shape=(1, 2),
        seg_map_path=str(tmp_path / '0.png'),
    )
    assert measure([sample], threshold=threshold)['cam/mIoU'] == 1


def test_memory_does_not_grow_with_the_images(samples):
    metric = make_metric()
    for _ in range(3):
        metric.process(None, samples)
    assert metric.results == []
    assert metric._last is samples[-1]


def test_a_metric_can_be_used_again(samples):
    metric = make_metric()
    for _ in range(2):
        metric.process(None, samples)
        scores = metric.evaluate(7)
    assert scores == measure(samples)


def test_the_file_says_which_split_chose_the_threshold(samples, tmp_path):
    measure(samples, split='val', out_file=tmp_path / 'best.json')
    report = json.loads((tmp_path / 'best.json').read_text())
    assert report['split'] == 'val'
    assert 'chosen by its masks' in report['threshold_from']
    assert report['curve']['threshold'] == THRESHOLDS
    assert max(report['curve']['mIoU']) == report['scores']['mIoU']
    assert list(report['scores']['per_class']) == ['background', *CLASSES]
    measure(samples, threshold=0.4, out_file=tmp_path / 'given.json')
    report = json.loads((tmp_path / 'given.json').read_text())
    assert report['threshold_from'] == 'given'


def test_it_is_built_from_a_config():
    metric = METRICS.build(dict(type='ppl_mm.CAMIoU', split='val'))
    assert isinstance(metric, CAMIoU)


@pytest.mark.parametrize('path', [None, ''])
def test_a_split_without_masks(samples, path):
    samples[2]['seg_map_path'] = path
    with pytest.raises(UserError, match='2.jpg: has no mask'):
        measure(samples)


def test_a_missing_mask_is_named(samples, tmp_path):
    (tmp_path / '3.png').unlink()
    with pytest.raises(UserError, match='3.png: no such mask'):
        measure(samples)


def test_a_mask_of_another_size_is_named(samples, tmp_path):
    write_label(tmp_path / '3.png', np.zeros((14, 9), np.uint8))
    with pytest.raises(UserError, match='3.png: cannot measure .* 14 x 9'):
        measure(samples)


def test_masks_that_are_all_void(samples):
    for sample in samples:
        write_label(sample['seg_map_path'], np.full((9, 14), 255, np.uint8))
    with pytest.raises(UserError, match='val: no labelled pixel'):
        measure(samples, split='val')


def test_a_data_set_without_classes(samples):
    metric = CAMIoU()
    with pytest.raises(UserError, match='names no classes'):
        metric.process(None, samples)


def test_maps_without_tta_are_refused(samples):
    del samples[0]['class_ids']
    with pytest.raises(UserError, match='--tta'):
        measure(samples)


def test_a_run_measures_what_it_writes(tiny_cfg, tmp_path, demo_root):
    from mmengine.hooks import PrepareTTAHook
    from mmengine.runner import Runner

    cfg = tiny_cfg(
        test_evaluator=[
            dict(type='ppl_mm.CAMIoU', thresholds=THRESHOLDS),
            dict(type='ppl_mm.CAMWriter', out_dir=str(tmp_path / 'export')),
        ]
    )
    cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline
    runner = Runner.from_cfg(cfg)
    runner.register_hook(PrepareTTAHook(cfg.tta_model))
    scores = runner.test()
    stems = read_ids(demo_root / 'ImageSets/Segmentation/val.txt')
    sweep = evaluate_folder(
        tmp_path / 'export/cams',
        GroundTruth(demo_root / 'SegmentationClass'),
        stems,
        4,
        THRESHOLDS,
        progress=False,
    )
    assert scores['cam/images'] == scores['cam/num_images'] == len(stems) == 4
    best = scores['cam/best_threshold'], scores['cam/best_mIoU']
    assert best == sweep.best()
