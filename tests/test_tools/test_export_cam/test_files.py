"""tools/export_cam.py: the files that it writes."""

import numpy as np
from export_files import contents, record_of
from PIL import Image
from test_tools.test_export_cam.exported import VAL, labels_of, times

from ppl_mm.cams import label_from_cam
from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.mask_file import read_mask


def test_what_it_writes(export, demo_root):
    folder = export('--threshold', 0.3)
    assert sorted(p.stem for p in (folder / 'cams').iterdir()) == VAL
    assert sorted(p.stem for p in (folder / 'labels').iterdir()) == VAL
    truth = labels_of(demo_root)
    for stem in VAL:
        with np.load(folder / f'cams/{stem}.npz', allow_pickle=False) as file:
            assert file['class_ids'].tolist() == truth[stem]
            assert file['class_ids'].dtype == np.int16
            assert file['cam'].shape == (len(truth[stem]), 12, 12)
            assert file['cam'].dtype == np.float16
            assert file['cam'].min() >= 0 and file['cam'].max() <= 1
            assert file['normalized'] and file['size'].tolist() == [48, 48]
        assert Image.open(folder / f'labels/{stem}.png').mode == 'P'
        label = read_mask(folder / f'labels/{stem}.png')
        assert np.array_equal(label, label_from_cam(read_cam(folder / f'cams/{stem}.npz'), 0.3))
        assert set(np.unique(label)) <= {0, *(k + 1 for k in truth[stem])}


def test_what_it_records(export, demo_root, trained, tiny_config):
    info = record_of(export('--split', 'train'))
    assert info['classes'] == (demo_root / 'classes.txt').read_text().split()[1:]
    assert info['checkpoint'] == str(trained)
    assert len(info['checkpoint_sha256']) == 64
    assert info['config'] == str(tiny_config)
    assert (info['split'], info['num_images']) == ('train', 8)
    assert (info['threshold'], info['threshold_from']) == (0.15, 'default, as IRN')


def test_predicted_classes_need_no_labels(export, data):
    root, option = data
    (root / 'image_labels.csv').unlink()
    folder = export('--classes', 'predicted', *option, 'model.head.thr=0.')
    for stem in VAL:
        ids = read_cam(folder / f'cams/{stem}.npz').class_ids
        assert ids.tolist() == [0, 1, 2, 3]
    assert record_of(folder)['class_source'] == 'predicted'


def test_another_threshold_writes_all_labels_anew(export):
    folder = export('--split', 'val', '--threshold', 0.2)
    export('--split', 'train', '--threshold', 0.2)
    stamps = times(folder / 'cams')
    export('--split', 'val', '--threshold', 0.6)
    assert {
        path: stamp for path, stamp in times(folder / 'cams').items() if path in stamps
    } == stamps
    for path in (folder / 'labels').iterdir():  # those of train, too
        expected = label_from_cam(read_cam(folder / f'cams/{path.stem}.npz'), 0.6)
        assert np.array_equal(read_mask(path), expected)


def test_maps_are_as_large_as_asked(export):
    one = export('--cfg-options', 'tta_model.cam_stride=2')
    assert read_cam(one / 'cams/val_00000.npz').cam.shape[1:] == (24, 24)


def test_the_checkpoints_stage_is_used(export, trained, tmp_path):
    usual = contents(export(out='usual'))
    other = contents(export('--cfg-options', 'model.neck.position=6', out='other'))
    assert other == usual
