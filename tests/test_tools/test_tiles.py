"""--max-pixels: the commands give what they give without it."""

import shutil

import numpy as np
import pytest
from PIL import Image

from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.mask_file import read_mask

SIZE = (1100, 900)
TILES = ('--max-pixels', 600_000)


@pytest.fixture
def large(demo_root):
    """A drawn image, enlarged to 1100 x 900 pixels."""
    image = Image.open(min((demo_root / 'JPEGImages').glob('val_*')))
    return image.convert('RGB').resize(SIZE, Image.Resampling.BICUBIC)


@pytest.fixture
def photos(large, tmp_path):
    (tmp_path / 'photos').mkdir()
    large.save(tmp_path / 'photos/large.png')
    return tmp_path / 'photos'


def masks_of(tool, tmp_path, *given):
    for name, more in (('whole', ()), ('tiles', TILES)):
        done = tool('predict', *given, '--out', name, *more)
        assert done.code == 0, done.output
    return [read_mask(tmp_path / name / 'masks/large.png') for name in ('whole', 'tiles')]


def test_masks_of_a_segmentation_network(tool, seg_work, photos, tmp_path):
    whole, tiles = masks_of(tool, tmp_path, photos, seg_work)
    assert np.mean(whole != tiles) < 0.01 and len(np.unique(whole)) > 1
    # A run that has ended for lack of memory is continued in smaller tiles.
    again = tool('predict', photos, seg_work, '--out', 'whole', *TILES)
    assert '0 predicted, 1 were there' in again.output


@pytest.mark.slow
def test_masks_of_a_classifier(tool, tiny_config, trained, photos, tmp_path):
    given = (photos, trained, '--config', tiny_config, '--classes', 'wug', 'dax')
    whole, tiles = masks_of(tool, tmp_path, *given)
    assert np.mean(whole != tiles) < 0.001 and len(np.unique(whole)) > 1


@pytest.mark.slow
def test_maps_of_an_export_and_their_refinement(
    tool, tiny_config, trained, demo_root, large, tmp_path
):
    shutil.copytree(demo_root, tmp_path / 'data')
    path = min((tmp_path / 'data/JPEGImages').glob('val_*'))
    large.save(path)
    (tmp_path / 'data/ImageSets/Segmentation/one.txt').write_text(path.stem)
    of_data = ('--cfg-options', 'test_dataloader.dataset.data_root=data')
    for name, more in (('whole', ()), ('tiles', TILES)):
        given = (tiny_config, trained, '--split', 'one', '--out-dir', name, *more)
        done = tool('export_cam', *given, *of_data)
        assert done.code == 0, done.output
    whole, tiles = (
        read_cam(tmp_path / name / f'cams/{path.stem}.npz') for name in ('whole', 'tiles')
    )
    np.testing.assert_allclose(tiles.cam, whole.cam, atol=2e-3)  # half precision in the file
    np.testing.assert_allclose(tiles.scale, whole.scale, rtol=1e-3)
    assert whole.cam.max() == 1
    steps = "refiners = [dict(type='ppl_mm.PAMR', dilations=(1, 4)), "
    steps += "dict(type='ppl_mm.ConstantBackground', threshold=0.3)]"
    (tmp_path / 'refine.py').write_text(steps)
    for name, more in (('refined', ()), ('in_tiles', TILES)):
        given = ('refine.py', 'whole', '--out-dir', name, '--workers', 0)
        done = tool('refine', *given, *more)
        assert done.code == 0, done.output
    labels = [
        read_mask(tmp_path / name / f'labels/{path.stem}.png') for name in ('refined', 'in_tiles')
    ]
    assert np.mean(labels[0] != labels[1]) < 1e-4 and len(np.unique(labels[0])) > 1
    # Other settings: another folder.
    assert (
        'max_pixels 4000000 there, 600000 here'
        in tool('refine', 'refine.py', 'whole', '--out-dir', 'refined', *TILES).errors[0]
    )
