"""What an export tells its user at the end."""

import os
from dataclasses import dataclass
from pathlib import Path

from ...cams.threshold_choice import AUTO
from ...formats.class_list import NO_BACKGROUND
from ...utils.text import counted

#: Beside the export's record, where the maps have chosen the threshold.
THRESHOLD_SHEET = 'thresholds.jpg'


@dataclass(frozen=True)
class ExportSummary:
    """How an export went.

    Args:
        image_ids: The images of the split.
        threshold: The background score of their labels, as an option says it.
        warnings: What is suspicious about the labels.
        origin: Where the threshold comes from, see :class:`.ExportRecord`.
    """

    image_ids: list[str]
    threshold: str
    warnings: list[str]
    origin: str | None = None

    def lines(self, out_dir: str | os.PathLike) -> list[str]:
        """Return what to tell the user, who has given the export folder."""
        cut = f'background score {self.threshold}'
        if self.origin == NO_BACKGROUND:
            cut = 'no background: each pixel has its strongest class'
        first = f'{counted(len(self.image_ids), "image")} in {out_dir}, {cut}'
        if (self.origin or '').startswith(AUTO):
            first += f' ({self.origin}; see {Path(out_dir, THRESHOLD_SHEET)})'
        return [first, *(f'warning: {line}' for line in self.warnings)]
