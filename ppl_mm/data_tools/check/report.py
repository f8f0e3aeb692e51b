"""The report of a check of a data set: a table, findings, a picture and a JSON."""

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...utils.files import read_json, write_json
from ...utils.text import counted, printable
from ...visualization.dataset_sheet import draw_dataset
from ...visualization.figures import save_figure
from .advice import Advice, expectation, recommend
from .content_findings import CONTENT_CHECKS
from .file_findings import FILE_CHECKS
from .finding import LEVELS, Finding
from .label_findings import LABEL_CHECKS
from .object_share import ObjectShare, class_shares
from .scan import DatasetScan
from .sheets import SHEETS, write_sheets

_SHOWN = 5  # cases of a finding that are printed
_BAR = 30  # characters


def report_check(scan: DatasetScan, out: Path) -> dict[str, int]:
    """Print what is wrong with a data set and what fits it, and write the report.

    The report is ``report.json``, ``report.png``, and pictures of the images, see
    :func:`.write_sheets`.

    Returns:
        How many findings there are of each level: error, warning and note.
    """
    findings, figures, advice = find_all(scan), _describe(scan), recommend(scan)
    _print_table(figures)
    _print_findings(findings)
    _print_advice(figures['expectation'], advice)
    sizes = list(scan.sizes().values())
    save_figure(draw_dataset(figures['counts'], sizes, str(scan.options.root)), out / 'report.png')
    for path in write_sheets(scan, out):
        print(f'look at {path}: {SHEETS[path.name]}')
    # The last, since it says that the report is whole.
    figures |= dict(findings=list(map(asdict, findings)), advice=list(map(asdict, advice)))
    write_json(out / 'report.json', figures)
    counts = {level: sum(finding.level == level for finding in findings) for level in LEVELS}
    print(
        ', '.join(counted(number, level) for level, number in counts.items())
        + f'; {out}/report.json and report.png hold them all'
    )
    return counts


def read_error(out: Path) -> str:
    """Return the first error of a check that was reported, with the way out; '' without one.

    Raises:
        UserError: If there is no report.
    """
    path = out / 'report.json'
    try:
        findings = read_json(path)['findings']
        errors = [one for one in findings if one['level'] == 'error']
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f'{path}: not readable as a report; remove it') from error
    return f'{errors[0]["text"]}: {errors[0]["advice"]}' if errors else ''


def find_all(scan: DatasetScan) -> list[Finding]:
    """Return everything that is wrong with a data set: errors, warnings, notes."""
    checks = LABEL_CHECKS + CONTENT_CHECKS + FILE_CHECKS
    found = [finding for check in checks for finding in check(scan)]
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def _describe(scan: DatasetScan) -> dict:
    """Return figures of a data set, of JSON's types."""
    sizes = sorted(scan.sizes().values(), key=math.prod)
    return dict(
        data_root=str(scan.options.root),
        labels=scan.ann_file,
        label_form=scan.form or 'not read',
        classes=list(scan.classes),
        background=scan.background,
        lists={name: len(ids) for name, ids in scan.lists.items()},
        train=scan.train,
        val=scan.options.val,
        images=len(scan.used()),
        masks=len(scan.masks),
        kinds=scan.kinds(),
        labels_per_image=float(
            np.mean([len(scan.labels.get(image, ())) for image in scan.used()] or [0])
        ),
        counts={split: scan.counts(split) for split in ('train', 'val')},
        sizes=dict(smallest=sizes[0], median=sizes[len(sizes) // 2], largest=sizes[-1])
        if sizes
        else {},
        object_share={name: asdict(share) for name, share in class_shares(scan).items()},
        expectation=expectation(scan),
    )


def _block() -> str:
    """What bars are made of."""
    try:
        '█'.encode(sys.stdout.encoding or 'utf-8')
    except UnicodeEncodeError:
        return '#'
    return '█'


def _print_table(figures: dict) -> None:
    """Print counts of classes, with bars, and sizes."""
    print(
        '{data_root}: {} in {train} and {val}, {labels_per_image:.2f} labels an image, {}; labels '
        'of {labels} ({label_form})'.format(
            counted(figures['images'], 'image'), counted(figures['masks'], 'mask'), **figures
        )
    )
    print(
        'images: {with_class} with a class, {without_class} without, {unlabelled} '
        'unlabelled'.format(**figures['kinds'])
    )
    train, val = figures['counts']['train'], figures['counts']['val']
    width = max(map(len, train), default=0)
    most = max([1, *train.values()])
    block = _block()
    shares = {name: str(ObjectShare(**one)) for name, one in figures['object_share'].items()}
    wide = max(map(len, ['part of an image', *shares.values()]))
    print(f'{"class":{width}}  {"train":>6}  {"val":>6}' + '  part of an image' * bool(shares))
    for name, count in train.items():
        bar = block * round(_BAR * count / most)
        share = f'  {shares.get(name, ""):{wide}}' * bool(shares)
        print(f'{name:{width}}  {count:6}  {val[name]:6}{share}  {bar}')
    if figures['sizes']:
        shown = ', '.join(
            '{} {} x {}'.format(name, *size) for name, size in figures['sizes'].items()
        )
        print(f'width x height of an image: {shown}')


def _print_findings(findings: Sequence[Finding]) -> None:
    """Print what is wrong, each with some cases and the way out."""
    for finding in findings:
        print(printable(f'{finding.level}: {finding.text}'))
        for item in finding.items[:_SHOWN]:
            print(f'    {printable(item)}')
        if len(finding.items) > _SHOWN:
            print(f'    and {len(finding.items) - _SHOWN} more')
        if finding.advice:
            print(f'  -> {printable(finding.advice)}')


def _print_advice(expected: str, advice: Sequence[Advice]) -> None:
    """Print what to expect, and what fits the data."""
    print(f'what to expect: {expected}')
    print('what fits:')
    for one in advice:
        print(printable(f'    {one.option}: {one.reason}'))
