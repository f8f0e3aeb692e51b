"""How much of an image pseudo-labels cover, which a person who knows the objects can judge."""

from ..errors import UserError
from ..formats.export_folder import ExportFolder
from ..formats.result_folder import ResultFolder
from ..utils.files import read_json
from ..utils.text import per_cent


def covered_lines(results: ResultFolder) -> list[str]:
    """Return what the labels cover at the threshold that the maps chose, as lines for people.

    Nothing else shows that maps are ten times wider than the objects.

    Args:
        results: Those of a finished run.

    Returns:
        No line where somebody has chosen the threshold, or there is none.
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
        '  --expected-area RANGE, e.g. 1-5%',
    ]
