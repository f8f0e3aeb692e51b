import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools/dataset_converters/make_demo_data.py'


def make(*args):
    return subprocess.run(
        [sys.executable, TOOL, '--train', '2', '--val', '1', '--size', '48', *map(str, args)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={'PYTHONPATH': str(ROOT)},
    )


def test_the_command_writes_once_and_refuses_other_settings(tmp_path):
    out, sheet = tmp_path / 'demo', tmp_path / 'sheet.png'
    first = make('--out', out, '--preview', sheet)
    assert first.returncode == 0, first.stderr
    assert 'written' in first.stdout
    assert Image.open(sheet).size == (6 * 96, 6 * 48)
    assert 'complete already' in make('--out', out).stdout
    refused = make('--out', out, '--seed', 1)
    assert refused.returncode == 2
    assert refused.stderr.startswith('error: ')
    assert len(refused.stderr.splitlines()) == 1
