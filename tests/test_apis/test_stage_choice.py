"""Which of two stages is kept, by masks or by the maps."""

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis import stage_choice
from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.stage_choice import MARGIN, choose_by_maps, choose_by_masks
from ppl_mm.cams import label_from_cam
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.voc_layout import VOCLayout

IDS = ('a', 'b', 'c')
SIZE = (60, 80)


def block(top, left, height=30, width=40):
    """Where an object is, bool."""
    found = np.zeros(SIZE, bool)
    found[top : top + height, left : left + width] = True
    return found


OBJECT = block(15, 20)


@pytest.fixture
def data(tmp_path):
    """Images of a bright block each, with masks, and one that shows nothing."""
    layout = VOCLayout(tmp_path / 'data')
    layout.image_dir.mkdir(parents=True)
    layout.split_path('train').parent.mkdir(parents=True)
    layout.split_path('train').write_text('\n'.join([*IDS, 'empty']))
    for image_id in (*IDS, 'empty'):
        image = np.full((*SIZE, 3), 40, np.uint8)
        image[OBJECT & (image_id != 'empty')] = 200
        Image.fromarray(image).save(layout.image_dir / f'{image_id}.png')
        write_label(layout.mask_path(image_id), (OBJECT * (image_id != 'empty')).astype(np.uint8))
    return layout


def stage(data, name, region, ids=IDS):
    """The export of maps that are strong in a region."""
    folder = ExportFolder(data.root.parent / name)
    for image_id in (*IDS, 'empty'):
        classes = [0] if image_id in ids else []
        cam = np.repeat(np.where(region, 0.9, 0.1)[None], len(classes), axis=0)
        file = CamFile(class_ids=classes, cam=cam.reshape(-1, *SIZE), size=SIZE)
        write_cam(folder.cam_path(image_id), file)
        write_label(folder.label_path(image_id), label_from_cam(file, 0.5))
    folder.write(ExportRecord(classes=('x',), data_root=str(data.root), threshold=0.5))
    return CamFolder(folder.root)


GOOD, LARGE, ELSEWHERE = OBJECT, block(10, 12, 40, 56), block(0, 0, 12, 80)


@pytest.mark.parametrize('first, second, later', [(LARGE, GOOD, True), (GOOD, LARGE, False)])
def test_masks_decide(data, first, second, later):
    stages = stage(data, 'one', first), stage(data, 'other', second)
    choice = choose_by_masks(*stages, GroundTruth(data.mask_dir), 'train', 3)
    assert choice.later is later and choice.stage == (3 if later else 2)
    assert (choice.after > choice.before) is later and choice.num_images == 4
    assert choice.line().startswith(f'stage {choice.stage} is kept: on 4 images of train')
    assert f'{100 * choice.after:.1f} % mIoU' in choice.why


def test_of_equals_the_later_one_is_kept(data):
    one = stage(data, 'one', GOOD)
    assert choose_by_masks(one, one, GroundTruth(data.mask_dir), 'train', 2).later


def test_masks_of_nothing_but_void_are_one_line(data):
    one = stage(data, 'one', GOOD)
    for image_id in (*IDS, 'empty'):
        write_label(data.mask_path(image_id), np.full(SIZE, 255, np.uint8))
    with pytest.raises(UserError, match='masks of train hold nothing but void'):
        choose_by_masks(one, one, GroundTruth(data.mask_dir), 'train', 2)


def test_a_missing_mask_is_one_line(data):
    one = stage(data, 'one', GOOD)
    data.mask_path('b').unlink()
    with pytest.raises(UserError, match=r'b\.png'):
        choose_by_masks(one, one, GroundTruth(data.mask_dir), 'train', 2)


FULL = np.ones(SIZE, bool)


@pytest.mark.parametrize(
    'first, second, later',
    [
        (LARGE, GOOD, True),  # it follows the image
        (GOOD, LARGE, False),
        (GOOD, ELSEWHERE, False),  # it has run away
        (GOOD, ~FULL, False),  # it shows nothing
    ],
)
def test_without_masks_labels_that_follow_the_image_are_kept(data, first, second, later):
    pytest.importorskip('pydensecrf')
    choice = choose_by_maps(stage(data, 'one', first), stage(data, 'other', second), 'train', 2)
    assert choice.later is later and choice.num_images == len(IDS)
    assert f'stage {choice.stage} is kept: of 3 images' in choice.line()


def test_a_stage_that_is_hardly_better_is_not_kept(data, monkeypatch):
    stages = stage(data, 'one', GOOD), stage(data, 'other', GOOD)
    for gain, later in ((0.0, False), (MARGIN - 0.001, False), (MARGIN + 0.001, True)):
        found = iter((0.07, 0.07 + gain))
        monkeypatch.setattr(stage_choice, '_agreement', lambda *args, found=found: next(found))
        assert choose_by_maps(*stages, 'train', 2).later is later


def test_without_a_class_there_is_nothing_to_compare(data):
    pytest.importorskip('pydensecrf')
    one = stage(data, 'one', GOOD, ids=())
    choice = choose_by_maps(one, one, 'train', 2)
    assert not choice.later and choice.num_images == 0


def halves(data, name, left):
    """The export of two classes, one left and one right of a column; there is no background."""
    folder = ExportFolder(data.root.parent / name)
    cam = np.full((2, *SIZE), 0.1)
    cam[0, :, :left] = cam[1, :, left:] = 0.9
    for image_id in IDS:
        file = CamFile(class_ids=[0, 1], cam=cam, size=SIZE)
        write_cam(folder.cam_path(image_id), file)
        write_label(folder.label_path(image_id), label_from_cam(file, 0.0, False))
    shown = dict(classes=('x', 'y'), data_root=str(data.root))
    folder.write(ExportRecord(**shown, background=False, finished=True))
    return CamFolder(folder.root)


@pytest.fixture
def land(data):
    """Images whose left half is dark, and whose right half is bright."""
    for image_id in IDS:
        image = np.full((*SIZE, 3), 40, np.uint8)
        image[:, 40:] = 200
        Image.fromarray(image).save(data.image_dir / f'{image_id}.png')
    data.split_path('train').write_text('\n'.join(IDS))
    return data


@pytest.mark.parametrize('first, second, later', [(56, 40, True), (40, 56, False)])
def test_without_a_background_a_crf_has_no_class_to_add(land, first, second, later):
    pytest.importorskip('pydensecrf')
    stages = halves(land, 'one', first), halves(land, 'other', second)
    choice = choose_by_maps(*stages, 'train', 2)
    assert choice.later is later
    assert max(choice.before, choice.after) > 0.95  # of that which follows the image
