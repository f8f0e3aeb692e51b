"""Start a command in several processes: torchrun, which ends with one line.

``python -m ppl_mm.utils.processes.launch`` takes torchrun's arguments.
"""

import logging
import os
import signal
import sys

from torch.distributed import run as torchrun
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from .to_launcher import LAUNCHER_VARIABLE

_RESUME = '; a training continues with --resume'


def main(args: list[str] | None = None) -> int:
    """Start the processes, by the arguments of torchrun or the command line's, and wait for them.

    Returns:
        0, or the exit status of the process that failed first; 128 + the signal where one has
        ended a process, or all of them, as in a shell.
    """
    os.environ[LAUNCHER_VARIABLE] = str(os.getpid())
    # torchrun's own report of a failure is a page long, and has no reason in it.
    for name in list(logging.root.manager.loggerDict):
        if name.startswith('torch.distributed'):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        torchrun.main(args)
    except ChildFailedError as error:
        return _explain(*error.get_first_failure())
    except SignalException as error:  # the processes have ended by now
        print(f'error: ended by {error.sigval.name}{_RESUME}', file=sys.stderr)
        return 128 + error.sigval
    return 0


def _explain(rank: int, failure: ProcessFailure) -> int:
    """Print why the first process failed, unless it has printed a traceback."""
    if failure.exitcode < 0:
        number = signal.Signals(-failure.exitcode)
        hint = ' (memory may be short: see dmesg)' if number is signal.SIGKILL else ''
        line = f'process {rank} was ended by {number.name}{hint}, and the others with it{_RESUME}'
        status = 128 + number
    else:
        line = failure.message if os.path.isfile(failure.error_file) else ''
        status = failure.exitcode or 1
    if line:
        print(f'error: {line}', file=sys.stderr)
    return status


if __name__ == '__main__':
    sys.exit(main())
