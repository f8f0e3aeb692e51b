import os

import pytest
import tifffile
from geo_tiffs import NORTH_UP, georeference_of, write_geotiff
from PIL import Image

from ppl_mm.apis import SegInferencer, predict_images
from ppl_mm.formats.mask_file import read_any_mask, read_mask


@pytest.fixture
def scenes(tmp_path):
    """A GeoTIFF, a TIFF and a JPEG."""
    write_geotiff(tmp_path / 'scenes/north/a.tif', NORTH_UP)
    write_geotiff(tmp_path / 'scenes/plain.tif', {})
    Image.new('RGB', (60, 40), 'red').save(tmp_path / 'scenes/b.jpg')
    return tmp_path / 'scenes'


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*.*'))


def test_masks_of_geotiffs_are_geotiffs_too(seg_work, scenes, tmp_path):
    infer, out = SegInferencer(seg_work, device='cpu'), tmp_path / 'out'
    done = predict_images(scenes, infer, out)
    assert files(out / 'masks') == ['b.png', 'north/a.png', 'plain.png']
    assert files(out / 'masks_geo') == ['north/a.tif']
    placed, mask = out / 'masks_geo/north/a.tif', read_mask(out / 'masks/north/a.png')
    assert georeference_of(placed) == georeference_of(scenes / 'north/a.tif') != {}
    assert (read_any_mask(placed) == mask).all()
    assert predict_images(scenes, infer, out).predicted == 0
    placed.unlink()
    assert predict_images(scenes, infer, out).predicted == 1
    assert (tifffile.imread(placed) == mask).all()
    # A second image of the name: both keep their endings, and nothing is left of the old name.
    Image.new('RGB', (60, 40), 'blue').save(scenes / 'north/a.jpg')
    assert predict_images(scenes, infer, out).predicted == 2
    assert files(out / 'masks_geo') == ['north/a.tif.tif']
    assert done.predicted == 3


def test_an_image_that_lost_its_place(seg_work, scenes, tmp_path):
    infer, out = SegInferencer(seg_work, device='cpu'), tmp_path / 'out'
    predict_images(scenes, infer, out)
    seen = os.stat(scenes / 'north/a.tif')
    write_geotiff(scenes / 'north/a.tif', {})
    os.utime(scenes / 'north/a.tif', ns=(seen.st_atime_ns, seen.st_mtime_ns))  # as a copy has it
    assert predict_images(scenes, infer, out).predicted == 1
    assert files(out / 'masks_geo') == []


def test_other_images_have_no_such_folder(seg_work, scenes, tmp_path):
    (scenes / 'north/a.tif').unlink()
    done = predict_images(scenes, SegInferencer(seg_work, device='cpu'), tmp_path / 'out')
    assert done.predicted == 2 and not (tmp_path / 'out/masks_geo').exists()
