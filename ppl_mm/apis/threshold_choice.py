"""How an export chooses the score of the background."""

import json
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..utils.files import check_regular

#: IRN's fixed background score (Ahn et al., CVPR 2019, run_sample.py), used
#: where no threshold is given and no mask may choose one.
DEFAULT_THRESHOLD = 0.15


@dataclass(frozen=True)
class ThresholdChoice:
    """A threshold, or the split whose masks choose it.

    Args:
        value: The threshold, 0..1. Defaults to IRN's.
        origin: Where it comes from, for the record; a dict with the scores
            where masks have chosen it.
        split: A split with masks: the threshold of the best mIoU on it is
            chosen, and ``value`` is not used. Defaults to None.

    Raises:
        UserError: If the threshold is not in 0..1.
    """

    value: float = DEFAULT_THRESHOLD
    origin: str | dict = 'default, as IRN'
    split: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise UserError(f'--threshold {self.origin}: it must be in 0..1')

    @classmethod
    def given(cls, text: str) -> 'ThresholdChoice':
        """Return the threshold of an option: a number, or an export's record.

        Args:
            text: A number, or the path of an ``export.json``.

        Raises:
            UserError: If it is neither, or that export is not finished.
        """
        try:
            value = float(text)
        except ValueError:
            value = _threshold_of(Path(text))
        return cls(value, text)


def _threshold_of(path: Path) -> float:
    try:
        check_regular(path)
        value = json.loads(path.read_text(encoding='utf-8'))['threshold']
        value = None if value is None else float(value)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(
            f'--threshold {path}: neither a number nor a readable export.json'
        ) from error
    if value is None:
        raise UserError(f'--threshold {path}: that export is not finished; run its command again')
    return value
