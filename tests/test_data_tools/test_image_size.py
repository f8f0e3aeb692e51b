"""How large the preset quick sees the images of a data set."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from ppl_mm.data_tools.own.data import OwnData
from ppl_mm.data_tools.own.image_size import choose_side, epochs_of, read_side, steps_of
from ppl_mm.data_tools.own.report import print_summary
from ppl_mm.data_tools.own.settings import OwnDataSettings
from ppl_mm.errors import UserError
from ppl_mm.formats.data_record import read_box_shares
from ppl_mm.utils.config.reading import read_config

QUICK = 'configs/own/cls_cam_quick_own.py'


@pytest.mark.parametrize(
    'images, median, share, gpu, side',
    [
        (180, 640, None, False, 384),  # what takes 20 minutes
        (180, 640, None, True, 448),
        (40, 640, None, False, 448),
        (60, 640, None, False, 416),
        (40, 200, None, False, 384),  # twice their side would be 400
        (180, 640, 0.05, True, 448),  # objects of two cells and more
        (180, 4000, 0.003, True, 576),
        (180, 4000, 0.0001, True, 640),
        (180, 4000, 0.003, False, 384),
        (20, 4000, 0.003, False, 576),
        (10_000, 4000, 0.003, False, 384),
        (180, None, 0.003, True, 384),  # a data set of before
    ],
)
def test_the_rule(images, median, share, gpu, side):
    assert choose_side(images, median, share, gpu) == side


def test_a_cpu_never_trains_longer_than_for_200_images():
    budget = steps_of(200) * 384**2
    for images in (1, 10, 30, 55, 80, 150, 199):
        side = choose_side(images, 9000, 1e-4)
        assert steps_of(images) * side**2 <= 1.2 * budget  # epochs are whole
    assert epochs_of(1) == 20 and epochs_of(10**6) == 3


@pytest.fixture
def photos(tmp_path):
    """Six photos of two classes, their masks, and an object of 1 % in each."""
    for name in ('a', 'b'):
        for number in range(3):
            image = np.full((300, 400, 3), 90 + 40 * number, np.uint8)
            image[100:130, 100:140] = (200, 30, 30) if name == 'a' else (30, 30, 200)
            for folder, pixels in (('photos', image), ('masks', (image[..., 0] == 200) * 1)):
                path = tmp_path / folder / name / f'{name}{number}.png'
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels.astype(np.uint8)).save(path)
    return tmp_path / 'photos'


def record_of(photos, **settings):
    out = photos.parent / 'mine'
    OwnData(OwnDataSettings(photos, out, **settings), 1).make()
    return json.loads((out / 'own_data.json').read_text())


def test_the_record_says_what_is_known(photos):
    record = record_of(photos, masks=photos.parent / 'masks')
    assert record['median_long_side'] == 400
    assert record['object_share'] == pytest.approx(0.01)
    assert record['image_size'] is None and 'expected_area' not in record


def test_without_masks_an_expected_area_says_it(photos):
    assert record_of(photos)['object_share'] is None
    # A second run has nothing to do, whatever it expects.
    OwnData(OwnDataSettings(photos, photos.parent / 'mine', expected_area='1-5%'), 1).make()
    with pytest.raises(UserError, match='--expected-area much'):
        OwnData(OwnDataSettings(photos, photos.parent / 'other', expected_area='much'))
    (photos.parent / 'mine').rename(photos.parent / 'old')
    assert record_of(photos, expected_area='1-5%')['object_share'] == pytest.approx(0.03)


def write_boxes(photos, known):
    """COCO of all photos; as many of them as given have a box, of 2 % of a photo."""
    names = sorted(path.relative_to(photos).as_posix() for path in photos.rglob('*.png'))
    images = [dict(id=k, file_name=name, width=400, height=300) for k, name in enumerate(names)]
    shown = [
        dict(image_id=k, category_id=1 + (name[0] == 'b'))
        | (dict(bbox=[9, 9, 60, 40]) if k < known else {})
        for k, name in enumerate(names)
    ]
    classes = [dict(id=1, name='a'), dict(id=2, name='b')]
    content = dict(images=images, annotations=shown, categories=classes)
    path = photos.parent / 'coco.json'
    path.write_text(json.dumps(content))
    return path


def test_boxes_say_how_large_objects_are_at_most(photos, capsys):
    labels, out = write_boxes(photos, 6), photos.parent / 'mine'
    print_summary(out, OwnData(OwnDataSettings(photos, out, labels=labels), 1).make())
    assert 'boxes cover 2 % of a training image with a class' in capsys.readouterr().out
    record = json.loads((out / 'own_data.json').read_text())
    assert record['object_share'] == record['box_share'] == pytest.approx(0.02)
    shares = read_box_shares(out)
    assert shares.all == pytest.approx(0.02)
    assert shares.of_class == pytest.approx(dict(a=0.02, b=0.02))


@pytest.mark.parametrize(
    'known, masked, object_share, box_share', [(6, True, 0.01, 0.02), (1, False, None, None)]
)
def test_masks_know_better_than_boxes_and_a_few_boxes_say_nothing(
    photos, known, masked, object_share, box_share
):
    masks = photos.parent / 'masks' if masked else None
    record = record_of(photos, labels=write_boxes(photos, known), masks=masks)
    assert record['object_share'] == pytest.approx(object_share)
    assert record.get('box_share') == pytest.approx(box_share)


def sides_of(cfg):
    """Crop, test and views of a classifier's config."""
    crop = next(step['crop_size'] for step in cfg.train_pipeline if 'crop_size' in step)
    views = [step['scale'][0] for step in cfg.tta_pipeline[1]['transforms'][0]]
    return crop, cfg.test_pipeline[1]['scale'][0], *views


def test_the_config_follows_the_data(photos, monkeypatch):
    monkeypatch.setenv('OWN_DATA', 'data/none')
    assert sides_of(read_config(QUICK)) == (384, 416, 512)
    record_of(photos, image_size=512)
    monkeypatch.setenv('OWN_DATA', str(photos.parent / 'mine'))
    assert read_side(photos.parent / 'mine', 6) == 512
    assert sides_of(read_config(QUICK)) == (512, 555, 683)


@pytest.mark.parametrize('name', ['cls_cam_own', 'cls_progressive_own', 'cls_self_trained_own'])
def test_larger_presets_follow_a_given_size_only(photos, monkeypatch, name):
    path = f'configs/own/{name}.py'
    monkeypatch.setenv('OWN_DATA', 'data/none')
    usual = (384, 512, 256, 512, 768, 1024)
    assert sides_of(read_config(path)) == usual
    monkeypatch.setenv('OWN_DATA', str(photos.parent / 'mine'))
    record_of(photos, expected_area='1%')
    assert sides_of(read_config(path)) == usual
    shutil.rmtree(photos.parent / 'mine')
    record_of(photos, image_size=576)
    assert sides_of(read_config(path)) == tuple(round(1.5 * side) for side in usual)


@pytest.mark.parametrize('size', [0, 10, 5000, 'large'])
def test_a_size_that_cannot_be(photos, size):
    with pytest.raises(UserError, match="--image-size is .* 'auto', or 64 to 4096"):
        record_of(photos, image_size=size)


def test_photos_are_not_shrunk_below_what_is_seen(photos):
    record_of(photos, max_long_side=100, image_size=75)
    images = (photos.parent / 'mine/JPEGImages').iterdir()
    assert {Image.open(path).size for path in images} == {(200, 150)}


# Of each side of an image, the least that a crop of the classifier keeps: docs/presets.md.
KEPT = {'cls_cam_quick_own': 0.82, 'cls_cam_own': 0.6, 'cls_first_round_own': 0.6}


@pytest.mark.parametrize('name', KEPT)
def test_crops_keep_most_of_an_image(name):
    """A crop without the object has a wrong label."""
    steps = {step['type']: step for step in read_config(f'configs/own/{name}.py').train_pipeline}
    largest = steps['ppl_mm.RandomResizeLong']['max_size']
    crop = steps['ppl_mm.RandomFillCrop']['crop_size']
    assert crop / largest >= KEPT[name]
