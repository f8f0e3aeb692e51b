"""torchrun, which ends with the status of what failed and no traceback.

``python -m ppl_mm.utils.launch`` takes torchrun's arguments.
"""

import sys

from torch.distributed import run as torchrun
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError


def main(args: list[str] | None = None) -> int:
    """Start the processes and wait for them.

    Args:
        args (list[str], optional): See torchrun. Defaults to the command
            line's.

    Returns:
        int: 0, or the exit status of the process that failed first; 128 + the
        signal where one has ended it all, as a shell does.
    """
    try:
        torchrun.main(args)
    except ChildFailedError as error:
        # Each process has said what went wrong: nothing to add.
        _, failure = error.get_first_failure()
        return abs(failure.exitcode) or 1
    except SignalException as error:  # the processes have ended by now
        print(f'error: ended by {error.sigval.name}', file=sys.stderr)
        return 128 + error.sigval
    return 0


if __name__ == '__main__':
    sys.exit(main())
