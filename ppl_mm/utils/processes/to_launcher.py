"""Pass messages from the processes to their launcher; imports in a moment, without torch."""

import json
import os
import time

# The process id of the launcher.
LAUNCHER_VARIABLE = 'PPL_MM_LAUNCHER'


def leave_to_launcher(line: str) -> bool:
    """Hand why a process failed to :mod:`.launch`; return False if that has not started it."""
    file = os.environ.get('TORCHELASTIC_ERROR_FILE')
    if not file or LAUNCHER_VARIABLE not in os.environ:
        return False
    with open(file, 'w') as out:
        json.dump(dict(message=line, timestamp=int(time.time())), out)
    return True
