"""The study of thresholds by class."""

import numpy as np
import pytest
from PIL import Image

from ppl_mm.cams import label_from_cam
from ppl_mm.evaluation.confusion import class_scores, confusion_matrix, mean_scores
from ppl_mm.formats.cam_file import CamFile, read_cam, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord
from ppl_mm.formats.ground_truth import GroundTruth
from studies.thresholds.by_class import SweptMaps as Maps
from studies.thresholds.by_class import by_all_masks, by_areas, by_few_masks, main, score

IDS = [f'a{k:02}' for k in range(20)]


@pytest.fixture
def folder(tmp_path):
    """Equal maps of two classes, by turns, whose objects end at 0.9 and at 0.3; and a negative."""
    rng = np.random.default_rng(0)
    files = ExportFolder(tmp_path / 'export')
    names = ('small', 'large')
    files.write(ExportRecord(classes=names, threshold=0.5, data_root=str(tmp_path)))
    (tmp_path / 'ImageSets/Segmentation').mkdir(parents=True)
    (tmp_path / 'ImageSets/Segmentation/train.txt').write_text('\n'.join([*IDS, 'none']))
    for name in ('JPEGImages', 'SegmentationClass'):
        (tmp_path / name).mkdir()
    distance = np.abs(np.arange(30) - 14.5) / 15
    peak = (1 - np.hypot(distance[:, None], distance) / 1.5).clip(0, 1)
    for k, image_id in enumerate(IDS):
        cam = np.clip(peak + rng.normal(0, 0.02, peak.shape), 0, 1)[None]
        write_cam(files.cam_path(image_id), CamFile(class_ids=[k % 2], cam=cam, size=(30, 30)))
        mask = (peak > (0.9, 0.3)[k % 2]) * (1 + k % 2)
        Image.fromarray(mask.astype(np.uint8)).save(tmp_path / f'SegmentationClass/{image_id}.png')
    write_cam(files.cam_path('none'), CamFile([], np.zeros((0, 4, 4)), (30, 30)))
    Image.fromarray(np.zeros((30, 30), np.uint8)).save(tmp_path / 'SegmentationClass/none.png')
    return files


def read(folder):
    from ppl_mm.apis.exporting.cam_folder import CamFolder

    return Maps.read(CamFolder(folder.root), 'train')


@pytest.mark.parametrize('cuts', [(0.5, 0.5), (0.9, 0.3), (0.1, 0.7)])
def test_scores_are_those_of_labels(folder, cuts):
    total = np.zeros((3, 4), np.int64)
    truth = GroundTruth(folder.root.parent / 'SegmentationClass')
    for image_id in IDS:
        label = label_from_cam(read_cam(folder.cam_path(image_id)), list(cuts))
        total += confusion_matrix(label, truth.read(image_id, (30, 30)), 2)
    expected = float(mean_scores(total)['mIoU']), class_scores(total)['iou'][1:].mean()
    assert score(read(folder).sweep(), cuts) == pytest.approx(expected)


def test_classes_of_different_sizes_gain(folder):
    maps = read(folder)
    assert len(maps.images) == len(IDS) and maps.areas[0] < 0.05 < maps.areas[1]
    found = dict([*by_all_masks(maps), *by_areas(maps)])
    assert found['best of each class'][1] > found['best of all classes'][1] + 0.1
    assert found['area of each class'][0] > found['area of all'][0] + 0.1
    few = {name: np.mean(many, axis=0)[0] for name, many in by_few_masks(maps, 3, 0)}
    assert few['20 masks, each class'] > few['20 masks, all classes'] + 0.1
    assert few['20 masks, each class'] > few['5 masks, each class']


def test_the_table_is_one_of_markdown_and_repeats(folder, capsys):
    main([str(folder.root), '--draws', '2'])
    first = capsys.readouterr().out
    main([str(folder.root), '--draws', '2'])
    assert capsys.readouterr().out == first
    rows = first.splitlines()
    assert rows[0].startswith('| 20 images') and {row.count('|') for row in rows} == {4}
