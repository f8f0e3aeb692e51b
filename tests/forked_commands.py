"""Runs a command's ``main`` in a forked process, whose imports are done.

A run takes a fraction of a second, and cannot disturb the next one.
"""

import importlib.util
import os
import resource
import signal
import sys
import traceback
from pathlib import Path

from mmengine.registry import Registry
from tool_modules import load_tool

from ppl_mm.utils import cli

ROOT = Path(__file__).parents[1]
COMMANDS = {
    path.stem: path
    for path in sorted((ROOT / 'tools').rglob('*.py'))
    if 'cli' in path.read_text(encoding='utf-8')
}


def module_of(name):
    """The module of a command."""
    return load_tool(COMMANDS[name].stem)


def import_types():
    """Import what configs name, which each child would otherwise import anew."""
    for package in ('mmengine', 'mmpretrain', 'mmseg', 'ppl_mm'):
        for value in vars(importlib.import_module(f'{package}.registry')).values():
            if isinstance(value, Registry):
                value.import_from_location()
    # All children then draw with the same fonts, whatever other processes do to the list on disk.
    importlib.import_module('matplotlib.font_manager')


def become(main, args, folder, output, seconds):
    """Give a child the arguments, the folder, the output and the time limit of a command."""
    signal.alarm(seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(folder)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.stdout = open(1, 'w', closefd=False)
    sys.stderr = open(2, 'w', closefd=False)
    sys.argv = [main.__module__, *map(str, args)]


def status_of(main):
    """Run a command to its end; its exit status."""
    code = 1
    try:
        cli.run(main)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return code
