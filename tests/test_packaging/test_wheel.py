import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
SOURCES = (
    'ppl_mm',
    'tools',
    'configs',
    'requirements',
    'setup.py',
    'pyproject.toml',
    'MANIFEST.in',
    'LICENSE',
    'CITATION.cff',
    'README.md',
    'model-index.yml',
)
BUILD = 'import sys; from setuptools import build_meta; print(build_meta.build_{}(sys.argv[1]))'


def build(kind, source, target):
    """Build a wheel or an sdist with the backend that is installed."""
    subprocess.run(
        [sys.executable, '-c', BUILD.format(kind), str(target)],
        cwd=source,
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope='module')
def source(tmp_path_factory):
    """A copy of the project, so that building leaves no trace here."""
    copy = tmp_path_factory.mktemp('source')
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns('__pycache__'))
        elif (ROOT / name).is_file():
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope='module')
def wheel(source, tmp_path_factory):
    target = tmp_path_factory.mktemp('wheel')
    build('wheel', source, target)
    (path,) = target.glob('ppl_mm-*.whl')
    return path


def names_of(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_package_tools_and_configs(wheel, source):
    names = names_of(wheel)
    for folder in ('tools', 'configs'):
        files = {
            f'ppl_mm/.mim/{path.relative_to(source).as_posix()}'
            for path in (source / folder).rglob('*')
            if path.is_file()
        }
        assert files and files <= names
    modules = {path.relative_to(source).as_posix() for path in (source / 'ppl_mm').rglob('*.py')}
    assert modules <= names
    gallery = source / 'ppl_mm/gallery'
    page = [
        path
        for part in ('templates', 'static')
        for path in (gallery / part).rglob('*')
        if path.is_file()
    ]
    assert page and {path.relative_to(source).as_posix() for path in page} <= names
    assert 'ppl_mm/.mim/model-index.yml' in names
    assert not any('__pycache__' in name or name.startswith('tests') for name in names)


def test_building_leaves_no_mim_folder_in_the_sources(wheel, source):
    assert not (source / 'ppl_mm' / '.mim').exists()


def test_sdist_gives_the_same_wheel(source, wheel, tmp_path):
    build('sdist', source, tmp_path)
    (path,) = tmp_path.glob('*.tar.gz')
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path)
    unpacked = next(p for p in tmp_path.iterdir() if p.is_dir())
    build('wheel', unpacked, tmp_path)
    (again,) = tmp_path.glob('*.whl')
    assert names_of(again) == names_of(wheel)


def test_metadata_names_no_mmcv_but_what_others_forgot(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith('/METADATA'))
        lines = archive.read(name).decode().splitlines()
    required = {
        re.match(r'[\w.-]+', line.partition(': ')[2])[0]: line
        for line in lines
        if line.startswith('Requires-Dist') and 'extra ==' not in line
    }
    assert not {'mmcv', 'mmcv-lite'} & set(required)
    assert {'ftfy', 'regex', 'torch', 'torchvision'} <= set(required)
    assert '<82' in required['setuptools']
    extras = {line.partition(': ')[2] for line in lines if line.startswith('Provides-Extra')}
    assert extras == {'mim', 'onnx', 'optional', 'tests', 'tiff', 'timm', 'weights'}


def requirement_lines(name):
    text = (ROOT / 'requirements' / f'{name}.txt').read_text()
    lines = (line.partition('#')[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line]


def test_tested_versions_are_within_the_declared_ranges():
    tested = {
        pin.name.lower(): str(pin.specifier).lstrip('=')
        for pin in requirement_lines('tested')
        if pin.marker is None or pin.marker.evaluate()
    }
    declared = [
        line
        for name in ('runtime', 'optional', 'tests', 'weights')
        for line in requirement_lines(name)
    ]
    for requirement in declared:
        if requirement.name != 'wheel':
            assert requirement.specifier.contains(tested[requirement.name.lower()]), requirement


def test_torch_is_pinned_with_its_torchvision():
    pins = {pin.name: pin.specifier for pin in requirement_lines('tested')}
    if metadata.version('torchvision') not in pins['torchvision']:
        pytest.skip('another torchvision is installed')
    wanted = next(line for line in metadata.requires('torchvision') if line.startswith('torch '))
    assert Requirement(wanted).specifier == pins['torch']


def test_metafiles_list_the_configs_beside_them():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    for metafile in index['Import']:
        content = yaml.safe_load((ROOT / metafile).read_text())
        collections = {entry['Name'] for entry in content['Collections']}
        for model in content['Models']:
            config = ROOT / model['Config']
            assert config.is_file() and config.stem == model['Name']
            assert model['In Collection'] in collections
        listed = {model['Name'] for model in content['Models']}
        beside = (ROOT / metafile).parent.glob('*.py')
        assert listed == {path.stem for path in beside}


@pytest.fixture(scope='module')
def installed(wheel, tmp_path_factory):
    """The wheel in a folder of its own; the heavy packages are those of this environment."""
    folder = tmp_path_factory.mktemp('installed')
    pip = [sys.executable, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    subprocess.run([*pip, '--no-deps', '--target', folder, wheel], check=True)
    return folder


@pytest.fixture
def ppl_mm(installed, tmp_path):
    """Runs the installed command in an empty folder."""

    def run(*words):
        env = {**os.environ, 'PYTHONPATH': str(installed), 'HOME': str(tmp_path)}
        return subprocess.run(
            [sys.executable, installed / 'bin/ppl-mm', *words],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.slow
def test_the_command_of_the_wheel_lists_and_starts_tools(ppl_mm, source):
    listed = ppl_mm('--help')
    assert listed.returncode == 0, listed.stderr
    for path in (source / 'tools').rglob('*.py'):
        assert f'  {path.stem.replace("_", "-")} ' in listed.stdout
    help_text = ppl_mm('make-masks', '--help')
    assert help_text.returncode == 0 and 'usage: ppl-mm make-masks' in help_text.stdout


@pytest.mark.slow
def test_the_command_of_the_wheel_finds_configs_and_tools(ppl_mm, tmp_path):
    """Up to the first step, from data that the wheel's own command has made."""
    made = ppl_mm('make-demo-data', '--out', 'data/demo', '--train', '8', '--val', '4')
    assert made.returncode == 0, made.stderr
    begun = ppl_mm('pipeline', 'configs/demo/pipeline.py', '--until', 'make_data')
    assert begun.returncode == 2 and 'made with other settings' in begun.stderr
    plan = ppl_mm('pipeline', 'configs/demo/pipeline.py', '--dry-run')
    assert plan.returncode == 0, plan.stderr
    assert 'ppl_mm/.mim/tools/train.py' in plan.stdout
    refused = ppl_mm('train', 'configs/own/cls_cam_own.py')
    assert refused.returncode == 2 and 'data/mine' in refused.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {'data', 'work_dirs', '.cache', '.config'}


@pytest.fixture(scope='module')
def mim_environment(wheel, tmp_path_factory):
    """A clean environment with openmim; the heavy packages are borrowed."""
    if sys.version_info >= (3, 12):
        pytest.skip('openmim pins a setuptools that has no Python 3.12')
    folder = tmp_path_factory.mktemp('mim')
    venv.create(folder, with_pip=True)
    python = folder / 'bin' / 'python'
    pip = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    done = subprocess.run([*pip, 'openmim'], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f'openmim does not install: {done.stderr[-200:]}')
    subprocess.run([*pip, '--no-deps', wheel], check=True)
    # Only now, so that pip cannot touch what is borrowed.
    (site,) = folder.glob('lib/python*/site-packages')
    borrowed = Path(metadata.distribution('torch').locate_file('')).resolve()
    (site / 'borrowed.pth').write_text(f'{borrowed}\n')
    return folder


def run_mim(environment, *args):
    path = f'{environment}/bin:{os.environ["PATH"]}'
    env = {**os.environ, 'PATH': path}
    env.pop('PYTHONPATH', None)
    return subprocess.run(
        [environment / 'bin' / 'mim', *args],
        cwd=environment,
        env=env,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_mim_runs_export_cam_from_the_wheel(mim_environment):
    done = run_mim(mim_environment, 'run', 'ppl_mm', 'export_cam', '--', '-h')
    assert done.returncode == 0, done.stdout + done.stderr
    assert '--out-dir' in done.stdout


@pytest.mark.slow
def test_mim_finds_configs_by_name_and_the_one_command(mim_environment):
    done = run_mim(mim_environment, 'run', 'ppl_mm', 'make_masks', '--', '-h')
    assert done.returncode == 0 and '--preset' in done.stdout, done.stdout + done.stderr
    done = run_mim(mim_environment, 'run', 'ppl_mm', 'train', 'configs/own/cls_cam_own.py')
    assert 'data/mine' in done.stdout + done.stderr and 'no such config' not in done.stderr


@pytest.mark.slow
def test_mim_finds_our_models(mim_environment):
    done = run_mim(mim_environment, 'search', 'ppl_mm')
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'cls_progressive' in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize('command', ['train', 'test'])
def test_mim_starts_our_commands(mim_environment, command, tmp_path):
    config = tmp_path / 'empty.py'
    config.write_text(
        "default_scope = 'mmpretrain'\nmodel = dict(type='ppl_mm.CAMClassifier')\n"
        "load_from = 'missing.pth'\n"
    )
    more = ['--checkpoint', 'missing.pth'] if command == 'test' else []
    done = run_mim(
        mim_environment, command, 'ppl_mm', str(config), *more, '--work-dir', str(tmp_path / 'work')
    )
    assert done.returncode != 0
    assert 'error: ' in done.stderr and 'missing.pth' in done.stderr
