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
    'text, message', [('foo', "'foo' is no KEY=VALUE"), ('x=[1,2', 'Imbalanced brackets')]
)
def test_what_cannot_be_read_is_the_parsers_error(text, message):
    with pytest.raises(argparse.ArgumentError, match=message):
        parse(text)
