"""The folder that ``tools/make_masks.py`` makes."""

import os
from pathlib import Path


class ResultFolder:
    """Where the results of one command are: for people, and for the next command.

    Args:
        root: The folder.
    """

    #: Says whose folder it is.
    RECORD = 'make_masks.json'

    def __init__(self, root: str | os.PathLike) -> None:
        self.root = Path(root)

    @property
    def masks(self) -> Path:
        """A mask for each photograph."""
        return self.root / 'masks'

    @property
    def masks_record(self) -> Path:
        """The names of the masks; hidden, so that the folder holds nothing but masks."""
        return self.masks / '.masks.json'

    @property
    def masks_geo(self) -> Path:
        """The masks of GeoTIFFs once more, as GeoTIFFs; missing without any."""
        return self.root / 'masks_geo'

    @property
    def model(self) -> Path:
        """Config and checkpoint of the segmentation network."""
        return self.root / 'model'

    @property
    def gallery(self) -> Path:
        """The gallery; ``index.html`` is its first page."""
        return self.root / 'gallery'

    @property
    def data(self) -> Path:
        """The data set."""
        return self.root / 'data'

    @property
    def check(self) -> Path:
        """The report of the check of the data set, beside it."""
        return self.data / 'check'

    @property
    def work(self) -> Path:
        """The folder of the pipeline."""
        return self.root / 'work'
