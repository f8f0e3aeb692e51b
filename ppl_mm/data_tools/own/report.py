"""What a user reads after a data set was made."""

from pathlib import Path

from ...formats.class_list import NO_BACKGROUND
from ...formats.data_record import read_box_shares, read_data_record
from ...formats.found_files import MASKS
from ...formats.images.white_level import white_level_line
from ...formats.photo_names import SOURCES
from ...formats.voc_layout import VOCLayout
from ...utils.text import counted, per_cent, printable
from .data import OwnDataSummary
from .split import LABELLED


def print_summary(out: Path, summary: OwnDataSummary | None) -> None:
    """Print what was made of photos, or that the data set was there already."""
    if summary is None:
        print(f'{out}: complete already')
        return
    _print_labels(out, summary)
    for note, count in summary.notes.items():
        print(printable(f'  {count} {note}'))
    white_level, bands = summary.values
    if white_level:
        print(f'  {white_level_line(white_level)}')
    if bands:
        red, green, blue = bands.rgb_bands
        print(
            f'  {bands.count} bands are kept; {bands.low:g} to {bands.high:g} are read as 0 to 255 '
            f'(--value-range); bands {red}, {green}, {blue} are shown as red, green, blue '
            '(--rgb-bands)'
        )
    if summary.left_out:
        print(f'  {len(summary.left_out)} left out, see {out / "problems.txt"}')
    for kind, count in summary.skipped.items():
        hint = '; --masks DIR names their folder' * (kind == MASKS)
        print(f'  {count} not used: {kind}{hint}')
    if summary.skipped:
        print(f'  which photo or file became what: {out / SOURCES}')


def _print_labels(out: Path, summary: OwnDataSummary) -> None:
    """Print how many images show what."""
    labels = summary.labels
    count = len(labels.classes)
    print(f'{out}: labels: {labels.form}, ' + counted(count, 'class', 'classes'))
    meanings = VOCLayout(out).read_label_names()
    values = [f'{value}={name}' for value, name in enumerate(meanings) if name != NO_BACKGROUND]
    print(f'{out}: values in masks: {", ".join(values)}')
    if meanings[0] == NO_BACKGROUND:
        print(f'{out}: no background: every pixel belongs to a class')
    for split, size in summary.sizes.items():
        shown = [f'{name} {summary.counts[split][name]}' for name in labels.classes]
        if summary.counts[split]['']:
            shown.append(f'none {summary.counts[split][""]}')
        print(
            f'{out}: {split} {counted(size, "image")}'
            + f': {", ".join(shown)}' * (split != 'unlabelled')
        )
    negatives = summary.total('')
    labelled = sum(size for split, size in summary.sizes.items() if split in LABELLED)
    print(
        f'{out}: {counted(labelled - negatives, "image")} with a class, '
        f'{negatives} without, {summary.sizes.get("unlabelled", 0)} unlabelled'
    )
    if share := read_box_shares(out).all:
        print(
            f'{out}: boxes cover {per_cent(share)} % of a training image with a class; a threshold '
            'of auto lets labels cover no more on average'
        )
    if labels.unused:
        print(f'  no photo shows {", ".join(labels.unused)}; left out of the classes')
    if labels.outside:
        names = ', '.join(f'{name} {count}' for name, count in labels.outside.items())
        print(f'  not among --classes: {names}; photos that show nothing else {_fate(out)}')
    for name, near in labels.typos.items():
        print(
            f"warning: class '{name}' has {counted(summary.total(name), 'image')} and '{near}' "
            f'{summary.total(near)}; if it is misspelt, correct the labels and start again'
        )


def _fate(out: Path) -> str:
    """Return what has become of photos that show other classes only."""
    if read_data_record(out).get('keep_others'):
        return 'count as showing none'
    return 'are left out (--keep-others keeps them, as showing none)'
