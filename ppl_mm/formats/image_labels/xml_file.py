"""XML files of a user, read with errors that name the file."""

import os
from xml.etree import ElementTree

from ...errors import UserError
from ..text_file import read_bytes


def read_xml(path: str | os.PathLike) -> ElementTree.Element:
    """Return the root of an XML file; entities, which can grow without end, are refused.

    Args:
        path: The file.

    Raises:
        UserError: The file is missing or not valid XML.
    """
    content = read_bytes(path, 'label file')
    try:
        if b'<!ENTITY' in content:
            raise ValueError('it defines entities')
        return ElementTree.fromstring(content)
    # LookupError: an encoding that Python does not know.
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UserError(
            f'{path}: is not valid XML ({error}); correct or replace the file'
        ) from None
