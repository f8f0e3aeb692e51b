"""IoU, precision, recall and thresholds that are printed, pixel by pixel."""

import json
from pathlib import Path

import numpy as np
import pytest

from ppl_mm.pipeline.measure import measure_export

VAL = 'data/ImageSets/Segmentation/val.txt'
NAMES = ('background', 'cat', 'cow', 'dog')


def by_pixels(labels, masks):
    """Scores of each class in per cent, NaN where the masks do not show it."""
    seen = masks != 255
    scores = {}
    for value, name in enumerate(NAMES):
        said, true = (labels == value) & seen, masks == value
        hit, either = (said & true).sum(), (said | true).sum()
        parts = (hit / either, hit / said.sum(), hit / true.sum(),
                 (said & ~true).sum() / either, (true & ~said).sum() / either)  # fmt: skip
        scores[name] = 100 * np.array(parts) if true.any() else np.full(5, np.nan)
    return scores


def mean_of(scores):
    """IoU, precision and recall with the background, over- and under-activation without."""
    columns = np.array(list(scores.values())).T  # (scores, classes)
    return np.array([np.nanmean(column[k > 2 :]) for k, column in enumerate(columns)])


def rows(text):
    """The numbers behind each name of a printed table."""
    found = {}
    for line in text.splitlines():
        name, *cells = line.split() or ['']
        if name in (*NAMES, 'mean') and len(cells) == 5:
            found[name] = [np.nan if cell == 'n/a' else float(cell) for cell in cells]
    return found


def cut(maps, threshold):
    """The labels of maps (5, 3, H, W) at a threshold."""
    strongest = maps.max(axis=1).astype(np.float32)
    return np.where(strongest > np.float32(threshold), maps.argmax(axis=1) + 1, 0)


def test_eval_labels(printed, export):
    args = ('export/labels', 'data/SegmentationClass', '--split', VAL)
    text = printed('eval_labels', *args, '--classes', 'data/classes.txt', '--out', 'o.json')
    expected = by_pixels(export.labels, export.masks)
    for name, values in {**expected, 'mean': mean_of(expected)}.items():
        assert rows(text)[name] == pytest.approx(values, abs=0.006, nan_ok=True), name
    ignored = (export.labels == 255)[export.masks != 255].mean()
    assert f'predicted as 255, counted as wrong: {100 * ignored:.2f} %' in text
    written = json.loads(Path('o.json').read_text())
    assert written['mIoU'] == pytest.approx(mean_of(expected)[0] / 100)
    assert written['absent_classes'] == ['cow']
    assert written['num_pixels'] == (export.masks != 255).sum()
    assert written['num_images'] == 5


def test_eval_cam_at_every_threshold(printed, export):
    thresholds = [0.2, 0.4, 0.6, 0.8]
    text = printed(
        'eval_cam', 'export', 'data/SegmentationClass', '--split', VAL,
        '--thresholds', 0.2, 0.8, 0.2,
    )  # fmt: skip
    found = {t: by_pixels(cut(export.maps, t), export.masks) for t in [*thresholds, 0.5]}
    best = max([*thresholds, 0.5], key=lambda t: mean_of(found[t])[0])
    assert f'at {best:g}, the best on val' in text
    for name, values in {**found[best], 'mean': mean_of(found[best])}.items():
        assert rows(text)[name] == pytest.approx(values, abs=0.006, nan_ok=True), name
    assert f'of the export: mIoU {mean_of(found[0.5])[0]:.2f}' in text
    report = json.loads(Path('export/eval/val.json').read_text())
    curve = dict(zip(report['curve']['threshold'], report['curve']['mIoU'], strict=True))
    for threshold, scores in found.items():
        assert curve[threshold] == pytest.approx(mean_of(scores)[0] / 100), threshold


def test_what_a_pipeline_measures(export, tmp_path):
    measured = measure_export(tmp_path / 'data', 'val', tmp_path / 'export')
    for part, labels in (('maps', cut(export.maps, 0.5)), ('labels', export.labels)):
        expected = by_pixels(labels, export.masks)
        assert measured[part]['mIoU'] == pytest.approx(mean_of(expected)[0] / 100)
        for name in ('background', 'cat', 'dog'):
            assert measured[part]['per_class'][name]['iou'] == pytest.approx(
                expected[name][0] / 100
            )
