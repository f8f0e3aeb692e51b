"""How an export chooses the score of the background."""

import re
from dataclasses import dataclass
from pathlib import Path

from ...cams.auto_threshold import AUTO, DEFAULT_THRESHOLD
from ...errors import UserError
from ...utils.files import read_json


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
            together. Defaults to False.
        expected_area: What is known of the objects then: the smallest and largest mean share of an
            image that they cover, 0..1. Defaults to None: nothing.

    Raises:
        UserError: If the threshold is not in 0..1.
    """

    value: float = DEFAULT_THRESHOLD
    origin: str | dict = 'default, as IRN'
    split: str | None = None
    auto: bool = False
    expected_area: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise UserError(f'--threshold {self.origin}: it must be in 0..1')

    @classmethod
    def given(cls, text: str) -> 'ThresholdChoice':
        """Return what an option says: a number, an export's record, or 'auto'.

        Args:
            text: A number, the path of an ``export.json``, or 'auto'.

        Raises:
            UserError: If it is none of these, or that export is not finished.
        """
        if text == AUTO:
            return cls(origin=AUTO, auto=True)
        try:
            value = float(text)
        except ValueError:
            value = _threshold_of(Path(text))
        return cls(value, text)


def _threshold_of(path: Path) -> float:
    try:
        value = read_json(path)['threshold']
        value = None if value is None else float(value)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"--threshold {path}: not a number, 'auto', or a readable export.json"
        ) from error
    if value is None:
        raise UserError(f'--threshold {path}: that export is not finished; run its command again')
    return value


def check_cut(threshold: str, expected_area: str) -> None:
    """Refuse a threshold, or what is known of the objects, that no export could use.

    Args:
        threshold: See :meth:`ThresholdChoice.given`; '' for the default.
        expected_area: See :func:`parse_area`; '' if nothing is known.

    Raises:
        UserError: One of them is not valid, or a number leaves nothing to choose.
    """
    if threshold:
        ThresholdChoice.given(threshold)
    if not expected_area:
        return
    parse_area(expected_area)
    if threshold not in ('', AUTO):
        raise UserError(
            f'--expected-area {expected_area}: chooses a threshold; leave out --threshold'
        )


def parse_area(text: str) -> tuple[float, float]:
    """Return the range of an ``--expected-area``, as shares of an image.

    Args:
        text: Per cent, as ``1-5%``, ``1-5`` or ``3%``.

    Raises:
        UserError: If it is not such a range, or not above 0 and at most 100.

    Examples:
        >>> parse_area('1-5%')
        (0.01, 0.05)
    """
    found = re.fullmatch(r'([\d.]+)\s*%?\s*(?:-\s*([\d.]+))?\s*%?', text.strip())
    try:
        parts = (found[1], found[2] or found[1]) if found else ('0', '0')
        low, high = (float(part) / 100 for part in parts)
    except ValueError:
        low = high = 0.0
    if not 0 < low <= high <= 1:
        raise UserError(
            f'--expected-area {text}: give the per cent of an image that objects cover, as 1-5%'
        )
    return low, high
