"""How an export chooses the score of the background."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import UserError
from ..formats.export_record import Threshold
from ..utils.class_values import join_classes, split_classes
from ..utils.files import read_json
from ..utils.text import suggestion
from .auto_threshold import AUTO, DEFAULT_THRESHOLD
from .expected_area import Area, parse_areas

_HOW = "a number, 'auto', or a readable export.json, nor numbers of classes, as crack=0.8,hole=0.9"
_EXAMPLE = '0.3, or auto,crack=0.8,hole=0.9'


@dataclass(frozen=True)
class ThresholdChoice:
    """A threshold, or what chooses it: the masks of a split, or the maps alone.

    Args:
        value: The threshold, 0..1. Defaults to IRN's.
        origin: Where it comes from, for the record; a dict with the scores where masks have chosen
            it.
        split: A split with masks: the threshold of the best mIoU on it is chosen, and ``value`` is
            not used. Defaults to None.
        auto: The maps that are exported choose it, without a mask, see
            :func:`ppl_mm.cams.choose_threshold`; with a split, its masks and the maps choose
            together, for each class. Defaults to False.
        expected_area: What is known of the objects then: the smallest and largest mean share of an
            image that they cover, 0..1. Defaults to None: nothing.
        by_class: Thresholds of classes that have their own, by name. Defaults to none.
        area_of: What is known of the objects of a class, by name. Defaults to nothing.
        complete: Whether a class that ``by_class`` leaves out has no threshold, as in an export
            of other classes. Defaults to False: it has ``value``.

    Raises:
        UserError: If a threshold is not in 0..1.
    """

    value: float = DEFAULT_THRESHOLD
    origin: str | dict = 'default, as IRN'
    split: str | None = None
    auto: bool = False
    expected_area: Area | None = None
    by_class: Mapping[str, float] = field(default_factory=dict)
    area_of: Mapping[str, Area] = field(default_factory=dict)
    complete: bool = False

    def __post_init__(self) -> None:
        for value in (self.value, *self.by_class.values()):
            if not 0 <= value <= 1:
                raise UserError(f'--threshold {self.origin}: it must be in 0..1')

    @classmethod
    def given(cls, text: str) -> 'ThresholdChoice':
        """Return what an option says.

        Args:
            text: A number; the path of an ``export.json``; 'auto'; or numbers of classes, as
                ``crack=0.8,hole=0.9``, after what holds for the others, by default 'auto'.

        Raises:
            UserError: If it is none of these, or that export is not finished.
        """
        rest, parts = split_classes(text, '--threshold', _EXAMPLE)
        if rest == AUTO or (parts and not rest):
            base = cls(origin=AUTO, auto=True)
        elif (number := _number(rest)) is not None:
            base = cls(number, rest)
        else:
            base = _of_export(Path(rest))
        if not parts:
            return base
        own = {}
        for name, part in parts.items():
            if (number := _number(part)) is None:
                raise UserError(f"--threshold {text}: '{part}' is not a number; give {_EXAMPLE}")
            own[name] = number
        return replace(base, origin=text, by_class={**base.by_class, **own})

    def knowing(self, expected_area: str) -> 'ThresholdChoice':
        """Return a choice by the maps that knows an expected area, see :func:`parse_areas`.

        Raises:
            UserError: The maps do not choose.
        """
        if not self.auto or self.by_class:
            raise UserError('--expected-area: only --threshold auto reads it; give both')
        area, area_of = parse_areas(expected_area)
        return ThresholdChoice(
            origin=AUTO, auto=True, split=self.split, expected_area=area, area_of=area_of
        )

    def check_names(self, classes: Sequence[str]) -> None:
        """Refuse names that are not those of classes, and classes without a threshold.

        Raises:
            UserError: Names the first one.
        """
        for option, names in (('--threshold', self.by_class), ('--expected-area', self.area_of)):
            for name in set(names) - set(classes):
                hint = suggestion(name, classes, f'there are {", ".join(classes)}')
                raise UserError(f"{option}: '{name}' is not a class; {hint}")
        for name in classes if self.complete else ():
            if name not in self.by_class:
                raise UserError(
                    f"--threshold {self.origin}: has no threshold for class '{name}'; add it, as "
                    f'export.json,{join_classes({name: 0.3})}'
                )

    def threshold(self, classes: Sequence[str]) -> Threshold:
        """Return the threshold, or that of each class if one has its own."""
        values = [self.by_class.get(name, self.value) for name in classes]
        return values if len(set(values)) > 1 else next(iter(values), self.value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _of_export(path: Path) -> ThresholdChoice:
    try:
        record = read_json(path)
        threshold, names = record['threshold'], record.get('classes') or ()
        if isinstance(threshold, list):
            by_class = {str(k): float(v) for k, v in zip(names, threshold, strict=True)}
            return ThresholdChoice(origin=str(path), by_class=by_class, complete=True)
        value = None if threshold is None else float(threshold)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f'--threshold {path}: not {_HOW}') from error
    if value is None:
        raise UserError(f'--threshold {path}: that export is not finished; run its command again')
    return ThresholdChoice(value, str(path))


def check_cut(
    threshold: str,
    expected_area: str,
    classes: Sequence[str] | None = None,
    background: bool = True,
) -> None:
    """Refuse a threshold, or what is known of the objects, that no export could use.

    Args:
        threshold: See :meth:`ThresholdChoice.given`; '' for the default.
        expected_area: See :func:`parse_areas`; '' if nothing is known.
        classes: Those of the data. Defaults to None: not known yet.
        background: Whether the data have one; without it nothing is cut.

    Raises:
        UserError: One of them is not valid, a number leaves nothing to choose, or nothing is cut.
    """
    if not background and (threshold or expected_area):
        option = '--threshold' if threshold else '--expected-area'
        raise UserError(f'{option}: every pixel belongs to a class, so no map is cut; leave it out')
    choice = ThresholdChoice.given(threshold or AUTO)
    if expected_area:
        if threshold not in ('', AUTO):
            raise UserError(
                f'--expected-area {expected_area}: chooses a threshold; leave out --threshold'
            )
        choice = choice.knowing(expected_area)
    if classes is not None:
        choice.check_names(classes)
