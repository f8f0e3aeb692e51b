"""ppl-mm lists every tool and starts it; configs of the project are found by name."""

import sys
from pathlib import Path

import pytest

from ppl_mm import command_line
from ppl_mm.utils import project
from ppl_mm.utils.config.reading import read_config

ROOT = Path(__file__).parents[1]


def test_every_tool_is_listed_with_its_first_line(capsys):
    with pytest.raises(SystemExit) as end:
        command_line.main(['--help'])
    assert not end.value.code
    printed = capsys.readouterr().out
    scripts = [path for path in (ROOT / 'tools').rglob('*.py')]
    assert len(command_line.find_tools()) == len(scripts)  # no two of one name
    for path in scripts:
        (line,) = (line for line in printed.splitlines() if line.split()[:1] == [_name(path)])
        assert len(line) < 120 and len(line.split()) > 4


def _name(path):
    return path.stem.replace('_', '-')


@pytest.mark.parametrize('name', ['eval-labels', 'eval_labels', 'eval_labels.py'])
def test_a_tool_gets_its_arguments(capsys, monkeypatch, name):
    monkeypatch.setattr(sys, 'argv', ['ppl-mm', name, '--help'])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert not end.value.code
    assert f'usage: ppl-mm {name}' in capsys.readouterr().out


def test_a_config_by_its_name_from_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = read_config('configs/demo/cls_cam_demo.py')
    assert Path(found.filename) == ROOT / 'configs/demo/cls_cam_demo.py'


def test_a_file_of_the_user_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = Path('configs/demo/cls_cam_demo.py')
    own.parent.mkdir(parents=True)
    own.write_text('mine = 1')
    assert read_config(own).mine == 1


def test_an_installed_package_has_its_files_inside(tmp_path, monkeypatch):
    package = tmp_path / 'site-packages/ppl_mm'
    monkeypatch.setattr(project, '_PACKAGE', package)
    with pytest.raises(project.UserError, match='install the wheel, or run from a clone'):
        project.project_root()
    assert project.find_config('configs/own/pipeline.py') == Path('configs/own/pipeline.py')
    for name in ('tools', 'configs'):
        (package / '.mim' / name).mkdir(parents=True)
    assert project.project_root() == package / '.mim'
    assert project.command_line('make_masks') == 'ppl-mm make-masks'
