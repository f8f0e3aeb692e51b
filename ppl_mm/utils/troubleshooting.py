"""Where an error or a warning sends its reader for more, and what helps in known failures."""

import re

PAGE = 'docs/troubleshooting.md'
#: Headings of the page, as anchors, by a short name.
TOPICS = {
    'flooded': 'masks-flood-the-background',
    'narrow': 'masks-show-only-heads-and-wheels',
    'wrong thing': 'masks-cover-the-wrong-thing',
    'black': 'labels-are-black',
    'nowhere': 'a-class-is-nowhere',
    'threshold': 'which-threshold',
    'negatives': 'images-without-any-class',
    'memory': 'out-of-memory',
    'versions': 'versions-do-not-fit',
    'checkpoint': 'a-checkpoint-is-refused',
    'numbers': 'numbers-are-not-reproduced',
}
# Failures that PyTorch and others report in ways that do not help, what does, and its topic.
_WORKERS = 'train_dataloader.num_workers (or test_dataloader.num_workers)'
_KNOWN = (
    (
        r'shared memory|Bus error|bus error|unable to (write to|open) (file|shared)',
        f'shared memory (/dev/shm) is too small for the data loaders: set {_WORKERS} to 0, or '
        'give the container more (docker run --shm-size=8g)',
        'memory',
    ),
    (
        r'DataLoader worker .*(killed|exited)',
        f'a data-loader worker was killed, memory may be short (see dmesg): lower {_WORKERS}, or '
        'the batch size',
        'memory',
    ),
    (
        r'out of memory|not enough memory|can.t allocate memory',
        'memory is short: lower train_dataloader.batch_size, or the size of the images',
        'memory',
    ),
    (
        r'The image size in a batch should be the same',  # mmsegmentation asserts it
        'images of unequal sizes do not fit into one batch: set test_dataloader.batch_size=1 '
        '(in a training: crop them, and set val_dataloader.batch_size=1)',
        None,
    ),
    (
        # PyTorch of a flipped view, OpenCV of one without pixels.
        r'stride in the given numpy array is negative|inv_scale_x > 0|inv_scale_y > 0',
        'an image is not even 2 pixels wide after a resize: raise the scales of the pipelines '
        '(tta_pipeline, test_pipeline, train_pipeline), or leave out the smallest images',
        None,
    ),
)


def with_help(line: str, topic: str) -> str:
    """Return a line of an error or a warning, and where the page helps, by a key of `TOPICS`.

    Examples:
        >>> with_help('labels are void; ignore less', 'black')
        'labels are void; ignore less; see docs/troubleshooting.md#labels-are-black'
    """
    return f'{line}; see {PAGE}#{TOPICS[topic]}'


def explain_failure(error: BaseException) -> str | None:
    """Return a line on what a user can do about an error; None for one that may be a bug."""
    text = 'out of memory' if isinstance(error, MemoryError) else str(error)
    for pattern, line, topic in _KNOWN:
        if re.search(pattern, text):
            return with_help(line, topic) if topic else line
    return None
