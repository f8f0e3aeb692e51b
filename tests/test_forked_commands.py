"""A forked command does what a process of its own does."""

import subprocess
import sys

import forked_commands
import pytest

SAYS = """
import os, signal, subprocess, sys
print(__name__, sys.argv, os.getcwd(), sys.path[0], os.environ['GIVEN'], 'HOME' in os.environ)
print('an error', file=sys.stderr)
sys.stdout.flush()
"""
ENDS = {
    'at its end': '',
    'without a status': 'sys.exit()',
    'with a status': 'sys.exit(3)',
    'with a line': "sys.exit('a reason')",
    'with an exception': "raise ValueError('wrong')",
    'killed': 'os.kill(os.getpid(), signal.SIGKILL)',
    'as its child': (
        "sys.exit(subprocess.run([sys.executable, '-m', 'child'], env=dict(A='b')).returncode)"
    ),
}


def ending(done):
    """What a test can see of a finished process, but for the lines of a traceback."""
    lines = done.stderr.splitlines()
    return done.returncode, done.stdout, lines[0], lines[-1]


@pytest.mark.parametrize('as_module', [False, True])
@pytest.mark.parametrize('end', ENDS)
def test_a_fork_ends_as_a_process_does(tmp_path, end, as_module):
    (tmp_path / 'parent.py').write_text(SAYS + ENDS[end])
    (tmp_path / 'child.py').write_text(
        'import os, sys\nprint(os.environ["A"], sys.path[0])\nsys.exit(5)\n'
    )
    script = ['-m', 'parent'] if as_module else [tmp_path / 'parent.py']
    command = [sys.executable, *map(str, script), 'one', '--two']
    options = dict(cwd=tmp_path, env=dict(GIVEN='x', LC_CTYPE='C.UTF-8'))
    real = subprocess.run(command, capture_output=True, text=True, **options)
    assert ending(forked_commands.run(command, **options)) == ending(real)
    assert real.stdout.startswith('__main__ ') and real.stdout.count(' x False\n') == 1
