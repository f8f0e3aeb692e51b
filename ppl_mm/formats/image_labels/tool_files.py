"""Files of annotation tools, and how these name images: by paths of their own."""

import re
from pathlib import Path

from ..image_list import check_image

# Label Studio puts eight digits before the name of an uploaded file.
_UPLOAD = re.compile(r'^[0-9a-f]{8}-(?=.)')
_DRIVE = re.compile(r'^[A-Za-z]:')


def image_of_tool(path: str, where: str) -> str:
    r"""Return a tool's path of an image, without what leads out of a folder.

    Tools write where they keep an image, such as ``..\..\media\upload\1\a.jpg``; only the end of
    it can be known here.

    Raises:
        UserError: It names no image, or has a control character; ``where`` says where it stands.
    """
    parts = _DRIVE.sub('', path).replace('\\', '/').split('/')
    return check_image('/'.join(part for part in parts if part not in ('', '.', '..')), where)


def without_upload_mark(name: str) -> str:
    """Return the name, without folders, of a file before it was uploaded to Label Studio."""
    return _UPLOAD.sub('', name)


def files_below(folder: Path, suffix: str) -> list[Path]:
    """Return the files with an ending, as '.xml', in a folder and below it, but for hidden ones."""
    found = (path for path in folder.rglob('*') if path.suffix.lower() == suffix and path.is_file())
    return sorted(
        path
        for path in found
        if not any(part.startswith('.') for part in path.relative_to(folder).parts)
    )
