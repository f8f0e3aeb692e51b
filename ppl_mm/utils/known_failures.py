"""Explain failures of the machine that PyTorch reports in ways that do not help."""

import re

from .troubleshooting import with_help

_WORKERS = 'train_dataloader.num_workers (or test_dataloader.num_workers)'
_KNOWN = (
    (
        r'shared memory|Bus error|bus error|unable to (write to|open) (file|shared)',
        f'shared memory (/dev/shm) is too small for the data loaders: set {_WORKERS} to 0, or '
        'give the container more (docker run --shm-size=8g)',
    ),
    (
        r'DataLoader worker .*(killed|exited)',
        f'a data-loader worker was killed, memory may be short (see dmesg): lower {_WORKERS}, or '
        'the batch size',
    ),
    (
        r'out of memory|not enough memory|can.t allocate memory',
        'memory is short: lower train_dataloader.batch_size, or the size of the images',
    ),
)
# What mmsegmentation asserts of a batch.
_UNEQUAL = 'The image size in a batch should be the same'


def explain_failure(error: BaseException) -> str | None:
    """Return what a user can do about an error.

    Args:
        error: As caught.

    Returns:
        One line; None for an error that may be a bug.
    """
    if _UNEQUAL in str(error):
        return (
            'images of unequal sizes do not fit into one batch: set test_dataloader.batch_size=1 '
            '(in a training: crop them, and set val_dataloader.batch_size=1)'
        )
    if isinstance(error, MemoryError):
        return with_help(_KNOWN[-1][1], 'memory')
    found = (line for pattern, line in _KNOWN if re.search(pattern, str(error)))
    return next((with_help(line, 'memory') for line in found), None)
