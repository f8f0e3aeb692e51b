import os
import sys
from pathlib import Path

import forked_commands
import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / 'tools').rglob('*.py')
    if 'ppl_mm.utils.cli' in path.read_text()
)


def import_anew():
    """Have a forked process import all that depends on mmcv again."""
    for name in list(sys.modules):
        if name.partition('.')[0] in ('mmcv', 'mmengine', 'mmpretrain', 'mmseg', 'ppl_mm'):
            del sys.modules[name]
    own = [finder for finder in sys.meta_path if type(finder).__module__.startswith('ppl_mm.')]
    for finder in own:
        sys.meta_path.remove(finder)


@pytest.mark.slow
@pytest.mark.parametrize('command', COMMANDS)
def test_every_command_says_it_before_mmseg_fails(command, tmp_path):
    # An mmcv that is too new, seen before the one that is installed.
    package = tmp_path / 'mmcv'
    package.mkdir()
    (package / '__init__.py').write_text("__version__ = '2.2.0'\n")
    info = tmp_path / 'mmcv-2.2.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Name: mmcv\nVersion: 2.2.0\n')
    done = forked_commands.run(
        [sys.executable, command, '-h'],
        cwd=ROOT,
        preexec_fn=import_anew,
        env={**os.environ, 'PYTHONPATH': f'{tmp_path}:{ROOT}'},
    )
    assert done.returncode in (1, 2), done.stderr
    assert done.stderr.startswith('error: mmcv')
    assert len(done.stderr.splitlines()) == 1
