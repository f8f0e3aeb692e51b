"""A pipeline's results as a table: for a terminal, in Markdown, in HTML."""

import base64
import html
import json
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..utils.progress import duration

#: What is measured beside the methods' maps, and its name.
PSEUDO_LABELS, SEGMENTATION = 'pseudo_labels', 'segmentation'
_NAMES = {PSEUDO_LABELS: 'pseudo-label', SEGMENTATION: 'segmentation'}
#: Where: on training images with masks, and on images never trained on.
ROLES = ('masked', 'val')
_STYLE = """body{font:15px/1.5 sans-serif;max-width:72em;margin:2em auto;
padding:0 1em;color:#222}table{border-collapse:collapse;margin:1em 0}
td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}img{max-width:100%}
tr.total td{font-weight:bold}code{overflow-wrap:anywhere}"""


def read_report(work_dir: Path) -> dict:
    """Read a report.

    Args:
        work_dir (Path): The folder of a pipeline.

    Returns:
        dict: What ``report.json`` holds.

    Raises:
        UserError: If there is none.
    """
    path = work_dir / 'report.json'
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(
            f'{path}: not there or not readable; run the pipeline to its end'
        ) from error


def columns(report: dict) -> dict[str, str]:
    """Return what is measured, in the order of the table: short names by key."""
    return {method['key']: method['short'] for method in report['methods']} | _NAMES


def find(report: dict, method: str, role: str) -> dict:
    """Return one measurement of a report: its split, scores, threshold and what made it.

    Args:
        report: From :func:`collect_results`.
        method: A key of :func:`columns`.
        role: One of ``ROLES``.
    """
    return next(
        one for one in report['measurements'] if (one['method'], one['role']) == (method, role)
    )


def table_rows(report: dict) -> list[list[str]]:
    """The table: a row for each class, the mean and the threshold.

    Args:
        report (dict): The report of a pipeline.

    Returns:
        list[list[str]]: A name and, for each method, the numbers on both
        splits; IoU in per cent.
    """
    cells = [find(report, method, role) for method in columns(report) for role in ROLES]
    rows = [
        [name, *(_percent(one['scores']['per_class'][name]['iou']) for one in cells)]
        for name in report['classes']
    ]
    rows.append(['mean (mIoU)', *(_percent(one['scores']['mIoU']) for one in cells)])
    rows.append(
        [
            'threshold',
            *('' if one['threshold'] is None else f'{one["threshold"]:g}' for one in cells),
        ]
    )
    return rows


def terminal_report(report: dict) -> str:
    """The table and the words, for a terminal.

    Args:
        report (dict): The report of a pipeline.

    Returns:
        str: Lines of at most about 80 characters, but for long class names.
    """
    rows = table_rows(report)
    width = max(13, *(len(row[0]) for row in rows))
    head = ''.join(f'{name:>16}' for name in columns(report).values())
    roles = ''.join(f'{_role(role):>8}' for _ in columns(report) for role in ROLES)
    lines = ['', f'{"IoU, per cent":{width}}{head}', f'{"":{width}}{roles}']
    for name, *cells in rows:
        if name.startswith('mean'):
            lines.append('-' * (width + 8 * len(cells)))
        lines.append(f'{name:{width}}' + ''.join(f'{c:>8}' for c in cells))
    return '\n'.join([*lines, '', f'{_key(report)}', '', *report['sentences']])


def _role(role: str) -> str:
    return 'train' if role == 'masked' else role


def _key(report: dict) -> str:
    """What the two columns are."""
    masked, val = (find(report, SEGMENTATION, role) for role in ROLES)
    return (
        f'train: the {masked["num_images"]} images of {masked["split"]}, '
        f'whose image labels were trained on; val: the '
        f'{val["num_images"]} images of {val["split"]}.'
    )


def markdown_report(report: dict) -> str:
    """The report for people, in Markdown.

    Args:
        report (dict): The report of a pipeline.

    Returns:
        str: With the pictures by name.
    """
    names = ['IoU, per cent', *_columns(report)]
    lines = [_line(names), _line(['---', *['---:'] * (len(names) - 1)])]
    for row in table_rows(report):
        bold = row[0].startswith('mean')
        lines.append(_line([f'**{c}**' if bold else c for c in row]))
    steps = [_line(['step', 'time']), _line(['---', '---:'])]
    steps += [_line([one['title'], duration(one['seconds'])]) for one in report['steps']]
    sentences = [f'- {text}' for text in report['sentences']]
    return '\n'.join(
        [
            f'# Pipeline {report["name"]}, random seed {report["seed"]}',
            '',
            *lines,
            '',
            _key(report),
            '',
            *sentences,
            '',
            f'![Pictures]({"panel.png"})',
            '',
            report['panel']['rule'],
            '',
            '![Thresholds](curve.png)',
            '',
            f'Time in all: {duration(report["seconds"])}.',
            '',
            *steps,
            '',
        ]
    )


def html_report(work_dir: Path, report: dict) -> str:
    """The report as one HTML file, with its pictures in it.

    Args:
        work_dir (Path): Holds ``panel.png`` and ``curve.png``.
        report (dict): The report of a pipeline.

    Returns:
        str: HTML without scripts.
    """
    title = f'Pipeline {report["name"]}, random seed {report["seed"]}'
    head = ''.join(f'<th>{html.escape(name)}</th>' for name in ('IoU, per cent', *_columns(report)))
    body = ''.join(_html_row(row, row[0].startswith('mean')) for row in table_rows(report))
    items = ''.join(f'<li>{html.escape(text)}</li>' for text in report['sentences'])
    steps = ''.join(_html_row([one['title'], duration(one['seconds'])]) for one in report['steps'])
    origins = ''.join(
        _html_row([columns(report)[one['method']], one['config'], one['checkpoint_sha256'][:16]])
        for one in report['measurements']
        if one['role'] == 'val'
    )
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>'
        f'{html.escape(title)}</title><style>{_STYLE}</style><h1>'
        f'{html.escape(title)}</h1><table><tr>{head}</tr>{body}</table><p>'
        f'{html.escape(_key(report))}</p><ul>{items}</ul><h2>Pictures</h2>'
        f'{_image(work_dir / "panel.png")}<p>'
        f'{html.escape(report["panel"]["rule"])}</p><h2>Thresholds</h2>'
        f'{_image(work_dir / "curve.png")}<h2>What made the numbers</h2>'
        f'<table><tr><th>method</th><th>config</th><th>SHA-256 of the '
        f'checkpoint</th></tr>{origins}</table><h2>Time</h2><table>{steps}'
        f'{_html_row(["in all", duration(report["seconds"])], True)}</table>'
        f'</html>\n'
    )


def _columns(report: dict) -> list[str]:
    return [f'{name}, {_role(role)}' for name in columns(report).values() for role in ROLES]


def _line(cells: Sequence[str]) -> str:
    return f'| {" | ".join(cells)} |'


def _html_row(cells: Sequence[str], total: bool = False) -> str:
    start = '<tr class="total">' if total else '<tr>'
    body = ''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)
    return f'{start}{body}</tr>'


def _image(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{path.stem}" src="data:image/png;base64,{data}">'


def _percent(value: float | None) -> str:
    return 'n/a' if value is None else f'{100 * value:.1f}'
