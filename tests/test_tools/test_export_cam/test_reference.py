"""tools/export_cam.py with export_reference: maps that are weighed by the background."""

import shutil

import numpy as np
from export_files import contents, record_of
from test_tools.test_export_cam.exported import VAL

from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.mask_file import read_mask

OPTION = 'export_reference=train'


def more_images(root, count):
    """Make train larger, by copies of one image with its classes."""
    source = next((root / 'JPEGImages').glob('train_*'))
    labels = (root / 'image_labels.csv').read_text().splitlines()
    classes = next(line.partition(',')[2] for line in labels if line.startswith(source.stem))
    names = [f'more{k}' for k in range(count)]
    for name in names:
        shutil.copy(source, root / f'JPEGImages/{name}{source.suffix}')
    with open(root / 'image_labels.csv', 'a') as file:
        file.writelines(f'{name},{classes}\n' for name in names)
    with open(root / 'ImageSets/Segmentation/train.txt', 'a') as file:
        file.writelines(f'{name}\n' for name in names)


def test_maps_are_weighed_by_the_background(export, tool, data, tiny_config, trained, tmp_path):
    root, option = data
    more_images(root, 10)
    plain, weighed = export(*option, out='plain'), export(*option, OPTION, out='weighed')
    assert record_of(plain)['reference'] is None
    assert record_of(weighed)['reference'] == dict(
        split='train', images=record_of(weighed)['reference']['images']
    )
    scales = [[read_cam(x / f'cams/{one}.npz').scale for one in VAL] for x in (plain, weighed)]
    assert all((new <= old + 1e-6).all() for old, new in zip(*scales, strict=True))
    assert any((new < old).any() for old, new in zip(*scales, strict=True))
    before = contents(weighed)
    export(*option, OPTION, out='weighed')
    assert contents(weighed) == before

    # New images are treated as in the export.
    given = ('predict', root / 'JPEGImages', trained, '--config', tiny_config, '--out', 'masks')
    classes = export(*option, OPTION, '--classes', 'predicted', out='predicted')
    done = tool(*given, threshold=classes / 'export.json')
    assert done.code == 0, done.output
    for one in VAL:
        mask = read_mask(tmp_path / f'masks/masks/{one}.png')
        assert np.array_equal(mask, read_mask(classes / f'labels/{one}.png'))
    next(classes.glob('.reference_*')).unlink()
    shutil.rmtree(tmp_path / 'masks')
    assert 'no such reference' in tool(*given, threshold=classes / 'export.json').errors[0]


def test_a_few_images_are_no_reference(export, data):
    root, option = data
    path = root / 'ImageSets/Segmentation/train.txt'
    path.write_text('\n'.join(path.read_text().split()[:5]))
    folder = export(*option, OPTION)
    assert record_of(folder)['reference'] is None and not list(folder.glob('.reference*'))


def test_what_cannot_be_a_reference(refuses, data, tmp_path):
    root, option = data
    more_images(root, 10)
    assert 'none.txt' in refuses(*option, 'export_reference=none')
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/mine.txt').write_text('mine')
    assert 'holds other files' in refuses(*option, OPTION)
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['mine.txt']
