"""What refinement may not lose: each object that the maps show leaves something in the label."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from .scores import Scores

#: Pixels that touch at a corner belong together.
_EIGHT = np.ones((3, 3), bool)


def with_lost_objects(before: Scores, after: Scores, least: float) -> Scores:
    """Return refined scores in which no object has vanished.

    An object is a connected region of pixels whose strongest channel is one class. Where less than
    ``least`` of its pixels still are that class, the scores from before are put back on those of
    its pixels that have become background.

    Args:
        before: The scores before refinement, with a background.
        after: The refined ones, of the same shape.
        least: A share of an object, above 0, up to 1.
    """
    first, last = (scores.values.argmax(axis=0) for scores in (before, after))
    lost = np.zeros(first.shape, bool)
    for channel in np.unique(first[first > 0]):
        objects, _ = ndimage.label(first == channel, _EIGHT)
        pixels = np.bincount(objects.ravel())
        left = np.bincount(objects[last == channel], minlength=len(pixels))
        lost |= ((left < least * pixels)[objects]) & (objects > 0)
    lost &= last == 0
    return replace(after, values=np.where(lost, before.values, after.values))
