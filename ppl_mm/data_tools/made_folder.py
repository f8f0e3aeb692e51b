"""Folders that a command makes: resumed, left alone, or refused."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ..utils.claims import Claim
from ..utils.files import write_json


class MadeFolder:
    """A folder with a file that says how it was made and whether it is whole.

    It is made inside a ``with`` block: from the beginning of the block the folder is marked as
    unfinished and locked, at its end it is whole. A block that raises leaves it unfinished, for
    the next run to continue.

    Args:
        root: The folder.
        file_name: Name of that file in the folder.
        settings: What the content depends on, JSON's types only.
        what: What the folder holds, for messages: 'a data set'.
        parts: Folders in it that are written into.

    Raises:
        UserError: The folder holds something else, or was made with other settings.
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
        self.settings = settings
        #: What is known once it is made, for the record.
        self.facts: dict = {}
        self._claim, self._held = Claim(self.path, settings, what, parts=parts), ExitStack()
        found = self._claim.check()
        self.was_finished = found is not None and found.get('complete') is True

    def __enter__(self) -> None:
        """Begin to make the folder.

        Raises:
            UserError: If another run is making it.
        """
        self._held.enter_context(self._claim.hold())
        write_json(self.path, dict(self.settings, complete=False))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Mark the folder as whole, unless there was an error."""
        with self._held:  # released in any case
            if kind is None:
                write_json(self.path, dict(self.settings, **self.facts, complete=True))
