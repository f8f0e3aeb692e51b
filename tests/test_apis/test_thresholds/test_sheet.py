"""The contact sheet of thresholds."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.thresholds.sheet import (
    MAX_IMAGES,
    PARTS,
    choose_images,
    draw_thresholds,
    write_threshold_sheet,
)
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord

IDS = [f'a{k}' for k in range(30)]
CLASSES = {image_id: [k % 2] for k, image_id in enumerate(IDS)} | {'a7': [2], 'a8': []}


@pytest.fixture
def folder(tmp_path):
    """An export of 30 images: one shows a rare class, one none."""
    files = ExportFolder(tmp_path / 'out')
    files.write(ExportRecord(classes=('x', 'y', 'rare'), data_root=str(tmp_path)))
    rng = np.random.default_rng(0)
    (tmp_path / 'JPEGImages').mkdir()
    for image_id, ids in CLASSES.items():
        Image.fromarray(rng.integers(0, 255, (30, 60, 3), np.uint8)).save(
            tmp_path / f'JPEGImages/{image_id}.png'
        )
        cam = rng.random((len(ids), 8, 15))
        write_cam(
            files.cam_path(image_id), CamFile(class_ids=np.array(ids, int), cam=cam, size=(30, 60))
        )
    return CamFolder(files.root)


def columns(figure, number):
    """The titles of the columns, and the thresholds below a row, counted from 0."""
    axes = figure.axes[6 * number : 6 * number + 6]
    cuts = [float(axis.get_xlabel().split(':')[0]) for axis in axes[1:]]
    return [axis.get_title() for axis in figure.axes[:6]], cuts


def chosen(folder, threshold):
    folder.files.write(replace(folder.record, threshold=threshold))
    return CamFolder(folder.root)


def test_a_sheet_shows_rare_classes_and_leaves_out_negatives(folder):
    shown = choose_images(folder, IDS)
    assert len(shown) == MAX_IMAGES and ('a7', 2) in shown
    assert all(class_id in CLASSES[image_id] for image_id, class_id in shown)
    write_threshold_sheet(folder.root / 'sheet.jpg', chosen(folder, 0.5), IDS)
    assert Image.open(folder.root / 'sheet.jpg').format == 'JPEG'


def test_each_of_many_classes_has_a_row(folder):
    many = ExportFolder(folder.root.parent / 'many')
    names = tuple(f'class {k}' for k in range(12))
    many.write(ExportRecord(classes=names, data_root=str(folder.data_root)))
    for k, image_id in enumerate(IDS):
        cam = np.full((1, 4, 4), 0.5)
        write_cam(many.cam_path(image_id), CamFile(class_ids=[k % 12], cam=cam, size=(30, 60)))
    shown = choose_images(CamFolder(many.root), IDS)
    assert sorted(class_id for _, class_id in shown) == list(range(12))


@pytest.mark.parametrize('threshold', [0.0, 0.05, 0.37, 0.5, 0.99, 1.0])
def test_the_chosen_one_is_second_and_cuts_rise(threshold, folder):
    figure = draw_thresholds(chosen(folder, threshold), [('a0', 0)])
    titles, cuts = columns(figure, 0)
    assert titles == ['image', *PARTS] and cuts[1] == threshold
    assert all(0 <= cut <= 1 for cut in cuts) and cuts[2:] == sorted(cuts[2:])


def test_the_others_cover_twice_as_much_and_down_to_an_eighth(folder):
    distance = np.abs(np.arange(100) - 49.5) / 49.5
    peak = 1 - np.maximum(distance[:, None], distance)  # at 0.2 it covers 64 %, at 0.9 one
    write_cam(folder.files.cam_path('a0'), CamFile(class_ids=[0], cam=peak[None], size=(30, 60)))
    _, cuts = columns(draw_thresholds(chosen(folder, 0.43), [('a0', 0)]), 0)
    shares = [(peak > cut).mean() for cut in cuts]
    assert shares == pytest.approx([0.65, 0.325, 0.162, 0.081, 0.041], rel=0.15)


def test_each_class_is_cut_at_its_own_threshold(folder):
    figure = draw_thresholds(chosen(folder, [0.2, 0.7, 0.4]), [('a0', 0), ('a1', 1), ('a7', 2)])
    assert [columns(figure, row)[1][1] for row in range(3)] == [0.2, 0.7, 0.4]
    assert '--threshold 0.6' in figure.get_suptitle() and 'x=0.6,y=0.6' in figure.get_suptitle()


def test_nothing_to_show_writes_nothing(folder):
    write_threshold_sheet(folder.root / 'sheet.jpg', folder, ['a8'])
    assert not (folder.root / 'sheet.jpg').exists()


def test_a_missing_image_is_one_line(folder):
    (folder.data_root / 'JPEGImages/a7.png').unlink()
    again = CamFolder(folder.root)
    with pytest.raises(UserError, match='has no image a7'):
        write_threshold_sheet(folder.root / 'sheet.jpg', again, IDS)
