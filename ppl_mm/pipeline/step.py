"""One step of the pipeline: a command, what it needs and what it makes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..formats.export_folder import ExportFolder
from ..formats.result_folder import FileList
from ..utils.weights.last_checkpoint import last_checkpoint

#: The segmentation network and the AffinityNet, where a step's method is one.
SEGMENTATION, AFFINITY = 'seg', 'affinity'


@dataclass(frozen=True)
class Step:
    """A process to run.

    Args:
        name: Its name in logs, records and folders.
        title: What it does, for people.
        command: Program and arguments.
        outputs: Files that exist when it is done; a work folder stands for its last checkpoint.
            What they hold is what later steps depend on.
        written: What else it wrote for people; it is done again where a file is gone.
        kind: What it does: make_data, train, export, keep, label, measure, refine, test, report,
            predict, deliver or gallery.
        method: The key of the method, or network, that it works for; '' for steps that serve all.
        role: The part of the data, 'train' or 'val', of which it makes what the report shows; ''
            for steps in between.
        needs: Names of the steps whose outputs it reads.
        folder: What it writes into, its own: emptied before the step is done anew.
        configs: Configs it depends on.
        files: Files it depends on, beside those of the data and of other steps.
        seconds: A guess at how long it takes.
        maps_command: The command of an export without what says where its maps are cut. An export
            that differs in nothing else keeps its maps, and only cuts them anew.
    """

    name: str
    title: str
    command: list[str]
    outputs: tuple[Path, ...]
    written: tuple[FileList, ...] = ()
    kind: str = ''
    method: str = ''
    role: str = ''
    needs: tuple[str, ...] = ()
    folder: Path | None = None
    configs: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    seconds: float = 1.0
    maps_command: tuple[str, ...] = ()

    def output_files(self) -> list[Path] | None:
        """Return its outputs, or None where a file that it made is missing."""
        files = [last_checkpoint(path) if path.is_dir() else path for path in self.outputs]
        found = [path for path in files if path and path.is_file()]
        whole = len(found) == len(files) and all(one.is_whole() for one in self.written)
        return found if whole else None

    def can_resume(self) -> bool:
        """Return whether an interrupted run of it left something to continue from.

        A training that was killed before, or while, it noted its checkpoint has to start again. So
        has an export whose record was deleted: its folder is not known as one any more.
        """
        if self.folder is None:
            return True
        if self.kind == 'train':
            return last_checkpoint(self.folder) is not None
        record = ExportFolder(self.folder).record_path
        return record not in self.outputs or record.is_file()


def find_step(steps: Iterable[Step], kind: str, method: str = '', role: str = '') -> Step:
    """Return the last step of a kind, a method and a role."""
    wanted = (kind, method, role)
    return [step for step in steps if (step.kind, step.method, step.role) == wanted][-1]


def find_maps(steps: Iterable[Step], method: str, role: str) -> Step:
    """Return the step that made a method's maps: its export, or what keeps the better stage's."""
    wanted = (method, role)
    makes = [step for step in steps if step.kind in ('export', 'keep')]
    return [step for step in makes if (step.method, step.role) == wanted][-1]
