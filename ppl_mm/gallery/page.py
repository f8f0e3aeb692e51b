"""Pages of HTML: one file each, without scripts, that needs nothing from a network."""

import base64
import shlex
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..formats.class_list import channel_names
from ..utils.progress import duration
from ..utils.text import noun
from .tables import (
    MEAN,
    ROLES,
    columns,
    find,
    has_curves,
    percent,
    role_name,
    splits_line,
    table_rows,
    title,
)

_HERE = Path(__file__).parent
#: What every gallery has beside its pictures, in its folder.
SITE_FILES = (
    'index.html',
    'data.js',
    *sorted(path.name for path in (_HERE / 'static' / 'gallery').iterdir()),
)


def render(template: str, **content: object) -> str:
    """Return a page of a file in ``templates``; every text in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / 'templates'),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= dict(percent=percent, duration=duration, shell=shlex.join, noun=noun)
    return environment.get_template(template).render(**content)


def html_report(work_dir: Path, report: dict) -> str:
    """Return the report of a pipeline as a page that holds its pictures.

    Args:
        work_dir: Holds ``panel.png`` and ``curve.png``.
        report: From :func:`.results.collect_results`, with its ``panel``.
    """
    names = {method['key']: method['name'] for method in report['methods']}
    shown = columns(report) if report['measurements'] else {}
    measured = [
        dict(
            short=short,
            name=names.get(key, short),
            roles=[(role_name(role), find(report, key, role)) for role in ROLES],
        )
        for key, short in shown.items()
    ]
    return render(
        'report.html',
        style=(_HERE / 'static' / 'page.css').read_text(encoding='utf-8'),
        title=title(report),
        report=report,
        classes=channel_names(report['classes']),
        measured=measured,
        roles=[role_name(role) for role in ROLES],
        rows=table_rows(report) if measured else (),
        mean=MEAN,
        has_gallery=(work_dir / 'gallery' / 'index.html').is_file(),
        splits=splits_line(report) if measured else '',
        pictures={
            name: _data_url(work_dir / f'{name}.png')
            for name in ['panel'] + ['curve'] * has_curves(report)
        },
    )


def _data_url(path: Path) -> str:
    return f'data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}'
