"""The folder that ``tools/make_masks.py`` makes."""

import os
from dataclasses import dataclass
from pathlib import Path

from ..utils.files import read_json
from ..utils.text import escaped

_FORMER_KEYS = dict(files='masks')  # in records of version 0.1.0


@dataclass(frozen=True)
class FileList:
    """The files that a run wrote into a folder, as a record names them.

    Args:
        folder: The folder.
        record: JSON that holds their names below it, see :func:`.text.escaped`.
        key: Where it holds them. Defaults to 'files'.
    """

    folder: Path
    record: Path
    key: str = 'files'

    def names(self) -> set[str]:
        """Return what the record names, nothing if there is no whole one."""
        found = self._read()
        names = found.get(self.key, found.get(_FORMER_KEYS.get(self.key)))
        return set(map(str, names)) if isinstance(names, list) else set()

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of the files as they were written, by name, as far as it is kept."""
        found = self._read().get('sha256')
        return found if isinstance(found, dict) else {}

    def _read(self) -> dict:
        try:
            found = read_json(self.record)
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def is_whole(self) -> bool:
        """Return whether no file was deleted."""
        below = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob('*'))
        return self.names() <= set(map(escaped, below))


class ResultFolder:
    """Where the results of one command are: for people, and for the next command.

    Args:
        root: The folder.

    Attributes:
        masks: A mask for each photograph.
        masks_geo: The masks of GeoTIFFs once more, as GeoTIFFs; missing without any.
        model: Config and checkpoint of the segmentation network.
        written_masks: The masks that a run wrote; its record is hidden, so that their folder
            holds nothing else.
        written_geo: Those in ``masks_geo``.
        written_model: The files of the network, likewise.
        gallery: The gallery; ``index.html`` is its first page.
        data: The data set.
        check: The report of the check of the data set, beside it.
        work: The folder of the pipeline.
    """

    #: Says whose folder it is.
    RECORD = 'make_masks.json'

    def __init__(self, root: str | os.PathLike) -> None:
        self.root = Path(root)
        self.masks = self.root / 'masks'
        self.masks_geo = self.root / 'masks_geo'
        self.model = self.root / 'model'
        self.gallery = self.root / 'gallery'
        self.data = self.root / 'data'
        self.check = self.data / 'check'
        self.work = self.root / 'work'
        record = self.masks / '.masks.json'
        self.written_masks = FileList(self.masks, record)
        self.written_geo = FileList(self.masks_geo, record, 'geo')
        self.written_model = written_model(self.model)


def written_model(folder: Path) -> FileList:
    """Return the files of a network that a run wrote into a folder."""
    return FileList(folder, folder / '.model.json')
