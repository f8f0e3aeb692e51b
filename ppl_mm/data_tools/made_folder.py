"""Folders that a command makes: resumed, left alone, or refused."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ..utils.claims import check_folder
from ..utils.files import remove_temporaries, write_json
from ..utils.locks import lock_folder


class MadeFolder:
    """A folder with a file that says how it was made and whether it is whole.

    Args:
        root: The folder.
        file_name: Name of that file in the folder.
        settings: What the content depends on, JSON's types only.
        what: What the folder holds, for messages: 'a data set'.
        parts: Folders in it that are written into.

    Raises:
        UserError: The folder holds something else, or was made with other
            settings.
    """

    def __init__(
        self,
        root: str | os.PathLike,
        file_name: str,
        settings: dict,
        what: str,
        parts: Sequence[str] = (),
    ) -> None:
        self.root = Path(root)
        self.path = self.root / file_name
        self.settings, self.what, self.parts = settings, what, parts
        self.was_finished = self._check()
        self._lock: IO[bytes] | None = None

    def start(self) -> None:
        """Mark the folder as being made, and lock it until :meth:`finish`.

        Raises:
            UserError: If another run is making it.
        """
        if self._lock is None:
            self._lock = lock_folder(self.root)
            self._check()
            remove_temporaries(self.root, self.parts)
        write_json(self.path, dict(self.settings, complete=False))

    def finish(self) -> None:
        """Mark the folder as whole."""
        write_json(self.path, dict(self.settings, complete=True))
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _check(self) -> bool:
        found = check_folder(self.root, self.settings, self.what, self.path.name)
        return found is not None and found.get('complete') is True
