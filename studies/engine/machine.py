"""Where, when and with which code a run was done."""

import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import torch

from .command import ROOT

# What changes results; the rest of the project does not.
_CODE = ('ppl_mm', 'configs', 'tools', 'studies/engine', 'studies/variants')


def description(threads: int, workers: int) -> dict:
    """Return the commit, the date and the machine."""
    changed = _git('status', '--porcelain', '--untracked-files=no', '--', *_CODE).splitlines()
    return dict(
        commit=_git('rev-parse', 'HEAD') or None,
        changed_files=[line.split()[-1] for line in changed],
        date=datetime.now(timezone.utc).isoformat(timespec='seconds'),
        machine=machine() | dict(threads=threads, workers=workers),
    )


def machine() -> dict:
    """Return the processor, the GPU and the versions that matter."""
    return dict(
        processor=_processor(),
        cores=os.cpu_count(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        python=platform.python_version(),
        torch=torch.__version__,
    )


def process_memory(key: str, process: str = 'self') -> int | None:
    """Return the bytes of a process: ``VmRSS`` now, ``VmHWM`` at its peak.

    Those of getrusage would count what the parent process had. None where the system does not say:
    it is Linux alone that does, and of processes that have not ended.
    """
    try:
        status = Path(f'/proc/{process}/status').read_text()
    except OSError:
        return None
    found = re.search(rf'{key}:\s+(\d+)', status)
    return found and 1024 * int(found[1])


def _git(*words: str) -> str:
    done = subprocess.run(['git', '-C', ROOT, *words], text=True, capture_output=True, check=False)
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else platform.processor() or platform.machine()
