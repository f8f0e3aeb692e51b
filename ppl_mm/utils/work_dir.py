"""Prepare the folder that a training writes into."""

import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.config import Config
from mmengine.dist import is_main_process

from ..errors import UserError, first_line
from .locks import hold_folder
from .weights.last_checkpoint import check_note, checkpoints, last_checkpoint
from .weights.loading import resolve_checkpoint


def check_name(folder: str | os.PathLike) -> None:
    """Refuse a folder whose path is not text here: mmengine notes the path of each checkpoint."""
    path = os.path.abspath(folder)
    try:
        path.encode(locale.getpreferredencoding(False))
    except UnicodeError as error:
        raise UserError(f'{path}: {first_line(error)}') from error


def check_own_config(cfg: Config) -> None:
    """Refuse a folder in which mmengine's copy of the config would replace the config itself.

    A copy that an earlier run has written there may be replaced.
    """
    folder, path = Path(cfg.work_dir), Path(cfg.filename or os.devnull)
    copy = folder / path.name
    if copy.exists() and copy.samefile(path) and not any(folder.glob('[0-9]*_[0-9]*/*.log')):
        raise UserError(f'{folder}: is the folder of {path.name}; give another --work-dir')


def set_start(cfg: Config, resume: str | None = None, overwrite: bool = False) -> None:
    """Decide where the weights of a training come from.

    That is a run to resume, another run, or the config's ``init_cfg``. Nothing
    to resume yet is a fresh start, from ``load_from`` if it is set.

    Args:
        cfg: The config of a training, with its ``work_dir``; changed in place.
        resume: ``'auto'`` for the latest checkpoint of the folder, or a
            checkpoint. Defaults to None: the config's ``resume`` counts.
        overwrite: Whether a new run may take the folder of an old one.

    Raises:
        UserError: If a checkpoint is missing, or the folder holds those of another run; and see
            :func:`.last_checkpoint.check_note`.
    """
    folder = Path(cfg.work_dir)
    check_note(folder)
    if resume == 'auto' or (not resume and cfg.get('resume') and not cfg.get('load_from')):
        latest = last_checkpoint(folder)
        cfg.resume = latest is not None
        if latest:
            cfg.load_from = str(latest)
    elif resume:
        cfg.resume, cfg.load_from = True, resume
    if cfg.get('load_from'):
        cfg.load_from = resolve_checkpoint(cfg.load_from)
    if not overwrite:
        _check_old_run(cfg, resume)


def _check_old_run(cfg: Config, resume: str | None = None) -> None:
    """Refuse a new run in the folder of another one."""
    if cfg.get('resume') or not (found := checkpoints(Path(cfg.work_dir))):
        return
    way = 'continue it with --resume, start anew' if not resume else 'it is damaged; start anew'
    raise UserError(
        f'{cfg.work_dir}: holds a training ({found[-1].name}); {way} in another --work-dir, or '
        'replace it with --overwrite'
    )


@contextmanager
def hold_work_dir(cfg: Config, overwrite: bool = False) -> Iterator[None]:
    """Hold the folder of a training for one run, without what killed runs left.

    Raises:
        UserError: If another run is at work there, or has been until now.
    """
    if not is_main_process():
        yield
        return
    with hold_folder(cfg.work_dir):
        if not overwrite:
            _check_old_run(cfg)
        yield


def remove_old_run(cfg: Config) -> None:
    """Remove the checkpoints of the run that a new one replaces.

    Links are removed, not what they lead to. The checkpoint that the new run starts from stays, and
    so do other files.
    """
    folder = Path(cfg.work_dir)
    start = Path(cfg.get('load_from') or folder).resolve()
    for path in (*checkpoints(folder), folder / 'last_checkpoint'):
        if path.resolve() != start:
            path.unlink(missing_ok=True)
