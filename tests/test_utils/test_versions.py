import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from ppl_mm.errors import UserError
from ppl_mm.utils import versions

GOOD = {'torch': '2.11.0', 'torchvision': '0.26.0', 'mmcv-lite': '2.1.0'}


@pytest.fixture
def installed(monkeypatch):
    """Lets a test say which distributions there are."""

    def fake(packages, requires=('numpy', 'torch (==2.11.0)')):
        def version(name):
            if name not in packages:
                raise metadata.PackageNotFoundError(name)
            return packages[name]

        modules = {name.split('-')[0] for name in packages}
        monkeypatch.setattr(metadata, 'version', version)
        monkeypatch.setattr(metadata, 'requires', lambda name: list(requires))
        monkeypatch.setattr(versions, 'is_importable', modules.__contains__)

    return fake


@pytest.mark.parametrize(
    'change',
    [
        {},
        {'torch': '2.11.0+cu128'},
        {'torch': '2.11.0+cpu', 'torchvision': '0.26.0+cpu'},
        {'mmcv-lite': '2.0.1'},
    ],
)
def test_good_versions_pass(installed, change):
    installed({**GOOD, **change})
    versions.check()


def test_full_mmcv_passes(installed):
    packages = {**GOOD, 'mmcv': '2.1.0'}
    del packages['mmcv-lite']
    installed(packages)
    versions.check()


@pytest.mark.parametrize(
    'mmcv, words',
    [
        ({}, ['mmcv is not installed']),
        (
            {'mmcv': '2.2.0'},
            ['mmcv 2.2.0', 'pip uninstall -y mmcv &&', 'pip install "mmcv>=2.0.0,<2.2.0"'],
        ),
        ({'mmcv-lite': '2.2.0'}, ['mmcv-lite 2.2.0']),
        ({'mmcv': '1.7.2'}, ['mmcv 1.7.2']),
        ({'mmcv': '2.0.0rc4'}, ['mmcv 2.0.0rc4']),
        ({'mmcv-full': '1.7.1'}, ['pip uninstall -y mmcv-full &&', 'pip install "mmcv>=']),
        (
            {'mmcv': '2.1.0', 'mmcv-lite': '2.1.0'},
            ['mmcv 2.1.0 and mmcv-lite 2.1.0', 'pip uninstall -y mmcv mmcv-lite'],
        ),
    ],
)
def test_wrong_mmcv_is_one_line(installed, mmcv, words):
    packages = {**GOOD, **mmcv}
    if 'mmcv-lite' not in mmcv:
        del packages['mmcv-lite']
    installed(packages)
    with pytest.raises(UserError) as info:
        versions.check()
    message = str(info.value)
    assert '\n' not in message and 'pip install' in message
    assert all(word in message for word in words)


@pytest.mark.parametrize('torch', ['2.13.0', '2.10.0', '2.13.0+cpu'])
def test_torchvision_of_another_torch_is_one_line(installed, torch):
    installed({**GOOD, 'torch': torch})
    with pytest.raises(UserError) as info:
        versions.check()
    message = str(info.value)
    assert '\n' not in message and f'torch {torch} is installed' in message
    assert 'pip install' in message
    assert '"torch==2.11.0" "torchvision==0.26.0"' in message


def test_old_torch_is_one_line(installed):
    installed({**GOOD, 'torch': '2.5.1'})
    with pytest.raises(UserError, match='torch 2.5.1 is too old.*pip install'):
        versions.check()


def test_torchvision_of_another_build_is_one_line(installed):
    installed({**GOOD, 'torch': '2.11.0+cpu', 'torchvision': '0.26.0+cu128'})
    with pytest.raises(UserError, match=r'0\.26\.0\+cu128 was built'):
        versions.check()


def test_torchvision_from_source_passes(installed):
    installed({**GOOD, 'torch': '2.14.0'}, requires=['numpy', 'torch'])
    versions.check()


@pytest.mark.parametrize('missing', ['torch', 'torchvision'])
def test_missing_torch_is_one_line(installed, missing):
    installed({name: v for name, v in GOOD.items() if name != missing})
    with pytest.raises(UserError, match=f'^{missing} is not installed'):
        versions.check()


def test_command_prints_the_line_without_a_traceback(tmp_path):
    # A second, newer mmcv, seen before the one that is installed.
    info = tmp_path / 'mmcv-2.2.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Name: mmcv\nVersion: 2.2.0\n')
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, '-m', 'ppl_mm.utils.versions'],
        cwd=root,
        env={'PYTHONPATH': f'{tmp_path}:{root}'},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith('error: mmcv') and 'pip' in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    'version, moved',
    [(None, False), ('4.49.0', False), ('4.55.4', False), ('4.56.0', True), ('5.17.0', True)],
)
def test_transformers_whose_parts_have_moved(monkeypatch, version, moved):
    monkeypatch.setattr(versions, 'installed_version', lambda name: version)
    assert versions.has_moved_transformers() is moved
