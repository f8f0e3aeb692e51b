"""own_data.py: TIFFs with bands are kept, with one range for all of them."""

import json

import numpy as np
import pytest
import tifffile
from mmengine.config import Config
from PIL import Image

from ppl_mm.errors import UserError
from ppl_mm.formats.images.image_file import read_image, read_pixels
from ppl_mm.formats.images.stored_values import read_values

RNG = np.random.default_rng(0)


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    planar = None if values.shape[2] == 1 else 'contig'
    tifffile.imwrite(path, values.squeeze(), photometric='minisblack', planarconfig=planar)
    return values


def random(kind=np.uint16, bands=4, top=3000, size=(60, 80)):
    return (RNG.random((*size, bands)) * top).astype(kind)


@pytest.fixture
def folder(tmp_path):
    """Two classes of four images of four bands and 12 bits each."""
    for name in ('field', 'water'):
        for number in range(4):
            save(tmp_path / f'images/{name}/{number}.tif', random())
    return tmp_path / 'images'


def test_values_are_kept_and_described(make, folder, capsys):
    out = make('--rgb-bands', 3, 2, 1)
    assert json.loads((out / 'image_values.json').read_text()).keys() == {'bands'}
    bands, every = read_values(out).bands, []
    assert (bands.count, bands.low, bands.high, bands.rgb_bands) == (4, 0, 4095, (3, 2, 1))
    for path in sorted(folder.rglob('*.tif')):
        copy = out / f'JPEGImages/{path.parent.name}_{path.stem}.tif'
        assert copy.read_bytes() == path.read_bytes()
        every.append(tifffile.imread(path) * (255 / 4095))
        assert np.array_equal(read_image(copy), np.rint(every[-1][..., 2::-1]))
        assert np.abs(read_pixels(copy) - every[-1]).max() < 1e-3
    values = np.stack(every)
    assert np.allclose(bands.mean, values.mean(axis=(0, 1, 2)), atol=3)
    assert np.allclose(bands.std, values.std(axis=(0, 1, 2)), atol=3)
    printed = capsys.readouterr().out
    assert '4 bands are kept; 0 to 4095 are read as 0 to 255' in printed
    assert 'bands 3, 2, 1 are shown as red, green, blue' in printed
    make('--rgb-bands', 3, 2, 1)
    assert 'complete already' in capsys.readouterr().out


def test_configs_take_what_the_data_set_says(make, monkeypatch, pytestconfig):
    out = make()
    monkeypatch.setenv('OWN_DATA', str(out))
    bands = read_values(out).bands
    for name in ('cls_cam_own', 'cls_cam_quick_own', 'seg_deeplab_own', 'seg_deeplab_quick_own'):
        model = Config.fromfile(pytestconfig.rootpath / f'configs/own/{name}.py').model
        assert model.backbone.in_channels == 4
        processor = model.data_preprocessor
        assert tuple(processor.mean) == bands.mean and tuple(processor.std) == bands.std
        assert not processor.get('to_rgb', processor.get('bgr_to_rgb'))


@pytest.mark.parametrize('kind', [np.int16, np.float32])
def test_the_range_of_signed_values_leaves_out_the_strangest(make, folder, kind):
    for path in folder.rglob('*.tif'):
        values = save(path, random(kind, 3, 200) - kind(100))
        values[0, 0] = 30000
        save(path, values)
    bands = read_values(make()).bands
    assert -100 <= bands.low < -98 and 98 < bands.high <= 100


@pytest.mark.parametrize('bands', [1, 3])
@pytest.mark.parametrize('white', [None, 8191])
def test_16_bits_are_kept_where_all_are_such_tiffs(make, folder, bands, white):
    """The picture is that of 8 bits; networks see more."""
    for path in folder.rglob('*.tif'):
        values = save(path, random(bands=bands, top=4095))
    out = make(*(('--white-level', white) if white else ()))
    copy = out / f'JPEGImages/{path.parent.name}_{path.stem}.tif'
    exact = np.broadcast_to(values * (255 / (white or 4095)), (60, 80, 3))
    assert np.array_equal(read_image(copy), np.rint(exact))
    seen = read_pixels(copy)
    assert np.abs(seen - exact).max() < 1e-3 and len(np.unique(seen)) > 256


def test_the_range_may_be_given(make):
    bands = read_values(make('--value-range', '-10.5', 3000)).bands
    assert (bands.low, bands.high) == (-10.5, 3000)


def test_large_images_are_shrunk_band_by_band(make, folder):
    tall = save(folder / 'water/tall.tif', random(size=(200, 100), bands=4))
    out = make('--max-long-side', 100)
    found = tifffile.imread(out / 'JPEGImages/water_tall.tif')
    means = tall.reshape(100, 2, 50, 2, 4).mean(axis=(1, 3))
    assert found.dtype == np.uint16 and np.abs(found - means).max() <= 0.5


def test_masks_belong_to_bands_as_to_photos(make, folder, tmp_path):
    (tmp_path / 'masks/water').mkdir(parents=True)
    mask = RNG.integers(0, 3, (60, 80)).astype(np.uint8)
    Image.fromarray(mask).save(tmp_path / 'masks/water/1.png')
    out = make('--masks', tmp_path / 'masks')
    assert np.array_equal(Image.open(out / 'SegmentationClass/water_1.png'), mask)


def test_pixels_without_a_value_are_counted(make, folder, capsys):
    for path in folder.rglob('*.tif'):
        values = random(np.float32, 2, 1)
        values[:5] = np.nan
        save(path, values)
    bands = read_values(make()).bands
    assert np.isfinite([*bands.mean, *bands.std, bands.low, bands.high]).all()
    assert '8 pixels without a value filled with the mean' in capsys.readouterr().out


def test_images_with_other_bands_are_named(make, folder):
    save(folder / 'water/other.tif', random(bands=5))
    with pytest.raises(UserError, match='other.tif: has 5 bands, but the data set has 4'):
        make()
    out = make('--skip-bad')
    assert len(list((out / 'JPEGImages').iterdir())) == 8


@pytest.mark.parametrize(
    'options, message',
    [
        (('--rgb-bands', 1, 2, 5), '--rgb-bands: there is no band 5; the images have 4'),
        (('--rgb-bands', 0, 1, 2), '--rgb-bands is 0 1 2; it must be three bands, counted from 1'),
        (('--value-range', 0, 9, '--white-level', 9), '--white-level and --value-range both say'),
        (('--value-range', 9, 1), '--value-range is 9.0 1.0; it must be two numbers'),
    ],
)
def test_bad_options_are_refused(make, options, message):
    with pytest.raises(UserError, match=message):
        make(*options)


@pytest.mark.parametrize('option', [('--rgb-bands', 1, 2, 3), ('--value-range', 0, 9)])
def test_photos_have_no_bands(make, folder, option):
    Image.new('RGB', (80, 60)).save(folder / 'water/photo.png')
    with pytest.raises(UserError, match=f'{option[0]}: not all images are TIFFs'):
        make(*option)


def test_check_dataset_knows_bands(make, load_tool, capsys):
    out = make()
    load_tool('check_dataset').main([str(out), '--out', str(out / 'check')])
    printed = capsys.readouterr().out
    assert 'note: images have 4 bands, of which 0 to 4095 become 0 to 255' in printed
    assert '0 errors' in printed
