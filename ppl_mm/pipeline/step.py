"""One step of the pipeline: a command, what it needs and what it makes."""

from dataclasses import dataclass
from pathlib import Path

from ..utils.last_checkpoint import last_checkpoint


@dataclass(frozen=True)
class Step:
    """A process to run.

    Args:
        name (str): Of its log, its record and its folder.
        title (str): What it does, for people.
        command (list[str]): Program and arguments.
        outputs (tuple[Path, ...]): Files that exist when it is done; instead
            of a work folder, its last checkpoint. What they hold is
            what later steps depend on.
        needs (tuple[str, ...]): Names of the steps whose outputs it reads.
        folder (Path, optional): What it writes into, its own: emptied before
            the step is done anew. Defaults to None.
        configs (tuple[Path, ...]): Configs it depends on.
        resume (tuple[str, ...]): Arguments that continue an interrupted run.
        seconds (float): A guess at how long it takes.
    """

    name: str
    title: str
    command: list[str]
    outputs: tuple[Path, ...]
    needs: tuple[str, ...] = ()
    folder: Path | None = None
    configs: tuple[Path, ...] = ()
    resume: tuple[str, ...] = ()
    seconds: float = 1.0

    def output_files(self) -> list[Path] | None:
        """The files it made, or None where one of them is not there."""
        files = [last_checkpoint(path) if path.is_dir() else path for path in self.outputs]
        if all(path and path.is_file() for path in files):
            return files
        return None

    def can_resume(self) -> bool:
        """Return whether an interrupted run left something to continue from.

        A training that was killed before, or while, it noted its checkpoint
        has to start again.
        """
        if not self.resume:
            return True
        return last_checkpoint(self.folder) is not None
