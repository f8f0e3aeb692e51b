"""What a user says about photographs: the classes of each, or that it shows none."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ...errors import UserError
from ...formats.class_list import (
    check_classes,
    check_count,
    likely_typos,
    natural_order,
    suggest_class,
)
from ...formats.image_labels.label_row import LabelRow
from .label_sources import PhotoRows, merged, rows_from_files, rows_from_folders, rows_from_pattern
from .settings import OwnDataSettings

#: The folder of photos that show none of the classes.
NEGATIVE_FOLDER = '_negative'


@dataclass(frozen=True)
class OwnLabels:
    """The classes of photos.

    Attributes:
        classes: Foreground classes in order.
        labels: From the name of a photo to its classes, none for a negative. A photo that is
            missing here is unlabelled.
        left_out: Why a photo is not used, by its name.
        outside: How many photos show each class that ``--classes`` leaves out.
        typos: From a name to the more frequent class that it resembles.
        val: Photos that the labels say to validate on, None if they do not.
        form: What they are read from: 'one-hot CSV', 'a folder for each class'.
        unused: Classes that a label file lists and no photo shows.
        boxes: The share of a photo that the boxes of its objects cover, by its name, where the
            labels have boxes.
    """

    classes: tuple[str, ...]
    labels: dict[str, tuple[str, ...]]
    left_out: dict[str, str]
    outside: dict[str, int]
    typos: dict[str, str]
    val: frozenset[str] | None
    form: str
    unused: tuple[str, ...]
    boxes: dict[str, float]


def read_own_labels(
    settings: OwnDataSettings,
    names: Sequence[str],
    negatives: Collection[str] = (),
    missing_is_fine: bool = False,
) -> OwnLabels:
    """Read the classes of photos from files, folders or file names.

    Raises:
        UserError: The labels are malformed, contradict each other, or name a photo or a class that
            does not exist.
    """
    said = _read_rows(settings, names, negatives, missing_is_fine)
    rows, listed = said.rows, said.classes or ()
    counts = Counter(name for row in rows.values() for name in row.names)
    # The values of masks refer to all classes of a list.
    unused = [name for name in listed if name not in counts and not settings.masks]
    given = settings.classes or [name for name in listed if name not in unused]
    where = '--classes' if settings.classes else str(settings.labels or settings.photos)
    classes = _check_own_classes(list(given or natural_order(counts)), where)
    if not settings.background:
        _check_every_pixel(rows, classes)
    outside = {name: count for name, count in counts.items() if name not in classes}
    is_choice = bool(settings.classes) and len(outside) < len(counts)
    _check_names(rows, classes, likely_typos(outside, classes) if is_choice else outside)
    labels = {name: tuple(k for k in row.names if k not in outside) for name, row in rows.items()}
    left_out = {
        name: f'{row.where}: --classes names none of its classes: {", ".join(row.names)}'
        for name, row in rows.items()
        if row.names and not labels[name] and not settings.keep_others
    }
    return OwnLabels(
        classes=classes,
        labels={name: shown for name, shown in labels.items() if name not in left_out},
        left_out=left_out,
        outside=outside,
        typos={} if settings.classes else likely_typos(counts, classes),
        val=said.val,
        form=said.form,
        unused=() if settings.classes else tuple(unused),
        boxes={name: row.boxes for name, row in rows.items() if row.boxes and labels[name]},
    )


def _read_rows(
    settings: OwnDataSettings,
    names: Sequence[str],
    negatives: Collection[str],
    missing_is_fine: bool,
) -> PhotoRows:
    """Return what is said of photos; negatives have rows without a class."""
    negatives = {*negatives, *(name for name in names if name.startswith(f'{NEGATIVE_FOLDER}/'))}
    if settings.labels:
        said = rows_from_files(settings, names, missing_is_fine)
    elif settings.label_pattern:
        said = rows_from_pattern(settings, names)
    else:
        said = rows_from_folders(settings, [name for name in names if name not in negatives])
    for name in negatives:
        row = LabelRow(name, (), settings.photos / name)
        said.rows[name] = merged(said.rows.get(name, row), row)
    return said


def _check_every_pixel(rows: Mapping[str, LabelRow], classes: Sequence[str]) -> None:
    """Refuse labels that leave pixels without a class."""
    if len(classes) < 2:
        raise UserError(
            f'--no-background: the only class, {classes[0]}, would be everywhere; label two or more'
        )
    for row in rows.values():
        if not row.names:
            raise UserError(
                f"{row.where}: photo '{row.image}' shows none of the classes, but with "
                '--no-background every image shows one; name it, or take the line out if it is not '
                'known'
            )
        kept = [name for name in row.names if name in classes]
        if kept and len(kept) < len(row.names):
            left = next(name for name in row.names if name not in classes)
            raise UserError(
                f"{row.where}: photo '{row.image}' shows {kept[0]} and {left}, which --classes "
                'leaves out; with --no-background every pixel belongs to a class, so add it'
            )


def _check_names(
    rows: Mapping[str, LabelRow], classes: Sequence[str], outside: Collection[str]
) -> None:
    """Refuse names of no class: all that the user has not left out by choosing some classes."""
    for row in rows.values():
        for name in row.names:
            if name in outside:
                raise UserError(
                    f"{row.where}: unknown class '{name}'; {suggest_class(name, classes)}"
                )


def _check_own_classes(names: list[str], where: str) -> tuple[str, ...]:
    """Refuse no class, and classes that the data set's files cannot hold."""
    if not names:
        raise UserError(f'{where}: no photo shows a class; name the classes of some')
    classes = check_classes(names, where)
    for name in classes:
        if ';' in name or not name.isprintable() or name != name.strip():
            raise UserError(
                f'{where}: class {name!r} has a semicolon, a control '
                'character, or spaces at its ends; rename it'
            )
    check_count(classes, where)
    return classes
