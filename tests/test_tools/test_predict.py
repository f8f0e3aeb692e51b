"""tools/predict.py: both kinds of network, and how it ends."""

import json

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis import CAMInferencer
from ppl_mm.formats.export_record import ExportRecord
from ppl_mm.formats.mask_file import read_mask


@pytest.fixture
def photos(demo_root, tmp_path):
    """Four photos."""
    (tmp_path / 'photos').mkdir()
    for path in sorted((demo_root / 'JPEGImages').glob('val_*')):
        Image.open(path).save(tmp_path / 'photos' / path.name)
    return tmp_path / 'photos'


def test_a_segmentation_network(tool, seg_work, photos, tmp_path):
    done = tool('predict', photos, seg_work, '--out', 'out', '--overlays', batch_size=2)
    assert done.code == 0, done.output
    assert '4 images: 4 predicted, 0 were there, 0 failed' in done.output
    assert len(list((tmp_path / 'out/overlays').iterdir())) == 4
    again = tool('predict', photos, seg_work, '--out', 'out', '--overlays')
    assert '4 images: 0 predicted, 4 were there' in again.output


def test_a_classifier(tool, tiny_config, trained, photos, tmp_path):
    given = ('predict', photos, trained, '--config', tiny_config, '--out', 'out')
    done = tool(*given, threshold=0.3, classes='wug')
    assert done.code == 0, done.output
    assert 'CAMs were cut at 0.3 (--threshold)' in done.output
    inferencer = CAMInferencer(tiny_config, trained)
    for path in sorted(photos.iterdir()):
        (found,) = inferencer(path, threshold=0.3, classes=['wug'])['predictions']
        assert np.array_equal(read_mask(tmp_path / f'out/masks/{path.stem}.png'), found['label'])
    assert 'threshold 0.3 there, 0.15 here' in tool(*given, classes='wug').errors[0]


def test_classes_have_thresholds_of_their_own(tool, tiny_config, trained, photos, tmp_path):
    given = ('predict', photos, trained, '--config', tiny_config, '--out', 'out')
    options = ('--classes', 'wug', 'dax')
    done = tool(*given, '--threshold', '0.3,wug=0.7', *options)
    assert done.code == 0, done.output
    inferencer = CAMInferencer(tiny_config, trained)
    cuts = [0.7 if name == 'wug' else 0.3 for name in inferencer.class_names]
    shown = ','.join(
        f'{name}={cut}' for name, cut in zip(inferencer.class_names, cuts, strict=True)
    )
    assert f'CAMs were cut at {shown} (--threshold)' in done.output
    for path in sorted(photos.iterdir()):
        (found,) = inferencer(path, threshold=cuts, classes=['wug', 'dax'])['predictions']
        assert np.array_equal(read_mask(tmp_path / f'out/masks/{path.stem}.png'), found['label'])
    # What is printed can be given, though it may be longer than the name of a file.
    again = tool(*given, '--threshold', shown.replace('=', ' ' * 200 + '='), *options)
    assert '4 were there' in again.output and f'CAMs were cut at {shown}' in again.output
    line = tool(*given, '--threshold', 'auto,wug=0.7', *options).errors[0]
    assert 'give its export.json' in line
    assert "'wgu' is not a class" in tool(*given, '--threshold', '0.3,wgu=0.7', *options).errors[0]


def test_a_classifier_follows_an_export(tool, tiny_config, trained, photos, tmp_path):
    record = tmp_path / 'export/export.json'
    assert tool('export_cam', tiny_config, trained, out_dir=record.parent).code == 0
    given = ('predict', photos, trained, '--config', tiny_config, '--out', 'out')
    done = tool(*given, threshold=record)
    threshold = json.loads(record.read_text())['threshold']
    assert f'CAMs were cut at {threshold:g} (--threshold)' in done.output
    assert 'give its export.json' in tool(*given, threshold='auto').errors[0]


def test_an_export_with_thresholds_of_classes(tool, tiny_config, trained, photos, tmp_path):
    names = CAMInferencer(tiny_config, trained).class_names
    cuts = [0.1 * (k + 1) for k in range(len(names))]
    path = tmp_path / 'export.json'
    given = ('predict', photos, trained, '--config', tiny_config, '--out')
    ExportRecord(classes=tuple(names), threshold=cuts).write(path)
    assert f'cut at {names[0]}=0.1,' in tool(*given, 'out', threshold=path).output
    own = tool(*given, 'own', threshold=f'{path},{names[0]}=0.9')
    assert f'cut at {names[0]}=0.9,{names[1]}=0.2' in own.output
    ExportRecord(classes=tuple(names[::-1]), threshold=cuts).write(path)
    assert 'make them equal, order included' in tool(*given, 'other', threshold=path).errors[0]


def test_no_export_for_a_segmentation_network(tool, seg_work, photos, tmp_path):
    ExportRecord(classes=('a',), threshold=0.3).write(tmp_path / 'export.json')
    done = tool('predict', photos, seg_work, out='out', threshold='export.json')
    assert 'a segmentation network has none' in done.errors[0]


def test_a_broken_image_stops_no_other(tool, seg_work, photos, tmp_path):
    (photos / 'a\nb.jpg').write_bytes(b'no photo')
    done = tool('predict', photos, seg_work, out='out')
    assert done.code == 1
    assert '5 images: 4 predicted, 0 were there, 1 failed' in done.output
    assert r'a\nb.jpg' in (tmp_path / 'out/problems.txt').read_text()
