"""The folder that ``tools/make_masks.py`` makes."""

import os
from pathlib import Path

from ..utils.files import read_json


class ResultFolder:
    """Where the results of one command are: for people, and for the next command.

    Args:
        root: The folder.

    Attributes:
        masks: A mask for each photograph.
        masks_record: The names of the masks; hidden, so that their folder holds nothing else.
        model_record: The names of the files of the network, likewise.
        masks_geo: The masks of GeoTIFFs once more, as GeoTIFFs; missing without any.
        model: Config and checkpoint of the segmentation network.
        gallery: The gallery; ``index.html`` is its first page.
        data: The data set.
        check: The report of the check of the data set, beside it.
        work: The folder of the pipeline.
    """

    #: Says whose folder it is.
    RECORD = 'make_masks.json'
    #: Names the files of the network, beside them.
    MODEL_RECORD = '.model.json'

    def __init__(self, root: str | os.PathLike) -> None:
        self.root = Path(root)
        self.masks = self.root / 'masks'
        self.masks_record = self.masks / '.masks.json'
        self.masks_geo = self.root / 'masks_geo'
        self.model = self.root / 'model'
        self.model_record = self.model / self.MODEL_RECORD
        self.gallery = self.root / 'gallery'
        self.data = self.root / 'data'
        self.check = self.data / 'check'
        self.work = self.root / 'work'


def written_before(record: Path, key: str = 'files') -> set[str]:
    """Return the files that a record of a run names, none if there is no whole one.

    Args:
        record: Of masks, or of the network.
        key: 'geo' for masks as GeoTIFFs. Defaults to 'files'.
    """
    try:
        found = read_json(record)
        return set(map(str, found.get(key) or found['masks' if key == 'files' else key]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
