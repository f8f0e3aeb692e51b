"""tools/export_cam.py in two processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from export_files import contents, record_of
from forked_commands import run_ranks

TOOLS = Path(__file__).parents[3] / 'tools'


@pytest.mark.slow
def test_two_processes_write_the_same_files(export, tiny_config, trained, tmp_path):
    one = export('--split', 'train', '--threshold-split', 'val', out='one')
    command = [sys.executable, TOOLS / 'export_cam.py', tiny_config, trained]
    command += ['--out-dir', tmp_path / 'two', '--split', 'train', '--threshold-split', 'val']
    run_ranks(command, 2, os.environ)
    assert contents(tmp_path / 'two') == contents(one)
    assert len(contents(one)) == 8 + 4 + 8
    assert record_of(tmp_path / 'two') == record_of(one)


@pytest.mark.slow
def test_two_processes_end_with_one_line_at_a_broken_mask(tiny_config, trained, data, tmp_path):
    root, option = data
    mask = root / 'SegmentationClass/val_00001.png'
    mask.write_bytes(mask.read_bytes()[:50])
    command = ['bash', TOOLS / 'dist_export_cam.sh', tiny_config, trained, '2']
    command += ['--out-dir', tmp_path / 'two', '--split', 'val', '--threshold-split', 'val']
    done = subprocess.run(
        [*command, *option],
        capture_output=True,
        text=True,
        timeout=300,
        env=dict(os.environ, PYTHON=sys.executable, CUDA_VISIBLE_DEVICES=''),
    )
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if 'error: ' in line]
    assert len(errors) == 1 and 'val_00001.png: not a readable mask' in errors[0]
    assert 'Traceback' not in done.stderr
