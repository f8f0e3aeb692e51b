"""The contact sheet of thresholds."""

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.thresholds.sheet import (
    MAX_IMAGES,
    draw_thresholds,
    other_thresholds,
    write_threshold_sheet,
)
from ppl_mm.cams.auto_threshold import MapStatistics
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


@pytest.fixture
def narrow():
    """Maps of a peak: at 0.2 they cover 64 % of the image, at 0.9 one per cent."""
    seen = MapStatistics()
    distance = np.abs(np.arange(100) - 49.5) / 49.5
    cam = 1 - np.maximum(distance[:, None], distance)
    seen.update(CamFile(class_ids=np.array([0]), cam=cam[None], size=(100, 100)))
    return seen


@pytest.mark.parametrize('chosen', [0.0, 0.05, 0.37, 0.5, 0.99, 1.0])
def test_the_chosen_one_is_among_the_others(chosen, narrow):
    cuts = other_thresholds(chosen, narrow)
    assert chosen in cuts and cuts == sorted(set(cuts)) and 2 <= len(cuts) <= 5
    assert all(0 <= cut <= 1 for cut in cuts)


def test_the_others_cover_twice_as_much_and_down_to_an_eighth(narrow):
    shares = [narrow.covered(cut) for cut in other_thresholds(0.43, narrow)]
    assert shares == pytest.approx([0.65, 0.325, 0.162, 0.081, 0.041], rel=0.15)


def test_a_sheet_shows_rare_classes_and_leaves_out_negatives(folder, monkeypatch):
    shown = []

    def keep(folder, image_ids, chosen):
        shown.extend(image_ids)
        return draw_thresholds(folder, image_ids, chosen)

    monkeypatch.setattr('ppl_mm.apis.thresholds.sheet.draw_thresholds', keep)
    write_threshold_sheet(folder.root / 'sheet.jpg', folder, IDS, 0.5)
    assert len(shown) == MAX_IMAGES and 'a7' in shown and 'a8' not in shown
    assert Image.open(folder.root / 'sheet.jpg').format == 'JPEG'


def test_titles_mark_the_chosen_one_and_say_how_to_overrule_it(folder):
    figure = draw_thresholds(folder, IDS[:2], 0.5)
    titles = [axis.get_title() for axis in figure.axes[:6]]
    assert titles[0] == 'image' and '0.5 (chosen)' in titles
    cuts = [float(title.split()[0]) for title in titles[1:]]
    assert cuts == sorted(cuts) and cuts[0] < 0.5 < cuts[-2]
    assert '--threshold' in figure.get_suptitle()


def test_nothing_to_show_writes_nothing(folder):
    write_threshold_sheet(folder.root / 'sheet.jpg', folder, ['a8'], 0.5)
    assert not (folder.root / 'sheet.jpg').exists()


def test_a_missing_image_is_one_line(folder):
    (folder.data_root / 'JPEGImages/a7.png').unlink()
    again = CamFolder(folder.root)
    with pytest.raises(UserError, match='has no image a7'):
        write_threshold_sheet(folder.root / 'sheet.jpg', again, IDS, 0.5)
