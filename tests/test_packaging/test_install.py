import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / 'requirements' / 'install.py'


@pytest.fixture
def install(tmp_path, monkeypatch):
    """The script, with its commands recorded instead of run."""
    spec = importlib.util.spec_from_file_location('install', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, 'STAMP', tmp_path / 'build' / 'environment')
    monkeypatch.setattr(module, 'VENV', tmp_path / '.venv')
    monkeypatch.setattr(module, 'check_versions', lambda python: None)
    module.commands = []

    def call(*command):
        words = [str(part) for part in command]
        module.commands.append(' '.join(words))
        if 'venv' in words:
            (tmp_path / '.venv' / 'bin').mkdir(parents=True)
            (tmp_path / '.venv' / 'bin' / 'python').symlink_to(sys.executable)

    monkeypatch.setattr(module, 'call', call)
    return module


def test_active_environment_serves_and_keeps_its_versions(install, tmp_path):
    install.main()
    assert install.STAMP.read_text().splitlines()[0] == sys.executable
    (command,) = install.commands
    assert 'requirements/runtime.txt' in command and '-c' in command
    held = (tmp_path / 'build' / 'held.txt').read_text()
    assert 'torch==' in held and 'numpy==' in held
    assert not install.VENV.exists()


def test_without_mmcv_a_venv_with_the_tested_versions_is_made(install, monkeypatch):
    monkeypatch.setattr(install, 'active_serves', lambda: False)
    install.main()
    made, filled, *_ = install.commands
    assert '-m venv' in made
    assert filled.startswith(str(install.VENV))
    assert 'mmcv-lite -c requirements/tested.txt' in filled
    assert install.commands[-1].endswith('-e .')


def test_a_venv_that_is_there_is_kept(install, monkeypatch):
    monkeypatch.setattr(install, 'active_serves', lambda: False)
    (install.VENV / 'bin').mkdir(parents=True)
    (install.VENV / 'bin' / 'python').symlink_to(sys.executable)
    install.main()
    assert not any('-m venv' in command for command in install.commands)


def test_second_run_is_idle_until_a_requirement_changes(install, monkeypatch):
    install.main()
    install.commands.clear()
    install.main()
    assert not install.commands
    monkeypatch.setattr(install, 'fingerprint', lambda: 'another')
    install.main()
    assert install.commands


def test_a_failed_install_is_tried_again(install, monkeypatch):
    def fail(*command):
        raise subprocess.CalledProcessError(1, command)

    call = install.call
    monkeypatch.setattr(install, 'call', fail)
    with pytest.raises(subprocess.CalledProcessError):
        install.main()
    monkeypatch.setattr(install, 'call', call)
    install.main()
    assert install.commands


def test_an_optional_package_may_fail(install, monkeypatch, capsys):
    call = install.call

    def fail_optional(*command):
        if 'requirements/optional.txt' in command:
            raise subprocess.CalledProcessError(1, command)
        call(*command)

    monkeypatch.setattr(install, 'call', fail_optional)
    monkeypatch.setattr(install, 'active_serves', lambda: False)
    install.main()
    assert 'optional package did not build' in capsys.readouterr().out
    assert install.commands[-1].endswith('-e .')


def test_unknown_python_is_one_line(install, monkeypatch):
    monkeypatch.setattr(install, 'active_serves', lambda: False)
    monkeypatch.setattr(install, 'runs', lambda python, code: False)
    with pytest.raises(SystemExit, match='Python 3.10 to 3.13 is needed'):
        install.main()
