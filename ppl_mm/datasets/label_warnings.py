"""What is suspicious about pseudo-labels, said before a network learns from them."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.logging import print_log

from ..formats.pseudo_label_summary import summarize_labels

# Reading them takes some seconds.
_MOST_READ = 2000


def warn_about_labels(
    labels: Mapping[str, str], classes: Sequence[str], negatives: Callable[[], Collection[str]]
) -> None:
    """Log a line for each thing that is suspicious about the labels of a training.

    In a distributed run the main process does. Of many labels, a sample is read.

    Args:
        labels: The path of each image's label by image id.
        classes: Foreground classes.
        negatives: Returns the ids of the images that show none of them.

    Raises:
        UserError: If a label cannot be read.
    """
    if not is_main_process():
        return
    paths = {name: Path(path) for name, path in labels.items()}
    found = summarize_labels(paths, len(classes), negatives, most=_MOST_READ)
    for line in found.warnings(classes):
        print_log(line, logger='current', level=logging.WARNING)
