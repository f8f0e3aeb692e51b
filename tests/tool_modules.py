"""Scripts of tools/ as modules, so that tests can call their functions."""

import importlib.util
from pathlib import Path

TOOLS = Path(__file__).parents[1] / 'tools'


def load_tool(name):
    """Return the module of a script by the name of its file, in whatever folder it is."""
    (path,) = TOOLS.rglob(f'{name}.py')
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
