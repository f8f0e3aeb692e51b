import argparse
from pathlib import Path

import pytest

from ppl_mm.errors import UserError
from ppl_mm.utils.config.reading import ConfigOptions, read_runner_config


def parse(*pairs):
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions)
    return parser.parse_args(['--cfg-options', *pairs]).cfg_options


@pytest.mark.parametrize(
    'text, value',
    [
        ('3', 3),
        ('0.5', 0.5),
        ('True', True),
        ('None', None),
        ('a', 'a'),
        ('1,2', [1, 2]),
        ('[a, b]', ['a', 'b']),
        ('(1, 2)', (1, 2)),
        ('"quoted"', 'quoted'),
        ('a=b', 'a=b'),
    ],
)
def test_values_are_read_as_mmengine_reads_them(text, value):
    assert parse(f'key={text}') == dict(key=value)


@pytest.mark.parametrize('path', ['my data', 'a b/c d', "'my data'"])
def test_a_path_keeps_its_spaces(path):
    assert parse('x=1', f'data_root={path}') == dict(x=1, data_root=path.strip("'"))


@pytest.mark.parametrize(
    'text, message', [('foo', "'foo' is not KEY=VALUE"), ('x=[1,2', 'Imbalanced brackets')]
)
def test_what_cannot_be_read_is_the_parsers_error(text, message):
    with pytest.raises(argparse.ArgumentError, match=message):
        parse(text)


@pytest.mark.parametrize('name', ['a,b', 'a[1]', '(x)', "it's", 'back\\slash', 'a b,c'])
def test_the_path_of_something_that_exists_is_taken_as_it_stands(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    assert parse(f'data_root={name}') == dict(data_root=name)
    assert parse(f'data_root={tmp_path / name}') == dict(data_root=str(tmp_path / name))


@pytest.mark.parametrize('text', ['a,b', '[1', '1', 'None', ' x '])
def test_quotes_make_text_of_anything(text):
    assert parse(f'key="{text}"') == dict(key=text)


@pytest.fixture
def own_config(tmp_path, request):
    """A config whose data are chosen by the environment, as those of ``configs/own``."""
    base = request.config.rootpath / 'configs/own/cls_cam_quick_own.py'
    (tmp_path / 'own.py').write_text(f'_base_ = {str(base)!r}\n')
    return tmp_path / 'own.py'


@pytest.mark.parametrize('name', ['', 'none', "no, 'x' [y] (z)", 'a\nb', 'fötos'])
def test_own_data_that_are_missing_are_named(name, own_config, monkeypatch):
    monkeypatch.setenv('OWN_DATA', name)
    with pytest.raises(UserError) as caught:
        read_runner_config(own_config, data='train_dataloader')
    assert str(caught.value).startswith(f"OWN_DATA='{name}': no such folder; set this variable")
    read_runner_config(own_config)  # where nothing reads the data


def test_a_folder_that_is_not_own_data_is_named(own_config, tmp_path, monkeypatch):
    folder = tmp_path / "my, 'own' [data]"
    folder.mkdir()
    monkeypatch.setenv('OWN_DATA', str(folder))
    with pytest.raises(UserError, match=r"own' \[data\]': has no classes.txt; set this"):
        read_runner_config(own_config, data='test_dataloader')
    (folder / 'classes.txt').write_text('background\ncat\n')
    read_runner_config(own_config, data='test_dataloader')


def test_own_data_count_where_they_are_read(own_config, monkeypatch):
    """A command that is given other data needs none in the variable's folder."""
    monkeypatch.setenv('OWN_DATA', 'none')
    options = {'test_dataloader.dataset.data_root': 'elsewhere'}
    read_runner_config(own_config, options, 'test_dataloader')
    with pytest.raises(UserError, match='OWN_DATA'):
        read_runner_config(own_config, options, 'train_dataloader')


@pytest.mark.parametrize(
    'text',
    ['a', "a,b [c]'d", '"', "'", '(x', '{y}', '1', '1e5', 'None', 'true', ' x ', 'a=b', '\\'],
)
def test_what_is_written_is_read_as_it_was(text):
    assert parse(f'key={ConfigOptions.written(text)}') == dict(key=text)
    assert parse(f'key={ConfigOptions.written(Path(text))}') == dict(key=str(Path(text)))
    assert ConfigOptions.written(0.5) == 0.5
