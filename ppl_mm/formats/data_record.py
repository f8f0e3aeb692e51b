"""What the record of a data set of one's own says of it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..utils.files import read_json

#: In the data set: how it was made, and what is known of it.
RECORD = 'own_data.json'
#: The mean share of a training image with a class that the boxes of its objects cover, 0..1.
BOX_SHARE = 'box_share'
#: The same of images that show one class only, by its name.
BOX_SHARE_OF_CLASS = 'box_share_of_class'


@dataclass(frozen=True)
class BoxShares:
    """How much of an image boxes around objects cover, the mean of images with a class, 0..1.

    Args:
        all: The mean. Defaults to None: not known.
        of_class: That of images that show one class only, by its name. Defaults to none.
    """

    all: float | None = None
    of_class: Mapping[str, float] = field(default_factory=dict)


def read_data_record(root: str | os.PathLike) -> dict[str, Any]:
    """Return the record of a data set by its folder, {} for one that has none that can be read."""
    try:
        return dict(read_json(Path(root) / RECORD))
    except (OSError, ValueError, TypeError):
        return {}


def read_box_shares(root: str | os.PathLike) -> BoxShares:
    """Return how much of an image boxes cover in a data set, as far as that is known."""
    record = read_data_record(root)
    share, of_class = record.get(BOX_SHARE), record.get(BOX_SHARE_OF_CLASS)
    known = of_class.items() if isinstance(of_class, dict) else ()
    return BoxShares(
        share if _is_share(share) else None, {key: one for key, one in known if _is_share(one)}
    )


def _is_share(value: object) -> bool:
    return isinstance(value, float) and 0 < value <= 1
