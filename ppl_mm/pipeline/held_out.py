"""How well masks agree with those that a user has corrected and nothing has learnt from."""

from ..evaluation import evaluate_labels
from ..evaluation.confusion import mean_scores
from ..formats.corrected_masks import held_out
from ..formats.ground_truth import GroundTruth
from ..formats.result_folder import ResultFolder
from ..formats.voc_layout import VOCLayout
from ..utils.text import counted
from .predict import LABELS


def held_out_lines(results: ResultFolder) -> list[str]:
    """Return the score on corrected masks of images outside of train, as a line for people.

    Args:
        results: Those of a finished run.

    Returns:
        No line where there is no such mask.
    """
    images, layout = held_out(results.data), VOCLayout(results.data)
    if not images:
        return []
    classes = layout.read_classes()
    confusion = evaluate_labels(
        results.work / 'predict' / LABELS,
        GroundTruth(layout.corrected_dir, classes=classes),
        images,
        len(classes),
        progress=False,
    )
    score = mean_scores(confusion)['mIoU']
    return [
        f'measured:     {100 * score:.1f} % mIoU with {counted(len(images), "corrected mask")} '
        'that nothing has learnt from'
    ]
