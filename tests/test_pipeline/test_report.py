"""The report of a pipeline that has run."""

import json
import re
import sys

import numpy as np
import pytest
from PIL import Image
from test_gallery.parsed_page import ParsedPage

from ppl_mm.evaluation import evaluate_labels, summarize
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.formats.image_folder import ImageFolder
from ppl_mm.formats.image_list import read_ids
from ppl_mm.gallery.from_pipeline import read_pipeline
from ppl_mm.gallery.summary import all_scores
from ppl_mm.gallery.tables import find, read_report, terminal_report
from ppl_mm.pipeline.report import main
from ppl_mm.utils.files import file_sha256

pytestmark = pytest.mark.slow


def test_the_report_of_a_run(finished):
    mini, work_dir, output = finished
    report, data = read_report(work_dir), mini.folder / 'data'
    assert terminal_report(report) in output
    assert len(report['measurements']) == 8
    for one in report['measurements']:
        confusion = np.array(one['scores']['confusion_matrix'])
        assert confusion.shape == (5, 6)
        assert one['scores'] == summarize(confusion, report['classes'])
        assert confusion.sum() == one['num_images'] * 48 * 48
        assert one['split'] == ('val' if one['role'] == 'val' else 'train')
        assert one['num_images'] == (6 if one['role'] == 'val' else 12)
        assert one['seed'] == 3
        assert one['checkpoint_sha256'] == file_sha256(mini.root / one['checkpoint'])
    assert find(report, 'ppl', 'val')['threshold'] == find(report, 'ppl', 'masked')['threshold']
    for role, name in (('masked', 'refine'), ('val', 'refine_val')):
        found = find(report, 'pseudo_labels', role)
        stems = read_ids(data / 'ImageSets/Segmentation' / f'{found["split"]}.txt')
        truth = GroundTruth(data / 'SegmentationClass')
        labels = evaluate_labels(work_dir / name / 'labels', truth, stems, 4, progress=False)
        assert labels.tolist() == found['scores']['confusion_matrix']
        assert found['threshold'] is None
    assert [one['step'] for one in report['steps']][-1] == 'test_seg_val'


def test_a_panel_without_the_photographs(finished, tmp_path, monkeypatch):
    _, work_dir, _ = finished
    path = tmp_path / 'panel.png'
    monkeypatch.setattr(ImageFolder, 'find', None)  # no photograph is read
    monkeypatch.setattr(sys, 'argv', ['report', str(work_dir), '--without-photos', str(path)])
    before = (work_dir / 'report.json').read_bytes()
    main()
    with Image.open(path) as ours, Image.open(work_dir / 'panel.png') as whole:
        assert ours.width < whole.width  # a column less
    assert (work_dir / 'report.json').read_bytes() == before


def test_predictions_on_disk_are_those_that_were_measured(finished):
    mini, work_dir, _ = finished
    report, data = read_report(work_dir), mini.folder / 'data'
    stems = read_ids(data / 'ImageSets/Segmentation/train.txt')
    truth = GroundTruth(data / 'SegmentationClass')
    labels = work_dir / 'test_seg/predictions'
    confusion = evaluate_labels(labels, truth, stems, 4, progress=False)
    assert (
        confusion.tolist() == find(report, 'segmentation', 'masked')['scores']['confusion_matrix']
    )


def test_the_seed_reaches_each_training(finished):
    _, work_dir, _ = finished
    for step in ('train_cam', 'train_ppl', 'train_seg'):
        assert 'randomness.seed=3' in (work_dir / 'logs' / f'{step}.log').read_text()
        (log,) = (work_dir / step).glob('*/*.log')
        assert re.search(r'^ *seed: 3$', log.read_text(), re.MULTILINE)


def test_the_html_is_one_whole_file(finished):
    _, work_dir, _ = finished
    text = (work_dir / 'report.html').read_text()
    assert text.count('src="data:image/png;base64,') == 2
    assert '<script' not in text and '://' not in text
    ParsedPage(text)
    assert json.loads((work_dir / 'report.json').read_text())['panel']['images']
    with Image.open(work_dir / 'panel.png') as picture:
        assert picture.size[0] > 900


def test_the_gallery_of_a_run_has_all_images_and_the_scores_of_the_report(finished):
    _mini, work_dir, output = finished
    page, report = work_dir / 'gallery/index.html', read_report(work_dir)
    assert f'All images: {page}' in output
    source = read_pipeline(work_dir)
    assert [len(ids) for ids in source.splits.values()] == [12, 6]
    records = [json.loads(path.read_text()) for path in page.parent.glob('records/*.json')]
    assert {record['image'] for record in records} == set(source.split_of())
    layers = ['cam_cam', 'label_cam', 'cam_ppl', 'label_ppl', 'refined', 'prediction', 'truth']
    assert all(record['layers'] == layers for record in records)
    found = {(one['layer'], one['split']): one['scores'] for one in all_scores(source, records)}
    for layer, method in (('refined', 'pseudo_labels'), ('prediction', 'segmentation')):
        for role, split in (('masked', 'train'), ('val', 'val')):
            assert found[layer, split] == find(report, method, role)['scores']
    text = page.read_text()
    for what in ('mIoU of the maps, per cent', 'train_seg: losses', 'cls_progressive.py'):
        assert what in text
    assert 'href="gallery/index.html"' in (work_dir / 'report.html').read_text()
