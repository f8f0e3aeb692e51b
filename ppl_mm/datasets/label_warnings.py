"""What is suspicious about pseudo-labels, said before a network learns from them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from mmengine.dist import is_main_process

from ..formats.class_list import NO_BACKGROUND
from ..formats.pseudo_label_summary import summarize_labels
from ..utils.console import warn

# Reading them takes some seconds.
_MOST_READ = 2000


def warn_about_labels(
    labels: Mapping[str, str], names: Sequence[str], negatives: Callable[[], Collection[str]]
) -> None:
    """Log a line for each thing that is suspicious about the labels of a training.

    In a distributed run the main process does. Of many labels, a sample is read. For ``names`` see
    :func:`.class_list.label_names`, for ``negatives`` :func:`.summarize_labels`.

    Raises:
        UserError: If a label cannot be read.
    """
    if not is_main_process():
        return
    paths = {name: Path(path) for name, path in labels.items()}
    zero, *classes = names
    background = zero != NO_BACKGROUND
    found = summarize_labels(paths, len(classes), negatives, _MOST_READ, background)
    for line in found.warnings(classes):
        warn(line)
