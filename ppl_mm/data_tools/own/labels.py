"""What a user says about photographs: the classes of each, or that it shows none."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...errors import UserError
from ...formats.class_list import (
    check_classes,
    check_count,
    likely_typos,
    natural_order,
    suggest_class,
)
from ...formats.image_labels.label_row import LabelRow
from .label_sources import merged, rows_from_files, rows_from_folders, rows_from_pattern
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
    left_out: dict[str, str] = field(default_factory=dict)
    outside: dict[str, int] = field(default_factory=dict)
    typos: dict[str, str] = field(default_factory=dict)
    val: frozenset[str] | None = None
    form: str = ''
    unused: tuple[str, ...] = ()
    boxes: dict[str, float] = field(default_factory=dict)


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
    negatives = {*negatives, *(name for name in names if name.startswith(f'{NEGATIVE_FOLDER}/'))}
    if settings.labels:
        said = rows_from_files(settings, names, missing_is_fine)
    elif settings.label_pattern:
        said = rows_from_pattern(settings, names)
    else:
        said = rows_from_folders(settings, [name for name in names if name not in negatives])
    rows, listed = said.rows, said.classes or ()
    for name in negatives:
        row = LabelRow(name, (), settings.photos / name)
        rows[name] = merged(rows.get(name, row), row)
    shown = {name for row in rows.values() for name in row.names}
    # The values of masks refer to all classes of a list.
    unused = [name for name in listed if name not in shown and not settings.masks]
    given = settings.classes or [name for name in listed if name not in unused]
    found = given or natural_order(shown)
    where = '--classes' if settings.classes else str(settings.labels or settings.photos)
    if not found:
        raise UserError(f'{where}: no photo shows a class; name the classes of some')
    classes = _check_own_classes(list(found), where)
    if not settings.background:
        _check_every_pixel(rows, classes)
    labels = _restrict(rows, classes, bool(settings.classes), settings.keep_others)
    unused = [] if settings.classes else unused
    return replace(labels, val=said.val, form=said.form, unused=tuple(unused))


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


def _restrict(
    rows: dict[str, LabelRow], classes: tuple[str, ...], is_choice: bool, keep_others: bool
) -> OwnLabels:
    """Keep the classes of the list.

    Args:
        rows: By photo.
        classes: Foreground classes.
        is_choice: Whether the user has chosen them among others.
        keep_others: Whether photos that show only others are negatives, not left out.
    """
    counts = Counter(name for row in rows.values() for name in row.names)
    outside = {name: count for name, count in counts.items() if name not in set(classes)}
    wrong = likely_typos(outside, classes) if is_choice else outside
    if is_choice and outside and len(outside) == len(counts):
        wrong = outside
    for row in rows.values():
        for name in row.names:
            if name in wrong:
                raise UserError(
                    f"{row.where}: unknown class '{name}'; {suggest_class(name, classes)}"
                )
    labels = {name: tuple(k for k in row.names if k not in outside) for name, row in rows.items()}
    left_out = {
        name: f'{row.where}: --classes names none of its classes: {", ".join(row.names)}'
        for name, row in rows.items()
        if row.names and not labels[name] and not keep_others
    }
    return OwnLabels(
        classes,
        {name: found for name, found in labels.items() if name not in left_out},
        left_out,
        outside,
        {} if is_choice else likely_typos(counts, classes),
        boxes={name: row.boxes for name, row in rows.items() if row.boxes and labels[name]},
    )


def _check_own_classes(names: list[str], where: str) -> tuple[str, ...]:
    """Refuse classes that the data set's files cannot hold."""
    classes = check_classes(names, where)
    for name in classes:
        if ';' in name or not name.isprintable() or name != name.strip():
            raise UserError(
                f'{where}: class {name!r} has a semicolon, a control '
                'character, or spaces at its ends; rename it'
            )
    check_count(classes, where)
    return classes
