"""How commands end: with status 0, or with one line that helps."""

import os
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable

from ..errors import UserError, first_line
from . import versions
from .console import keep_console_short, reader_is_gone, take_every_letter
from .files import no_space
from .interrupts import take_interrupts
from .processes.to_launcher import leave_to_launcher
from .text import printable
from .troubleshooting import explain_failure

# Status of what ends since nobody reads its output, as in a shell: 128 and SIGPIPE.
_PIPE = 141
# What mmengine's registries put before the message of a failed constructor.
_REGISTRY_PREFIX = re.compile(r'^class `\w+` in [\w./-]+: ')


def make_parser(description: str | None, epilog: str | None = None) -> ArgumentParser:
    """Return the parser of a command, described by its docstring, whose help keeps line breaks."""
    return ArgumentParser(
        description=description, epilog=epilog, formatter_class=RawDescriptionHelpFormatter
    )


def add_workers(parser: ArgumentParser, what: str, default: int | None = None) -> None:
    """Add ``--workers``, threads or processes by ``what``; without a default one for each CPU."""
    parser.add_argument(
        '--workers',
        type=int,
        metavar='N',
        default=default,
        help=f'{what} (default: one for each CPU)',
    )


def add_maps_to_refine(parser: ArgumentParser) -> None:
    """Add what says where the images of CAMs are, and how many processes refine."""
    parser.add_argument(
        '--data-root', metavar='DIR', help='the data set (default: the one that was exported)'
    )
    parser.add_argument(
        '--image-dir', metavar='DIR', help='the folder of images (default: DATA_ROOT/JPEGImages)'
    )
    add_workers(
        parser, 'processes that refine, each with its own chain; 0, this one alone, suits a GPU'
    )


def add_max_pixels(parser: ArgumentParser) -> None:
    """Add ``--max-pixels``, for commands that run a network."""
    parser.add_argument(
        '--max-pixels',
        type=_tile_pixels,
        metavar='N',
        help='images that are larger as the network sees them go through it in tiles of N pixels, '
        'so that memory is bounded (default: 4000000)',
    )


def _tile_pixels(text: str) -> int:
    from .tiles import check_max_pixels  # late: it imports torch

    is_number = text.removeprefix('-').isdecimal()
    try:
        return check_max_pixels(int(text) if is_number else text)
    except UserError as error:
        raise ArgumentTypeError(str(error)) from error


def add_truth(parser: ArgumentParser) -> None:
    """Add what says which ground truth something is measured by."""
    parser.add_argument('mask_dir', metavar='MASK_DIR')
    parser.add_argument(
        '--split', required=True, metavar='FILE', help='the images: one image id per line'
    )
    parser.add_argument(
        '--image-labels',
        metavar='FILE',
        help='images with an empty label need no mask: they are all background '
        '(default: the label file of the data set that MASK_DIR lies in)',
    )


def one_line(error: UserError) -> str:
    """Return the user's line of an error that other layers have wrapped.

    A DataLoader worker re-raises with the whole traceback as message, which
    ends in ours; a registry puts the name of the class before it.
    """
    line = str(error).split(f'{UserError.__name__}: ')[-1].strip() or type(error).__name__
    while _REGISTRY_PREFIX.match(line):
        line = _REGISTRY_PREFIX.sub('', line)
    return printable(line)


def _file_line(error: OSError) -> str:
    """What the system says, after the file where it names one."""
    if error.filename is None:
        return error.strerror or type(error).__name__
    # Of a copy, what could not be written comes second.
    name = error.filename2 if no_space(error) and error.filename2 else error.filename
    if isinstance(error, FileExistsError) and not os.path.exists(name):
        return printable(f'{name}: a link to nothing; remove it, or give another folder')
    return printable(f'{name}: {error.strerror}')


def run(main: Callable[[], int | None]) -> None:
    """Run a command; a :class:`UserError` becomes one line and status 2.

    Versions that cannot work together are such an error, and so is what the
    system says of a file: no permission, no space, no such folder.

    Args:
        main: The command; what it returns is the exit status. Where it raises
            a KeyboardInterrupt with a message, that says how to continue.
    """
    take_interrupts()
    take_every_letter()
    status, failure, to_continue = _call(main)
    # The error is gone, and with it the bars that its frames held: this is the last line.
    if failure and not leave_to_launcher(failure):
        line = f'{failure}; {to_continue}' if to_continue else f'error: {failure}'
        print(line, file=sys.stderr)
    sys.exit(status)


def _call(main: Callable[[], int | None]) -> tuple[int, str, str]:
    """Return the status of a command, why it failed, and how to continue an interrupted one."""
    try:
        versions.check()
        keep_console_short()
        status = main() or 0
        sys.stdout.flush()
        return status, '', ''
    except UserError as error:
        return 2, one_line(error), ''
    except OSError as error:
        if isinstance(error, BrokenPipeError) and reader_is_gone():
            return _PIPE, '', ''
        if not error.strerror:  # a library's own, of anything
            raise
        return 2, _file_line(error), ''
    except UnicodeError as error:
        return 2, printable(first_line(error)), ''
    except (RuntimeError, MemoryError) as error:
        line = explain_failure(error)
        if not line:
            raise
        return 2, line, ''
    except KeyboardInterrupt as error:
        return 130, 'interrupted', str(error) or 'run the same command again to continue'
