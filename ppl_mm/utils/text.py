"""Text for people: made safe to print, shortened, rounded, and what it may have meant."""

import difflib
import itertools
from collections.abc import Iterable


def printable(text: object) -> str:
    """Return the ``str`` of an object on one line in which nothing acts on a terminal.

    A file name may hold line breaks, escape codes that clear the screen, marks
    that reverse the reading order, and bytes that are not UTF-8. Each such
    character becomes an escape such as ``\\n``, ``\\x1b`` or ``\\u202e``.

    Examples:
        >>> print(printable('cat\\n.jpg'))
        cat\\n.jpg
    """
    return ''.join(char if char.isprintable() else _escape(char) for char in str(text))


def first_few(names: Iterable[object], most: int = 8) -> str:
    """Return the first of some names, as a list for people.

    Examples:
        >>> first_few('abc', most=2)
        'a, b, ..'
    """
    shown = list(map(str, itertools.islice(names, most + 1)))
    if len(shown) > most:
        shown[most] = '..'
    return ', '.join(shown)


def counted(number: int, one: str, many: str = '') -> str:
    """Return a number and what there is of it, in the form that fits: ``one`` or ``many``.

    Examples:
        >>> [counted(1, 'class', 'classes'), counted(3, 'image')]
        ['1 class', '3 images']
    """
    return f'{number} {noun(number, one, many)}'


def noun(number: int, one: str, many: str = '') -> str:
    """Return what of :func:`counted` follows the number."""
    return one if number == 1 else many or f'{one}s'


def per_cent(share: float) -> str:
    """Return a share, 0..1, in per cent with two digits.

    Examples:
        >>> [per_cent(share) for share in (0.0031, 0.189, 1)]
        ['0.31', '19', '100']
    """
    return f'{float(f"{100 * share:.2g}"):g}'  # .2g alone makes 1e+02 of 100


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that the system could not decode
        return f'\\x{code - 0xDC00:02x}'
    return char.encode('unicode_escape').decode('ascii')


def escaped(text: str) -> str:
    """Return text for a UTF-8 file: bytes that are not UTF-8 become ``\\xe9``."""
    return text.encode('utf-8', 'surrogateescape').decode('utf-8', 'backslashreplace')


def suggestion(name: str, known: Iterable[str], otherwise: str = 'take it out') -> str:
    """Return what to do about a name that nothing has: take a similar known one, or ``otherwise``.

    Examples:
        >>> suggestion('epoch', ['epochs', 'grid'])
        'did you mean epochs?'
    """
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.55)
    return f'did you mean {near[0]}?' if near else otherwise
