"""What the record of a data set of one's own says of it."""

import os
from pathlib import Path
from typing import Any

from ..utils.files import read_json

#: In the data set: how it was made, and what is known of it.
RECORD = 'own_data.json'
#: The mean share of a training image with a class that the boxes of its objects cover, 0..1.
BOX_SHARE = 'box_share'


def read_data_record(root: str | os.PathLike) -> dict[str, Any]:
    """Return the record of a data set by its folder, {} for one that has none that can be read."""
    try:
        return dict(read_json(Path(root) / RECORD))
    except (OSError, ValueError, TypeError):
        return {}


def read_box_share(root: str | os.PathLike) -> float | None:
    """Return how much of an image boxes cover in a data set, None where there were none."""
    share = read_data_record(root).get(BOX_SHARE)
    return share if isinstance(share, float) and 0 < share <= 1 else None
