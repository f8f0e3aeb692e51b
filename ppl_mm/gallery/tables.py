"""A pipeline's results as a table: for a terminal and in Markdown."""

import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..formats.class_list import NO_BACKGROUND
from ..formats.ground_truth import note_on_negatives
from ..utils.files import read_json
from ..utils.progress import duration
from ..utils.text import counted, printable

#: What is measured beside the methods' maps, and its name.
PSEUDO_LABELS, SEGMENTATION = 'pseudo_labels', 'segmentation'
_NAMES = {PSEUDO_LABELS: 'pseudo-label', SEGMENTATION: 'segmentation'}
#: The row of the mean.
MEAN = 'mean (mIoU)'
#: Where: on training images with masks, and on images never trained on.
ROLES = ('masked', 'val')
# What acts in Markdown's text; an underscore does only at the edge of a word.
_MARKUP = re.compile(r'[\\`*\[\]<>|#~$&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])')


def read_report(work_dir: Path) -> dict:
    """Return what ``report.json`` in the folder of a pipeline holds.

    Raises:
        UserError: If it is missing or not readable.
    """
    return read_part(work_dir / 'report.json')


def read_part(path: Path) -> dict:
    """Return what a file holds that a step of a pipeline has written.

    Raises:
        UserError: If it is missing or not readable.
    """
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise UserError(f'{path}: missing or not readable; run the pipeline to its end') from error


def has_curves(report: dict) -> bool:
    """Return whether maps were cut at thresholds and measured."""
    return bool(report['measurements']) and NO_BACKGROUND not in report['classes']


def columns(report: dict) -> dict[str, str]:
    """Return what is measured, in the order of the table: short names by key."""
    return {method['key']: method['short'] for method in report['methods']} | _NAMES


def find(report: dict, method: str, role: str) -> dict:
    """Return a measurement, by the key of a method and a role: split, scores and threshold."""
    return next(
        one for one in report['measurements'] if (one['method'], one['role']) == (method, role)
    )


def table_rows(report: dict) -> list[list[str]]:
    """Return the table: a row for each class, one for the mean, and one for thresholds, if any.

    Returns:
        Rows of a name and, for each of :func:`columns`, the numbers of both ``ROLES``; IoU in per
        cent.
    """
    cells = [find(report, method, role) for method in columns(report) for role in ROLES]
    rows = [
        [printable(name), *(percent(one['scores']['per_class'][name]['iou']) for one in cells)]
        for name in report['classes']
        if name != NO_BACKGROUND
    ]
    rows.append([MEAN, *(percent(one['scores']['mIoU']) for one in cells)])
    thresholds = [_cut(one) for one in cells]
    return [*rows, ['threshold', *thresholds]] if any(thresholds) else rows


def _cut(one: dict) -> str:
    """Return where the maps of a measurement are cut, '' where nothing is."""
    if one.get('thresholds'):  # not in reports of older versions
        return 'by class'
    return '' if one['threshold'] is None else f'{one["threshold"]:g}'


def percent(fraction: float | None) -> str:
    """Return a fraction in per cent, ``n/a`` where there is none."""
    return 'n/a' if fraction is None else f'{100 * fraction:.1f}'


def role_name(role: str) -> str:
    """Return what a column of a role is called."""
    return 'train' if role == 'masked' else role


def splits_line(report: dict) -> str:
    """Return what the columns of the two roles are, in a sentence."""
    masked, val = (_images_of(find(report, PSEUDO_LABELS, role)) for role in ROLES)
    return printable(
        f'train: the {masked}; their image-level labels were trained on. val: the {val}.'
    )


def _images_of(measured: dict) -> str:
    note = note_on_negatives(measured.get('negatives_without_mask', 0))
    return f'{counted(measured["num_images"], "image")} of {measured["split"]}{note}'


def terminal_report(report: dict) -> str:
    """Return table and sentences, in lines of about 16 characters for each column."""
    sentences = list(map(printable, report['sentences']))
    if not report['measurements']:
        return '\n'.join(['', *sentences])
    rows = table_rows(report)
    width = max(13, *(len(row[0]) for row in rows))
    head = ''.join(f'{printable(name):>16}' for name in columns(report).values())
    roles = ''.join(f'{role_name(role):>8}' for _ in columns(report) for role in ROLES)
    lines = ['', f'{"IoU, per cent":{width}}{head}', f'{"":{width}}{roles}']
    for name, *cells in rows:
        if name == MEAN:
            lines.append('-' * (width + 8 * len(cells)))
        lines.append(f'{name:{width}}' + ''.join(f'{cell:>8}' for cell in cells))
    return '\n'.join([*lines, '', splits_line(report), '', *sentences])


def markdown_report(report: dict) -> str:
    """Return the report in Markdown; it shows the pictures that lie beside it."""
    steps = [_line(['step', 'time']), _rule(1)]
    steps += [_line([one['title'], duration(one['seconds'])]) for one in report['steps']]
    return '\n'.join(
        [
            f'# {escape_markdown(title(report))}',
            '',
            *(_markdown_table(report) if report['measurements'] else ()),
            *(f'- {escape_markdown(sentence)}' for sentence in report['sentences']),
            '',
            '![Pictures](panel.png)',
            '',
            escape_markdown(report['panel']['rule']),
            '',
            *(['![Thresholds](curve.png)', ''] if has_curves(report) else ()),
            f'Time in all: {duration(report["seconds"])}.',
            '',
            *steps,
            '',
        ]
    )


def _markdown_table(report: dict) -> list[str]:
    """Return the lines of the table, and of what its columns are."""
    names = [f'{name}, {role_name(role)}' for name in columns(report).values() for role in ROLES]
    rows = table_rows(report)
    table = [_line(['IoU, per cent', *names]), _rule(len(names))]
    table += [_line(row, '**' * (row[0] == MEAN)) for row in rows]
    return [*table, '', escape_markdown(splits_line(report)), '']


def title(report: dict) -> str:
    """Return the title of a report."""
    return f'Pipeline {report["name"]}, random seed {report["seed"]}'


def escape_markdown(text: str) -> str:
    """Return a text on one line in which nothing acts in Markdown.

    Examples:
        >>> print(escape_markdown('<b> of train_official'))
        \\<b\\> of train_official
    """
    return _MARKUP.sub(r'\\\g<0>', printable(text))


def _line(cells: Sequence[str], mark: str = '') -> str:
    return f'| {" | ".join(f"{mark}{escape_markdown(cell)}{mark}" for cell in cells)} |'


def _rule(numbers: int) -> str:
    return f'| {" | ".join(["---", *["---:"] * numbers])} |'
