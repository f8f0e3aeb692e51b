"""tools/export_cam.py with export_probe: maps that those of all images put right."""

import shutil

import numpy as np
from export_files import contents, record_of
from test_tools.test_export_cam.exported import VAL
from test_tools.test_export_cam.test_reference import OPTION as REFERENCE
from test_tools.test_export_cam.test_reference import more_images

from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.mask_file import read_mask

OPTION = 'export_probe=train'


def maps_of(folder):
    return [read_cam(folder / f'cams/{one}.npz') for one in VAL]


def test_maps_are_put_right(export, tool, data, tiny_config, trained, tmp_path):
    root, option = data
    more_images(root, 10)
    plain, probed = export(*option, out='plain'), export(*option, OPTION, out='probed')
    assert record_of(plain)['probe'] is None
    assert record_of(probed)['probe'] == dict(
        split='train', images=record_of(probed)['probe']['images']
    )
    pairs = list(zip(maps_of(plain), maps_of(probed), strict=True))
    assert any((old.cam != new.cam).any() for old, new in pairs)
    assert all(np.array_equal(old.scale, new.scale) for old, new in pairs)
    assert all(new.cam.max() == 1 for _, new in pairs if len(new.class_ids))
    before = contents(probed)
    export(*option, OPTION, out='probed')
    assert contents(probed) == before

    # New images are treated as in the export, also with a reference.
    given = ('predict', root / 'JPEGImages', trained, '--config', tiny_config, '--out', 'masks')
    classes = export(*option, OPTION, REFERENCE, '--classes', 'predicted', out='predicted')
    done = tool(*given, threshold=classes / 'export.json')
    assert done.code == 0, done.output
    for one in VAL:
        mask = read_mask(tmp_path / f'masks/masks/{one}.png')
        assert np.array_equal(mask, read_mask(classes / f'labels/{one}.png'))
    next(classes.glob('.probe_*')).unlink()
    shutil.rmtree(tmp_path / 'masks')
    assert 'no such probe' in tool(*given, threshold=classes / 'export.json').errors[0]


def test_auto_cuts_maps_with_a_probe_by_their_own_rule(export, data):
    root, option = data
    more_images(root, 10)
    for more, rule in ((OPTION,), ('as IRN', '1.8 times the mean')), ((), ('mean + 0.5',)):
        folder = export(*option, *more, '--threshold', 'auto', out=f'out{len(more)}')
        found = record_of(folder)['threshold_from']['auto']
        assert any(part in found for part in rule)


def test_a_few_images_are_no_probe(export, data):
    root, option = data
    path = root / 'ImageSets/Segmentation/train.txt'
    path.write_text('\n'.join(path.read_text().split()[:5]))
    folder = export(*option, OPTION)
    assert record_of(folder)['probe'] is None and not list(folder.glob('.probe*'))


def test_what_cannot_be_a_probe(refuses, data, tmp_path):
    root, option = data
    more_images(root, 10)
    assert 'none.txt' in refuses(*option, 'export_probe=none')
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/mine.txt').write_text('mine')
    assert 'holds other files' in refuses(*option, OPTION)
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['mine.txt']
