import argparse

import pytest

from ppl_mm.utils.config import ConfigOptions


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
