"""What check_dataset.py recommends, the next command, and the pictures that it draws."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_data_tools.checked_data import clear_labels, edit, image_of, list_of, lost_image, mask_of

from ppl_mm.data_tools.check import advice as advice_module
from ppl_mm.data_tools.check.advice import expectation, next_command, recommend
from ppl_mm.data_tools.check.object_share import object_share
from ppl_mm.data_tools.check.scan import ScanOptions, scan_dataset
from ppl_mm.formats.data_record import BOX_SHARE, RECORD
from ppl_mm.formats.mask_file import write_label
from ppl_mm.pipeline import load_settings
from ppl_mm.pipeline.make_masks import PRESETS
from ppl_mm.utils.files import write_json


def scan(data):
    return scan_dataset(ScanOptions(data), workers=2)


def options(data):
    return [advice.option for advice in recommend(scan(data))]


def without_masks(data, *kept):
    for path in (data / 'SegmentationClass').iterdir():
        if path.stem not in kept:
            path.unlink()


@pytest.fixture(autouse=True)
def gpu(monkeypatch):
    """Says whether there is a GPU; none by default."""

    def there_is(one):
        monkeypatch.setattr('torch.cuda.is_available', lambda: one)

    there_is(False)
    return there_is


def test_the_preset_follows_the_machine(data, gpu):
    assert '--preset quick' in options(data)
    assert PRESETS['quick'] in next_command(scan(data))
    gpu(True)
    assert '--preset standard' in options(data)
    assert PRESETS['standard'] in next_command(scan(data))


def test_the_shares_are_those_of_the_masks(data):
    found = object_share(scan(data), 'train')
    train = list_of(data).read_text().split()
    masks = [np.array(Image.open(mask_of(data, image))) for image in train]
    shares = [((mask > 0) & (mask < 255)).mean() for mask in masks]
    assert found.images == len(train)
    assert found.mean == pytest.approx(np.mean(shares))
    assert found.median == pytest.approx(np.median(shares))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(shares, (0.1, 0.9))))


def test_an_area_is_recommended_where_no_list_of_masks_chooses_the_threshold(data):
    (advice,) = (one for one in recommend(scan(data)) if 'expected-area' in one.option)
    low, high = (float(part) for part in advice.option.split()[1].rstrip('%').split('-'))
    assert low < 100 * object_share(scan(data), 'train').mean < high
    command = next_command(scan(data))
    assert command.endswith(f'--cfg-options {advice.setting}')
    key, _, value = advice.setting.partition('=')
    settings = load_settings(PRESETS['quick'], {key: value, 'data_root': str(data)})
    assert settings.expected_area == value
    list_of(data, 'train_masks').write_text(list_of(data).read_text())
    assert not any('area' in option or 'masks' in option for option in options(data))
    assert '--cfg-options' not in next_command(scan(data))


def test_a_few_masks_should_be_more(data):
    without_masks(data, 'train_00001', 'train_00002')
    list_of(data, 'train_masks').write_text('train_00001\ntrain_00002\n')
    (advice,) = (one for one in recommend(scan(data)) if 'masks' in one.option)
    assert advice.reason.startswith('2 choose')


def test_boxes_say_how_large_objects_are(data):
    without_masks(data)
    write_json(data / RECORD, {BOX_SHARE: 0.52})
    (advice,) = (one for one in recommend(scan(data)) if 'masks' in one.option)
    assert not any('expected-area' in option for option in options(data))
    assert 'cover 52 % of an image' in advice.reason
    assert 'cover 52 % of an image' in expectation(scan(data))


def test_masks_of_val_recommend_nothing(data):
    without_masks(data, 'val_00001')
    assert object_share(scan(data), 'train') is None
    (advice,) = (one for one in recommend(scan(data)) if 'area' in one.option)
    assert 'LOW-HIGH' in advice.option and not advice.setting


def test_many_masks_should_teach_a_network(data, monkeypatch):
    assert not any('learns from your masks' in option for option in options(data))
    monkeypatch.setattr(advice_module, '_MANY_MASKS', 80)
    (advice,) = (one for one in recommend(scan(data)) if 'learns from your masks' in one.option)
    assert advice.reason.startswith('train has 80')


@pytest.mark.parametrize('side, cut', [(20, True), (600, False), (None, True)])
def test_large_images_with_small_objects_should_be_cut(data, side, cut):
    for image_id in list_of(data).read_text().split():
        Image.open(image_of(data, image_id)).resize((2048, 1536)).save(image_of(data, image_id))
        mask = np.zeros((1536, 2048), np.uint8)
        mask[:side, :side] = 1
        write_label(mask_of(data, image_id), mask)
    if side is None:
        without_masks(data)
    found = [one for one in recommend(scan(data)) if 'parts' in one.option]
    assert bool(found) == cut
    for advice in found:
        assert '2048 pixels as 512' in advice.reason and 'less than 128 pixels' in advice.reason
        assert ('if objects are small' in advice.option) == (side is None)


def test_negatives_are_asked_for_until_there_are_ten(data):
    assert '--negatives DIR' in options(data)
    clear_labels(data, *list_of(data).read_text().split()[:10])
    assert '--negatives DIR' not in options(data)


@pytest.mark.parametrize('side, text', [(3, 'a blob'), (10, 'too large'), (40, 'usable masks')])
def test_the_expectation_follows_the_size_of_objects(data, side, text):
    for path in (data / 'SegmentationClass').iterdir():
        mask = np.zeros((64, 64), np.uint8)
        mask[:side, :side] = 2
        write_label(path, mask)
    assert text in expectation(scan(data))
    without_masks(data)
    assert 'no mask' in expectation(scan(data))


def test_the_next_command_names_the_data(data, tmp_path, monkeypatch):
    assert next_command(scan(data)).startswith(f'OWN_DATA={data} python tools/pipeline.py')
    odd = data.rename(tmp_path / "an odd 'name'")
    assert next_command(scan(odd)).startswith("OWN_DATA='")
    (tmp_path / 'data').mkdir(exist_ok=True)
    odd.rename(tmp_path / 'data/mine')
    monkeypatch.chdir(tmp_path)
    assert next_command(scan(Path('data/mine'))).startswith('python tools/pipeline.py')


def test_data_that_configs_own_cannot_read_get_no_command(data):
    (data / 'image_labels.csv').unlink()
    assert 'docs/recipes.md' in next_command(scan(data))


def test_the_command_ends_with_the_next_one(data, check):
    _, text, report = check(data)
    assert text.splitlines()[-1] == f'next: {next_command(scan(data))}'
    assert f'what to expect: {report["expectation"]}' in text
    for advice in report['advice']:
        assert f'{advice["option"]}: {advice["reason"]}' in text
    lost_image(data)
    status, text, _ = check(data)
    assert status == 1 and text.splitlines()[-1].startswith('next: fix the errors')


def sheet(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert('RGB')).astype(int)


def test_the_sheet_shows_each_class_and_the_negatives(data, check, tmp_path):
    check(data)
    before = sheet(tmp_path / 'report/classes.jpg')
    assert not (tmp_path / 'report/near_copies.jpg').exists()
    clear_labels(data, list_of(data).read_text().split()[0])
    check(data)
    after = sheet(tmp_path / 'report/classes.jpg')
    assert after.shape[0] == pytest.approx(before.shape[0] * 5 / 4, rel=0.05)
    assert after.shape[1] == before.shape[1]


def test_masks_are_outlined(data, check, tmp_path):
    check(data)
    masked = sheet(tmp_path / 'report/classes.jpg')
    without_masks(data)
    check(data)
    bare = sheet(tmp_path / 'report/classes.jpg')
    assert (masked >= 250).all(axis=2).sum() > (bare >= 250).all(axis=2).sum()


def test_near_copies_are_drawn_until_they_are_gone(data, check, tmp_path):
    picture = Image.open(image_of(data))
    kept = image_of(data, 'val_00001').read_bytes()
    picture.save(image_of(data, 'val_00001'), quality=50)
    _, text, _ = check(data)
    path = tmp_path / 'report/near_copies.jpg'
    assert path.is_file() and f'look at {path}' in text
    image_of(data, 'val_00001').write_bytes(kept)
    check(data)
    assert not path.exists()


def test_a_broken_image_is_not_drawn(data, check, tmp_path):
    for image in list_of(data).read_text().split()[::3]:
        image_of(data, image).write_bytes(b'no image')
    status, _, _ = check(data)
    assert status == 1 and (tmp_path / 'report/classes.jpg').is_file()


def test_names_of_any_letters_are_drawn(data, check, tmp_path):
    for path in (data / 'classes.txt', data / 'image_labels.csv'):
        edit(path, lambda text: text.replace('dax', r'$\frac{a$'))
    assert check(data)[0] == 0
