"""The classes of image-level labels: given, or those of the data set."""

from collections.abc import Mapping

from ..formats.class_list import NO_BACKGROUND, check_classes, check_same_classes
from ..formats.voc_layout import VOCLayout


def resolve_classes(metainfo: Mapping | None, data_root: str) -> tuple[dict, str]:
    """Return metainfo with the foreground classes, where they are known, and their source.

    The ``classes`` of the metainfo win; the other source is classes.txt of the data set. Where
    every pixel belongs to a class, it also has ``background=False``.

    Raises:
        UserError: A list is not valid, or the two differ.
    """
    metainfo = dict(metainfo or {})
    layout = VOCLayout(data_root)
    zero, *names = layout.read_label_names() if layout.has_class_file else (None,)
    listed = tuple(names) or None
    if zero == NO_BACKGROUND:
        metainfo['background'] = False
    if 'classes' in metainfo:
        where = 'metainfo.classes'
        metainfo['classes'] = check_classes(metainfo['classes'], where)
        if listed is not None:
            check_same_classes(metainfo['classes'], where, listed, str(layout.class_file))
        return metainfo, where
    if listed is not None:
        metainfo['classes'] = listed
    return metainfo, str(layout.class_file)
