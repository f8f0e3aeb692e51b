"""What a user of make_masks.py reads at the end: what is where, how good it is, and what to do."""

import shlex
from collections.abc import Sequence

from ..data_tools.check.sheets import CLASS_SHEET
from ..errors import UserError
from ..evaluation import evaluate_labels, mean_scores
from ..formats.corrected_masks import held_out
from ..formats.export_folder import ExportFolder
from ..formats.ground_truth import GroundTruth
from ..formats.result_folder import ResultFolder
from ..formats.voc_layout import VOCLayout
from ..utils.class_values import join_classes
from ..utils.files import read_json
from ..utils.project import command_line
from ..utils.text import counted, per_cent
from .predict import LABELS


def closing_lines(results: ResultFolder) -> list[str]:
    """Return what is where after a run, how good it may be, and the next commands."""
    count = sum(1 for _ in results.masks.rglob('*.png'))
    first, sheet = results.gallery / 'index.html', results.check / CLASS_SHEET
    return [
        '',
        f'{count} masks:     {results.masks}',
        *([f'as GeoTIFFs:  {results.masks_geo}'] if results.masks_geo.is_dir() else []),
        *([f'look at them: {first}'] if first.is_file() else []),
        *([f'your classes: {sheet}'] if sheet.is_file() else []),
        f'the network:  {results.model}',
        *covered_lines(results),
        *held_out_lines(results),
        '',
        'Masks that you have corrected, in a copy of that folder, are learnt from with',
        '  --corrected COPY',
        'Masks of new images:',
        f'  {command_line("predict")} NEW_IMAGES {results.root} --out new_masks',
    ]


def covered_lines(results: ResultFolder) -> list[str]:
    """Return what the labels cover at the threshold that the maps chose, no line at another one.

    Nothing else shows that maps are ten times wider than the objects.
    """
    try:
        paths = read_json(results.work / 'pipeline.json')['paths']
        record = ExportFolder(results.work / paths['labels']).read()
    except (OSError, KeyError, UserError):
        return []
    origin, seen = record.threshold_origin or '', record.label_summary or {}
    if 'auto' not in origin or 'expected area' in origin or not seen.get('covered'):
        return []
    return [
        f'labels cover {per_cent(seen["covered"])} % of an image on average. If your objects cover '
        'much less or more, add',
        '  --expected-area 1-5%' + _by_class(record.classes),
    ]


def _by_class(classes: Sequence[str]) -> str:
    """Return how to say it of classes, where there are several."""
    if len(classes) < 2:
        return ''
    ranges = join_classes({classes[0]: '1-5%', classes[1]: '10-30%'})
    return f', or for classes that differ  --expected-area {shlex.quote(ranges)}'


def held_out_lines(results: ResultFolder) -> list[str]:
    """Return the score on corrected masks of images outside of train, no line without such."""
    images, layout = held_out(results.data), VOCLayout(results.data)
    if not images:
        return []
    classes = layout.read_classes()
    truth = GroundTruth(layout.corrected_dir, classes=classes)
    labels = results.work / 'predict' / LABELS
    confusion = evaluate_labels(labels, truth, images, len(classes), progress=False)
    return [
        f'measured:     {100 * mean_scores(confusion)["mIoU"]:.1f} % mIoU with '
        f'{counted(len(images), "corrected mask")} that nothing has learnt from'
    ]
