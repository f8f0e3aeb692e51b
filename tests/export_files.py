"""What lies in the folder of an export or a refinement, as tests compare it."""

import json


def contents(folder):
    """Return the bytes of its maps and labels."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted([*folder.rglob('*.npz'), *folder.rglob('*.png')])
    }


def record_of(folder):
    return json.loads((folder / 'export.json').read_text())
