import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import forked_commands
import pytest
from export_files import contents, record_of

from ppl_mm.cams import label_from_cam
from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import read_mask

TOOLS = Path(__file__).parents[2] / 'tools'
CONFIG = """
refiners = [
    dict(type='ppl_mm.AlphaBackground', alpha=1.5),
    dict(type='ppl_mm.PAMR', iterations=2)]
label = dict(type='ppl_mm.Strongest')
"""
OWN = """
import os, signal, time
from ppl_mm.refine import Refiner
from ppl_mm.registry import REFINERS


@REFINERS.register_module()
class Own{name}(Refiner):
    def refine(self, image, scores):
        {does}
        return scores
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'refine.py'
    path.write_text(CONFIG)
    return path


@pytest.fixture
def own(config, tmp_path, monkeypatch):
    """Adds a step that does what is asked to the config."""

    def add(name, does):
        (tmp_path / f'own_{name}.py').write_text(OWN.format(name=name, does=does))
        monkeypatch.syspath_prepend(tmp_path)
        config.write_text(
            f"custom_imports = dict(imports=['own_{name}'])\n{CONFIG}"
            f"refiners.append(dict(type='Own{name}'))\n"
        )
        return config

    return add


@pytest.fixture
def refine(tool, config, cam_dir, tmp_path):
    """Runs tools/refine.py into tmp_path/out; must succeed."""

    def run(*args, out='out', workers=0):
        done = tool(
            'refine', config, cam_dir, '--out-dir', tmp_path / out, '--workers', workers, *args
        )
        assert done.code == 0, done.output
        return tmp_path / out

    return run


def environment(tmp_path):
    path = os.pathsep.join([str(TOOLS.parent), str(tmp_path)])
    return dict(os.environ, PYTHONPATH=path, PYTHON=sys.executable, CUDA_VISIBLE_DEVICES='')


def test_a_folder(tool, refine, config, cam_dir, tmp_path):
    done = tool('refine', config, cam_dir, out_dir=tmp_path / 'out', workers=0)
    assert done.code == 0
    assert f'12 images, {tmp_path / "out"}: 12 refined' in done.output
    assert len(contents(tmp_path / 'out')) == 12
    assert record_of(tmp_path / 'out')['refine_config'] == str(config)
    some = refine('--split', 'val', '--save-scores', out='some')
    assert len(contents(some)) == 8
    assert (
        contents(tmp_path / 'out').items()
        >= {path: data for path, data in contents(some).items() if path.suffix == '.png'}.items()
    )


def test_settings_from_the_command_line(refine, config, cam_dir):
    config.write_text("refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.9)]")
    out = refine('--cfg-options', 'refiners.0.threshold=0.3')
    label = read_mask(out / 'labels/val_00000.png')
    cam = read_cam(ExportFolder(cam_dir).cam_path('val_00000'))
    assert (label == label_from_cam(cam, 0.3)).all()
    assert record_of(out)['refiners'][0]['threshold'] == 0.3


def test_what_failed_is_said_at_the_end(tool, config, cam_dir, tmp_path):
    missing = ExportFolder(cam_dir).cam_path('train_00002')
    missing.unlink()
    (tmp_path / 'data/JPEGImages/val_00001.jpg').write_bytes(b'')
    (tmp_path / 'data/ImageSets/Segmentation/all.txt').write_text(
        'val_00001\ntrain_00002\ntrain_00003\n'
    )
    done = tool('refine', config, cam_dir, out_dir=tmp_path / 'out', split='all', workers=0)
    assert done.code == 1
    lines = done.output.splitlines()
    assert any('1 refined, 0 were there, 2 failed' in line for line in lines)
    failed = [line for line in lines if line.startswith('failed: ')]
    assert len(failed) == 2
    assert str(missing) in failed[0] and 'val_00001.jpg' in failed[1]
    assert set(record_of(tmp_path / 'out')['failed']) == {'train_00002', 'val_00001'}


def test_what_stops_it_is_one_line(fails, config, cam_dir, tmp_path):
    def line(*args):
        return fails('refine', *args, out_dir=tmp_path / 'out', workers=0)

    assert 'none.py: no such config' in line('none.py', cam_dir)
    assert 'export.json: no such file' in line(config, tmp_path / 'none')
    assert 'none.txt' in line(config, cam_dir, '--split', 'none')
    config.write_text("custom_imports = dict(imports=['no_such_module'])")
    assert 'no_such_module' in line(config, cam_dir)
    config.write_text(CONFIG)
    assert 'refiners.7.alpha=3 does not fit the config' in line(
        config, cam_dir, '--cfg-options', 'refiners.7.alpha=3'
    )


@pytest.mark.slow
def test_workers_change_nothing(refine, fails, own, cam_dir, tmp_path):
    config = own('Nothing', 'pass')
    one = refine('--save-scores', out='one')
    two = refine('--save-scores', out='two', workers=2)
    assert contents(one) == contents(two) and len(contents(one)) == 24
    assert record_of(one) == record_of(two)
    config.write_text("refiners = [dict(type='ppl_mm.OwnUnknown')]")
    assert 'OwnUnknown' in fails('refine', config, cam_dir, out_dir=tmp_path / 'no', workers=2)


@pytest.mark.slow
def test_a_worker_that_dies(fails, own, cam_dir, config, tmp_path):
    own('Dies', 'os.kill(os.getpid(), signal.SIGKILL)')
    line = fails('refine', config, cam_dir, out_dir=tmp_path / 'out', workers=2)
    assert 'a worker process was ended' in line and 'fewer --workers' in line
    assert not record_of(tmp_path / 'out')['finished']


@pytest.mark.slow
def test_a_run_that_was_killed_continues(refine, own, config, cam_dir, tmp_path):
    whole = refine(out='whole')
    own(
        'Slow',
        f'open({str(tmp_path / "pids")!r}, "a").write('
        'f"{os.getpid()}\\n"); '
        f'time.sleep(0 if os.path.exists({str(tmp_path / "go")!r}) else 1)',
    )
    command = [sys.executable, TOOLS / 'refine.py', config, cam_dir]
    command += ['--out-dir', tmp_path / 'out', '--workers', '2']
    process = forked_commands.Popen(command, env=environment(tmp_path), stderr=subprocess.DEVNULL)
    wait_for(lambda: len(contents(tmp_path / 'out')) >= 3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    workers = {int(pid) for pid in (tmp_path / 'pids').read_text().split()}
    assert len(workers) == 2
    wait_for(lambda: not any(map(alive, workers)))  # they end with it

    before = contents(tmp_path / 'out')
    assert 3 <= len(before) < 12
    assert before.items() <= contents(whole).items()
    assert not record_of(tmp_path / 'out')['finished']
    (tmp_path / 'go').touch()
    refine()
    assert contents(tmp_path / 'out') == contents(whole)
    assert record_of(tmp_path / 'out')['finished']


def wait_for(condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid):
    try:
        return ' Z ' not in Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return False


@pytest.mark.slow
def test_two_processes_write_the_same_files(refine, own, config, cam_dir, tmp_path):
    own('Counted', f'open({str(tmp_path / "pids")!r}, "a").write(f"{{os.getpid()}}\\n")')
    one = refine(out='one')
    (tmp_path / 'pids').unlink()
    ExportFolder(cam_dir).cam_path('val_00001').unlink()
    (tmp_path / 'data/ImageSets/Segmentation/all.txt').write_text(
        '\n'.join(path.stem for path in contents(one))
    )
    command = ['bash', TOOLS / 'dist_refine.sh', config, cam_dir, '2']
    command += ['--out-dir', tmp_path / 'two', '--split', 'all', '--workers', '0']
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=environment(tmp_path)
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.count('11 refined, 0 were there, 1 failed') == 1
    expected = contents(one)
    del expected[Path('labels/val_00001.png')]
    assert contents(tmp_path / 'two') == expected
    record = record_of(tmp_path / 'two')
    assert record['finished'] and list(record['failed']) == ['val_00001']
    assert 'Traceback' not in done.stderr
    pids = (tmp_path / 'pids').read_text().split()
    assert len(pids) == 11 and len(set(pids)) == 2  # each image once


@pytest.mark.slow
def test_export_and_refine_in_one_command(
    tool, fails, config, tiny_config, trained, tmp_path, refine
):
    command = ['export_cam', tiny_config, trained, '--out-dir', tmp_path / 'both']
    command += ['--split', 'val', '--refine']
    assert 'none.py: no such config' in fails(*command, 'none.py')
    assert not (tmp_path / 'both').exists()  # said before the export
    config.write_text("refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.3)]")
    done = tool(*command, config, threshold=0.1)
    assert done.code == 0, done.output
    refined = tmp_path / 'both/refined'
    assert len(contents(refined)) == 4
    for path in contents(refined):
        cam = read_cam(ExportFolder(tmp_path / 'both').cam_path(path.stem))
        assert (read_mask(refined / path) == label_from_cam(cam, 0.3)).all()
    record = record_of(refined)
    assert record['split'] == 'val' and record['finished']
    assert tool(*command, config, threshold=0.1).code == 0  # continues
