import re
import shutil

import pytest

from ppl_mm.utils.files import read_json

pytestmark = pytest.mark.slow


@pytest.fixture
def copied(finished, tmp_path):
    """The pipeline, and a copy of its work folder: it may be moved."""
    mini, work_dir, _ = finished
    return mini, shutil.copytree(work_dir, tmp_path / 'copy')


def states(mini, work_dir):
    """What --dry-run says of each step."""
    out = mini.run(work_dir, '--dry-run').stdout
    return dict(re.findall(r'^step \d+ of \d+: (\w+), [^:]*: (.*)$', out, re.MULTILINE))


def redone(mini, work_dir):
    """The steps that --dry-run does not call finished."""
    found = states(mini, work_dir)
    assert len(found) == 18
    return [step for step, state in found.items() if state != 'finished']


def test_the_second_time_nothing_is_done(copied):
    mini, work_dir = copied
    before = {path: path.stat().st_mtime_ns for path in work_dir.rglob('*') if path.is_file()}
    done = mini.run(work_dir)
    assert done.returncode == 0 and '18 of 18 steps finished before\n' in done.stdout
    after = {path: path.stat().st_mtime_ns for path in work_dir.rglob('*') if path.is_file()}
    changed = {path.name for path in after if after[path] != before[path]}
    assert changed <= {'.lock', 'pipeline.json'}


def test_the_table_is_the_same_each_time(finished, copied):
    mini, work_dir = copied
    table = mini.run(work_dir).stdout.split('IoU, per cent')[1]
    assert table.split('The report')[0] in finished[2]


SEGMENTATION = ['train_seg', 'test_seg', 'test_seg_val', 'report']
REFINEMENT = ['refine', 'refine_val', 'measure_refined', *SEGMENTATION]


@pytest.mark.parametrize(
    'name, old, new, steps',
    [
        ('seg.py', 'max_iters = 8', 'max_iters = 9', SEGMENTATION),
        ('refine.py', 'alpha=2', 'alpha=3', REFINEMENT),
        ('affinity.py', 'max_epochs=4', 'max_epochs=5', ['train_affinity', *REFINEMENT]),
        (
            'cls_progressive.py',
            'epochs=2)',
            'epochs=1 + 1), dict(epochs=0)',
            [
                'train_ppl',
                'export_ppl',
                'export_ppl_val',
                'measure_ppl',
                'refine_confident',
                'train_affinity',
                *REFINEMENT,
            ],
        ),
    ],
)
def test_a_changed_config_redoes_it_and_what_follows(copied, name, old, new, steps):
    mini, work_dir = copied
    path = mini.folder / name
    text = path.read_text()
    assert redone(mini, work_dir) == []
    try:
        path.write_text(text.replace(old, new))
        assert redone(mini, work_dir) == steps
    finally:
        path.write_text(text)


def test_another_threshold_keeps_the_maps(copied):
    mini, work_dir = copied
    folder = work_dir / 'export_ppl'
    before = {path: path.stat().st_mtime_ns for path in (folder / 'cams').iterdir()}
    labels = {path.name: path.read_bytes() for path in (folder / 'labels').iterdir()}
    given = ('--cfg-options', 'threshold=0.9')
    assert 'export_ppl, ' in mini.run(work_dir, '--dry-run', *given).stdout
    assert 'to cut again, its maps stay' in mini.run(work_dir, '--dry-run', *given).stdout
    done = mini.run(work_dir, '--only', 'export_ppl', *given)
    assert done.returncode == 0, done.stderr
    assert before == {path: path.stat().st_mtime_ns for path in (folder / 'cams').iterdir()}
    assert read_json(folder / 'export.json')['threshold'] == 0.9
    assert labels != {path.name: path.read_bytes() for path in (folder / 'labels').iterdir()}


def test_changed_data_redo_all_but_themselves(copied):
    mini, work_dir = copied
    path = mini.folder / 'data/image_labels.csv'
    text = path.read_text()
    try:
        path.write_text(text + '\n')
        assert len(redone(mini, work_dir)) == 17
    finally:
        path.write_text(text)


def test_a_lost_file_is_made_again_alone(copied):
    mini, work_dir = copied
    lost = work_dir / 'measure_cam.json'
    content = lost.read_bytes()
    lost.unlink()
    # Its result is what it was, so the report stands.
    done = mini.run(work_dir)
    assert done.returncode == 0 and done.stdout.count(': done in') == 1
    assert lost.read_bytes() == content


def test_one_step_alone(copied):
    mini, work_dir = copied
    shutil.rmtree(work_dir / 'test_seg')
    (work_dir / 'steps/measure_cam.json').unlink()
    done = mini.run(work_dir, '--only', 'report')
    assert done.returncode == 2
    assert 'step report needs measure_cam, which is not finished' in done.stderr
