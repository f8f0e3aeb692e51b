"""The page of a gallery, its data and what it needs beside."""

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..apis.exporting.summary import THRESHOLD_SHEET
from ..formats.mask_file import voc_colors
from ..utils.files import write_bytes
from .findings import FINDINGS, covered, find_in
from .page import render
from .remedies import other_threshold
from .run_info import run_info
from .source import GallerySource
from .summary import all_scores, label_summary

_STATIC = Path(__file__).parent / 'static' / 'gallery'
_DIGITS = 4


def write_site(source: GallerySource, records: Sequence[Mapping], out: Path) -> Path:
    """Write the page of a gallery whose pictures are drawn; return the page to open."""
    data, summary = _data(source, records), label_summary(source, records)
    for path in sorted(_STATIC.iterdir()):
        shutil.copyfile(path, out / path.name)
    sheet = source.threshold_sheet()
    if sheet:
        shutil.copyfile(sheet, out / THRESHOLD_SHEET)
    else:
        (out / THRESHOLD_SHEET).unlink(missing_ok=True)
    page = render(
        'gallery/index.html',
        title=source.title,
        source=source,
        counts=_counts(data),
        classes=data['classes'],
        findings=_findings(source, data),
        warnings=summary.warnings(source.classes),
        summary=summary,
        pseudo_label=source.title_of(source.pseudo_label),
        scores=all_scores(source, records),
        run=run_info(source.work_dir),
        sheet=sheet and THRESHOLD_SHEET,
    )
    # What the browser runs comes first, the page that asks for it last.
    _write(out / 'data.js', f'window.GALLERY = {_script(data)};\n')
    _write(out / 'index.html', page)
    return out / 'index.html'


def _data(source: GallerySource, records: Sequence[Mapping]) -> dict:
    """Return what the scripts show, of JSON's types."""
    labels, splits = source.image_labels(), source.split_of()
    return dict(
        classes=[
            dict(name=name, color=f'#{bytes(voc_colors()[label]).hex()}')
            for label, name in enumerate(source.classes, 1)
        ],
        splits=list(dict.fromkeys(splits.values())),
        layers=[
            dict(key=layer.key, title=layer.title, isMap=layer.is_map) for layer in source.layers
        ],
        pseudoLabel=source.pseudo_label,
        usualLayer=source.usual_layer(),
        rawLabel=source.raw_label,
        findings=[dict(key=one.key, title=one.title) for one in FINDINGS],
        images=[
            _entry(source, record, splits[record['image']], labels.get(record['image']))
            for record in records
        ],
    )


def _entry(
    source: GallerySource, record: Mapping, split: str, labels: Sequence[int] | None
) -> dict:
    """Return what the scripts know of an image."""
    cover = {layer: covered(record, layer) or {} for layer in record['pixels']}
    return dict(
        id=record['image'],
        photo=source.photos.get(record['image']),
        mask=source.masks.get(record['image']),
        key=record['key'],
        split=split,
        labels=labels,
        size=record['size'],
        layers=record['layers'],
        cover={layer: _rounded(shares) for layer, shares in cover.items()},
        agree=_rounded(record['agreement']),
        iou=_rounded(record['iou']),
        findings=find_in(record, source, labels, split in source.trained),
        problems=record['problems'],
    )


def _rounded(numbers: Mapping) -> dict:
    return {key: None if value is None else round(value, _DIGITS) for key, value in numbers.items()}


def _script(data: Mapping) -> str:
    """Return data as JavaScript: JSON in ASCII, without what would end a script."""
    return json.dumps(data, separators=(',', ':')).replace('<', '\\u003c')


def _counts(data: Mapping) -> dict:
    images = data['images']
    return dict(
        images=len(images),
        splits=Counter(one['split'] for one in images),
        negatives=sum(one['labels'] == [] for one in images),
    )


def _findings(source: GallerySource, data: Mapping) -> list[dict]:
    """Return what is suspicious, how often, and the command that would change it."""
    number = Counter(key for one in data['images'] for key in one['findings'])
    return [
        dict(
            finding=one,
            count=number[one.key],
            command=one.threshold
            and other_threshold(source.folder, source.work_dir, one.threshold),
        )
        for one in FINDINGS
        if number[one.key]
    ]


def _write(path: Path, text: str) -> None:
    write_bytes(path, text.encode('utf-8', 'backslashreplace'))
