"""Images that are nearly the same stay in one list, so that val is independent of train."""

from collections.abc import Mapping, Sequence

from ..near_copies import find_near_copies, unpacked_look
from .converter import OwnImage


def group_near_copies(
    images: Sequence[OwnImage], entries: Mapping[str, dict]
) -> list[tuple[str, ...]]:
    """Return the labelled images in groups that are nearly the same, mostly of one.

    Images that are near-copies of one are in one group, and so on.

    Args:
        images: All of use.
        entries: The journal, by image: ``look``, see :func:`.packed_look`.

    Returns:
        Image ids, sorted in each group.
    """
    known = sorted(image.image_id for image in images if image.labels is not None)
    looks = {name: unpacked_look(entries[name]['look']) for name in known}
    group = {name: [name] for name in known}
    for one, other in find_near_copies(looks):
        if group[one] is not group[other]:
            group[one].extend(group[other])
            group.update(dict.fromkeys(group[other], group[one]))
    return list(dict.fromkeys(tuple(sorted(group[name])) for name in known))
