"""Folders that a command makes: resumed, left alone, or refused."""

import json
import os
from pathlib import Path

from ..errors import UserError
from ..utils.files import write_json


class MadeFolder:
    """A folder with a file that says how it was made and whether it is whole.

    Args:
        root (str | PathLike): The folder.
        file_name (str): Name of that file in the folder.
        settings (dict): What the content depends on, JSON's types only.
        what (str): What the folder holds, for messages.

    Raises:
        UserError: The folder holds something else, or was made with other
            settings.
    """

    def __init__(self, root: str | os.PathLike, file_name: str, settings: dict, what: str) -> None:
        self.root = Path(root)
        self.path = self.root / file_name
        self.settings = settings
        self.what = what
        self.was_finished = self._check()

    def start(self) -> None:
        """Mark the folder as being made."""
        self._write(complete=False)

    def finish(self) -> None:
        """Mark the folder as whole."""
        self._write(complete=True)

    def _check(self) -> bool:
        if self.root.exists() and not self.root.is_dir():
            raise UserError(f'{self.root}: is a file; choose another folder')
        if not self.path.exists():
            if self.root.is_dir() and any(self.root.iterdir()):
                raise UserError(
                    f'{self.root}: holds other files than {self.what}; choose another folder'
                )
            return False
        try:
            found = json.loads(self.path.read_text())
            finished = found.pop('complete')
        except (ValueError, AttributeError, KeyError):
            raise UserError(
                f'{self.path}: cannot be read; delete the folder {self.root} and run this again'
            ) from None
        if found != self.settings:
            raise UserError(
                f'{self.root}: holds {self.what} made with other settings ('
                f'{self._differences(found)}); choose another folder or '
                'delete it'
            )
        return finished is True

    def _differences(self, found: dict) -> str:
        names = [
            name
            for name in {**self.settings, **found}
            if found.get(name) != self.settings.get(name)
        ]
        return ', '.join(
            f'{name} {found.get(name)} there, {self.settings.get(name)} here' for name in names
        )

    def _write(self, complete: bool) -> None:
        write_json(self.path, dict(self.settings, complete=complete))
