import pytest

from ppl_mm.errors import UserError, first_line


@pytest.mark.parametrize(
    'error, line',
    [
        (ValueError('one'), 'one'),
        (ValueError('\n  one  \ntwo'), 'one'),
        (OSError(28, 'No space left on device', 'a.png'), 'No space left on device'),
        (KeyError('no such key'), 'no such key'),
        (KeyError(3), '3'),
        (EOFError(), 'EOFError'),
        (ValueError(' \n'), 'ValueError'),
        (UserError('x' * 1000), 'x' * 200),
    ],
)
def test_an_error_becomes_one_line(error, line):
    assert first_line(error) == line
