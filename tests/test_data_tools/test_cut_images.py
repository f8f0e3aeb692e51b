"""Parts of images: together they are the image, and own_data.py reads them."""

import numpy as np
import pytest
import tifffile
from PIL import Image
from tool_modules import load_tool

from ppl_mm.data_tools.cut_images import cut_images, windows
from ppl_mm.errors import UserError
from ppl_mm.formats.images.orientation import ORIENTATION

SIZE = (150, 220)  # rows, columns


@pytest.fixture
def photos(tmp_path):
    (tmp_path / 'photos/cat').mkdir(parents=True)
    return tmp_path / 'photos'


def noise(*shape, dtype=np.uint8):
    most = np.iinfo(dtype).max
    return np.random.default_rng(0).integers(0, most, (*SIZE, *shape)).astype(dtype)


def joined(folder, name, read):
    """Put the parts of an image together again, 2 rows of 3."""
    rows = [[read(next(folder.glob(f'{name}_r{r}_c{c}.*'))) for c in range(3)] for r in range(2)]
    return np.vstack([np.hstack(row) for row in rows])


def read(path):
    return np.array(Image.open(path))


@pytest.mark.parametrize('length, size, count', [(64, 512, 1), (512, 512, 1), (1300, 512, 3)])
def test_windows_lie_side_by_side_and_are_equal(length, size, count):
    places = [window[1] for _, window in windows(10, length, size)]
    assert len(places) == count
    assert [k for place in places for k in range(length)[place]] == list(range(length))
    assert np.ptp([place.stop - place.start for place in places]) <= 1


@pytest.mark.parametrize('values', [noise(3), noise(4), noise(), noise(dtype=np.uint16)])
def test_parts_make_the_image(photos, tmp_path, values):
    Image.fromarray(values).save(photos / 'cat/1.png')
    assert cut_images(photos, tmp_path / 'out', 75, workers=1) == 6
    found = joined(tmp_path / 'out/photos/cat', '1', read)
    assert found.dtype == values.dtype and np.array_equal(found, values)


def test_bands_keep_their_values(photos, tmp_path):
    values = noise(5, dtype=np.uint16)
    tifffile.imwrite(photos / '1.tif', values, photometric='minisblack', planarconfig='contig')
    cut_images(photos, tmp_path / 'out', 75)
    assert np.array_equal(joined(tmp_path / 'out/photos', '1', tifffile.imread), values)


def test_a_jpeg_is_cut_upright_and_stays_one(photos, tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    flat = np.broadcast_to(np.linspace(0, 255, SIZE[0])[::-1, None, None], (*SIZE, 3))
    picture = Image.fromarray(flat.transpose(1, 0, 2).astype(np.uint8))
    picture.save(photos / '1.jpg', exif=exif, quality=95)
    cut_images(photos, tmp_path / 'out', 75)
    found = joined(tmp_path / 'out/photos', '1', read)
    upright = np.array(Image.open(photos / '1.jpg').transpose(Image.Transpose.ROTATE_270))
    assert found.shape == (*SIZE, 3) and np.abs(found.astype(int) - upright).mean() < 2
    parts = [*(tmp_path / 'out/photos').iterdir()]
    assert {path.suffix for path in parts} == {'.jpg'}
    assert not any(ORIENTATION in Image.open(path).getexif() for path in parts)


def test_masks_are_cut_as_their_photos_and_keep_values_and_palette(photos, tmp_path):
    masks, values = tmp_path / 'masks/cat', noise() % 5
    masks.mkdir(parents=True)
    mask = Image.fromarray(values)
    mask.putpalette(bytes(range(15)))
    mask.save(masks / '1_mask.png')
    for name in ('cat/1.png', 'cat/2.png'):
        Image.fromarray(noise(3)).save(photos / name)
    assert cut_images(photos, tmp_path / 'out', 75, tmp_path / 'masks') == 12
    assert np.array_equal(joined(tmp_path / 'out/masks/cat', '1', read), values)
    assert len([*(tmp_path / 'out/masks/cat').iterdir()]) == 6
    part = Image.open(tmp_path / 'out/masks/cat/1_r0_c0.png')
    assert part.mode == 'P' and bytes(part.getpalette()[:15]) == bytes(range(15))


def test_masks_are_cut_as_own_data_reads_them(photos, tmp_path):
    masks, values = tmp_path / 'masks', noise() % 5
    masks.mkdir()
    for number in (1, 2):
        Image.fromarray(noise(3)).save(photos / f'{number}.png')
    Image.fromarray(values.astype(np.int32)).save(masks / '1.tif')
    exif = Image.Exif()
    exif[ORIENTATION] = 3
    Image.fromarray(values[::-1, ::-1]).save(masks / '2.png', exif=exif)
    cut_images(photos, tmp_path / 'out', 75, masks)
    for name in '12':
        assert np.array_equal(joined(tmp_path / 'out/masks', name, read), values)


def test_an_interrupted_run_leaves_no_part_of_an_image_that_has_changed(photos, tmp_path):
    (tmp_path / 'masks').mkdir()
    Image.fromarray(noise()[:75, :75]).save(tmp_path / 'masks/1.png')
    Image.fromarray(noise(3)).save(photos / '1.png')
    with pytest.raises(UserError, match='make both equal'):
        cut_images(photos, tmp_path / 'out', 75, tmp_path / 'masks')
    Image.fromarray(noise(3)[:75, :75]).save(photos / '1.png')
    assert cut_images(photos, tmp_path / 'out', 75, tmp_path / 'masks') == 1
    found = [path.relative_to(tmp_path).as_posix() for path in (tmp_path / 'out').rglob('*.png')]
    assert sorted(found) == ['out/masks/1_r0_c0.png', 'out/photos/1_r0_c0.png']


def test_own_data_takes_the_parts(photos, tmp_path, capsys):
    for number in range(4):
        Image.fromarray(np.roll(noise(3), 40 * number, 0)).save(photos / f'cat/{number}.png')
    out = tmp_path / 'parts'
    load_tool('cut_images').main([str(photos), '--out', str(out), '--size', '75'])
    assert '24 parts' in capsys.readouterr().out
    (out / 'photos/_negative').mkdir()
    for path in (out / 'photos/cat').glob('*_r1_*'):
        path.rename(out / 'photos/_negative' / path.name)
    own = load_tool('own_data')
    own.main([str(out / 'photos'), '--out', str(tmp_path / 'data'), '--split-near-copies'])
    assert '12 images with a class, 12 without' in capsys.readouterr().out


def test_a_second_run_does_nothing_and_new_images_are_noticed(photos, tmp_path):
    Image.fromarray(noise(3)).save(photos / '1.png')
    assert cut_images(photos, tmp_path / 'out', 75) == 6
    assert cut_images(photos, tmp_path / 'out', 75) is None
    with pytest.raises(UserError, match='size'):
        cut_images(photos, tmp_path / 'out', 100)
    Image.fromarray(noise(3)).save(photos / '2.png')
    with pytest.raises(UserError, match='made from other images'):
        cut_images(photos, tmp_path / 'out', 75)


def test_what_cannot_be_cut_is_one_line(photos, tmp_path):
    def refused(match, **options):
        with pytest.raises(UserError, match=match) as caught:
            cut_images(photos, tmp_path / options.pop('out', 'out'), 75, **options)
        assert '\n' not in str(caught.value)

    refused('holds no photo')
    (photos / '1.png').write_bytes(b'no image')
    refused('photos/1.png: ')
    Image.fromarray(noise(3)).save(photos / '1.png')
    Image.fromarray(noise(3)[:50]).save(photos / '1.bmp')
    refused('1.bmp and 1.png differ in their ending only')
    (photos / '1.bmp').unlink()
    cut_images(photos, tmp_path / 'out', 75)  # it goes on where all is well
    refused('masks: the folder of masks is missing', masks=tmp_path / 'masks', out='other')
    (tmp_path / 'masks').mkdir()
    Image.fromarray(noise()[:50]).save(tmp_path / 'masks/1.png')
    refused('masks/1.png: has 220 x 50 pixels, but its', masks=tmp_path / 'masks', out='other')
