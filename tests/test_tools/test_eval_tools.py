import json
import sys
from pathlib import Path

import forked_commands
import numpy as np
import pytest
from PIL import Image
from tool_modules import load_tool

from ppl_mm.cams import label_from_cam
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, read_cam, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import write_label

TOOLS = Path(__file__).parents[2] / 'tools/analysis_tools'
CLASSES = ['cat', 'cow', 'dog']

eval_cam, eval_labels = load_tool('eval_cam'), load_tool('eval_labels')


@pytest.fixture
def root(tmp_path):
    """An export of four images at 0.3, with masks; there is no cow."""
    rng = np.random.default_rng(0)
    for k in range(4):
        cam_file = CamFile([0, 2][:k], rng.random((k and min(k, 2), 4, 5)), (8, 10))
        write_cam(ExportFolder(tmp_path / 'export').cam_path(k), cam_file)
        write_label(ExportFolder(tmp_path / 'export').label_path(k), label_from_cam(cam_file, 0.3))
        write_label(tmp_path / 'masks' / f'{k}.png', rng.choice(np.uint8([0, 1, 3, 255]), (8, 10)))
    (tmp_path / 'export' / 'export.json').write_text(
        json.dumps(dict(classes=CLASSES, threshold=0.3))
    )
    (tmp_path / 'val.txt').write_text('0\n1\n2\n3\n')
    (tmp_path / 'classes.txt').write_text('\n'.join(['background', *CLASSES]))
    return tmp_path


def run_cam(root, *options):
    eval_cam.main(
        [str(root / 'export'), str(root / 'masks'), '--split', str(root / 'val.txt'), *options]
    )
    return json.loads((root / 'export/eval/val.json').read_text())


def run_labels(root, *options):
    folders = [root / 'export/labels', root / 'masks', '--split', root / 'val.txt']
    files = ['--classes', root / 'classes.txt', '--out', root / 'labels.json']
    eval_labels.main([*map(str, [*folders, *files]), *options])
    return json.loads((root / 'labels.json').read_text())


def test_the_two_agree_where_classes_have_thresholds_of_their_own(root, capsys):
    export, cuts = ExportFolder(root / 'export'), [0.2, 0.5, 0.7]
    for k in range(4):
        write_label(export.label_path(k), label_from_cam(read_cam(export.cam_path(k)), cuts))
    export.record_path.write_text(json.dumps(dict(classes=CLASSES, threshold=cuts)))
    report, labels = run_cam(root), run_labels(root)
    assert report['export_threshold'] == cuts
    assert report['scores_at_export_threshold']['mIoU'] == labels['mIoU']
    text = capsys.readouterr().out
    assert 'at 0.5, the thresholds of the export' in text
    assert text.startswith('each class has its own threshold; maps are scaled so that it is 0.5')


def test_the_two_agree_at_the_threshold_of_the_export(root, capsys):
    report, labels = run_cam(root), run_labels(root)
    at_export = report['scores_at_export_threshold']
    assert at_export['confusion_matrix'] == labels['confusion_matrix']
    assert at_export['mIoU'] == labels['mIoU'] <= report['best_mIoU']
    text = capsys.readouterr().out
    assert f'mIoU {100 * labels["mIoU"]:.2f}' in text
    assert 'cow' in text and 'n/a' in text


def test_the_report_names_what_chose_the_threshold(root, capsys):
    report = run_cam(root)
    assert report['split'] == 'val' and report['num_images'] == 4
    assert report['best_threshold_from'] == 'the masks of val'
    assert max(report['curve']['mIoU']) == report['best_mIoU']
    assert len(report['curve']['threshold']) == 99
    assert report['scores_at_best']['mIoU'] == report['best_mIoU']
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.endswith('  best')]
    assert float(line.split()[0]) == report['best_threshold']


def test_the_curve_is_drawn(root):
    run_cam(root)
    with Image.open(root / 'export/eval/val.png') as image:
        assert image.size == (660, 440)
        assert len(image.convert('RGB').getcolors(1 << 20)) > 20


def test_an_export_that_is_not_finished_is_measured_too(root):
    (root / 'export/export.json').write_text(json.dumps(dict(classes=CLASSES, threshold=None)))
    report = run_cam(root, '--thresholds', '0.2', '0.6', '0.2')
    assert report['curve']['threshold'] == [0.2, 0.4, 0.6]
    assert report['scores_at_export_threshold'] is None


@pytest.mark.parametrize('out', ['x', 'x.json', 'x.png', 'x.JSON'])
def test_a_suffix_in_out_is_not_written_twice(root, tmp_path, out):
    run_cam(root)
    run_cam(root, '--out', str(tmp_path / 'new' / out))
    assert sorted(p.name for p in (tmp_path / 'new').iterdir()) == ['x.json', 'x.png']


def test_a_name_with_dots_stays_whole(root, tmp_path):
    run_cam(root)
    run_cam(root, '--out', str(tmp_path / 'new/v1.2'))
    assert sorted(p.name for p in (tmp_path / 'new').iterdir()) == ['v1.2.json', 'v1.2.png']


@pytest.mark.parametrize(
    'record, message',
    [
        (None, 'export.json: no such file'),
        ('{', 'not a readable record'),
        ('[]', 'not a readable record'),
        ('{}', 'list of class names'),
        ('{"classes": []}', 'list of class names'),
    ],
)
def test_a_folder_that_is_no_export(root, record, message):
    path = root / 'export/export.json'
    path.write_text(record) if record else path.unlink()
    with pytest.raises(UserError, match=message):
        run_cam(root)


@pytest.mark.parametrize('grid', ['0.5 0.2 0.1', '-1 0.5 0.1', '0.1 0.5 0'])
def test_a_grid_that_makes_no_sense(root, grid):
    with pytest.raises(UserError, match='--thresholds'):
        run_cam(root, '--thresholds', *grid.split())


def test_masks_that_are_all_void(root):
    for k in range(4):
        write_label(root / f'masks/{k}.png', np.full((8, 10), 255, np.uint8))
    with pytest.raises(UserError, match='nothing but void'):
        run_cam(root)


def test_class_lists_that_do_not_fit_the_masks(root):
    (root / 'classes.txt').write_text('background\ncat\n')
    with pytest.raises(UserError, match='label 3, expected 0 to 1'):
        run_labels(root)


@pytest.mark.parametrize('tool', ['eval_cam', 'eval_labels'])
def test_an_error_is_one_line_and_status_2(root, tool):
    (root / 'masks/2.png').unlink()
    folder = root / 'export' / ('labels' if tool == 'eval_labels' else '')
    command = [sys.executable, TOOLS / f'{tool}.py', folder, root / 'masks']
    command += ['--split', root / 'val.txt']
    command += ['--classes', root / 'classes.txt'] if tool == 'eval_labels' else []
    done = forked_commands.run(list(map(str, command)))
    assert done.returncode == 2
    assert 'Traceback' not in done.stderr
    assert done.stderr.splitlines()[-1].startswith('error: ')
    assert '2.png: no such mask' in done.stderr
