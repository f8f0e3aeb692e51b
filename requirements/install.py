"""Finds or makes the environment for make; does little the second time.

The active environment serves if torch and mmcv import in it: then only what
is missing is installed, and nothing that is there changes its version. Else
.venv is made, with the versions of tested.txt and mmcv-lite. The interpreter
is written to build/environment.
"""

import contextlib
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAMP = ROOT / 'build' / 'environment'
VENV = ROOT / '.venv'
VERSIONS = [(3, minor) for minor in (10, 11, 12, 13)]
IS_KNOWN = f'import sys; assert sys.version_info[:2] in {VERSIONS}'
# Held in the user's own environment: what others are built against.
HELD = (
    'torch',
    'torchvision',
    'numpy',
    'mmcv',
    'mmcv-lite',
    'mmengine',
    'mmpretrain',
    'mmsegmentation',
    'opencv-python',
)
# Each of these is needed for all that the suite runs.
NEEDED = [
    option
    for name in ('runtime', 'tests', 'weights', 'tiff', 'onnx')
    for option in ('-r', f'requirements/{name}.txt')
]


def main() -> None:
    """Leave build/environment as it is if it is right, else write it."""
    key = fingerprint()
    if STAMP.is_file():
        python, *keys = STAMP.read_text().splitlines()
        if keys == [key] and runs(python, 'pass'):
            return
        STAMP.unlink()
    STAMP.parent.mkdir(exist_ok=True)
    python = use_active() if active_serves() else use_venv()
    STAMP.write_text(f'{python}\n{key}\n')


def fingerprint() -> str:
    """Changes with the requirements and with the active interpreter."""
    digest = hashlib.sha256(sys.executable.encode())
    for path in sorted((ROOT / 'requirements').iterdir()):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def active_serves() -> bool:
    """Whether the user's own environment can do the work."""
    return (
        Path(sys.prefix) != VENV
        and runs(sys.executable, IS_KNOWN)
        and runs(sys.executable, 'import torch, mmcv')
    )


def use_active() -> str:
    """Install what the active environment lacks; change nothing there."""
    say(f'using the active environment, {sys.executable}')
    check_versions(sys.executable)
    held = STAMP.with_name('held.txt')
    held.write_text(installed_versions())
    pip(sys.executable, *NEEDED, '-c', str(held))
    return sys.executable


def use_venv() -> Path:
    """Make .venv, or take the one that is there, and fill it."""
    python = VENV / 'bin' / 'python'
    if not runs(python, IS_KNOWN):
        base = find_python()
        say(f'making .venv with {base}; torch is several GB, which takes some minutes')
        call(base, '-m', 'venv', '--clear', VENV)
    fill_environment(python)
    return python


def fill_environment(python: Path) -> None:
    """Install into .venv what it lacks, in the tested versions."""
    tested = ('-c', 'requirements/tested.txt')
    pip(python, *NEEDED, 'mmcv-lite', *tested)
    try:
        # The C++ that pydensecrf2 brings, by Cython 0.29, does not compile
        # on Python 3.13; with a newer Cython at hand it is made anew.
        pip(python, 'cython', *tested)
        pip(python, '--no-build-isolation', '-r', 'requirements/optional.txt', *tested)
    except subprocess.CalledProcessError:
        say('an optional package did not build, see above; what needs it will say so')
    pip(python, '--no-build-isolation', '--no-deps', '-e', '.')
    check_versions(python)


def find_python() -> str:
    """The interpreter of make, or the newest other one of a known version."""
    names = [sys.executable] + ['python{}.{}'.format(*version) for version in reversed(VERSIONS)]
    for name in names:
        path = shutil.which(name)
        if path and runs(path, IS_KNOWN):
            return path
    sys.exit(
        'error: Python 3.10 to 3.13 is needed, python3 is {}.{}: install '
        'one, or name it: make PYTHON=/path/to/python3.12'.format(*sys.version_info[:2])
    )


def installed_versions() -> str:
    """Lines of a constraints file that hold what is there."""
    from importlib import metadata

    lines = []
    for name in HELD:
        with contextlib.suppress(metadata.PackageNotFoundError):
            lines.append(f'{name}=={metadata.version(name)}')
    return '\n'.join(lines) + '\n'


def check_versions(python: 'str | Path') -> None:
    """One line and no further where versions cannot work together."""
    done = subprocess.run([str(python), '-m', 'ppl_mm.utils.versions'], cwd=str(ROOT))
    if done.returncode:
        sys.exit(done.returncode)


def pip(python: 'str | Path', *args: str) -> None:
    """Run pip install in an environment."""
    call(python, '-m', 'pip', 'install', '--disable-pip-version-check', *args)


def call(*command: 'str | Path') -> None:
    """Run a command in the project's folder, or raise."""
    subprocess.run([str(part) for part in command], cwd=str(ROOT), check=True)


def runs(python: 'str | Path', code: str) -> bool:
    """Whether an interpreter is there and the code runs in it."""
    try:
        return (
            subprocess.run(
                [str(python), '-c', code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ).returncode
            == 0
        )
    except OSError:
        return False


def say(text: str) -> None:
    """Tell what is going on between the lines of pip."""
    print('==> ' + text, flush=True)


if __name__ == '__main__':
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(
            'error: {} failed, see above; run make again to continue'.format(
                ' '.join(error.cmd[:5])
            )
        )
