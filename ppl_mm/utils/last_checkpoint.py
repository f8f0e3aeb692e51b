"""Which checkpoint a training noted last; without torch, read in a moment."""

from pathlib import Path


def last_checkpoint(folder: Path) -> Path | None:
    """The checkpoint that a training noted last, if it is there.

    Args:
        folder (Path): A work folder of ``tools/train.py``.

    Returns:
        Path | None: In this folder, also where it has been moved or copied
        since: mmengine notes where it was.
    """
    try:
        noted = (folder / 'last_checkpoint').read_text().strip()
    except OSError:
        return None
    path = folder / Path(noted).name
    return path if noted and path.is_file() else None
