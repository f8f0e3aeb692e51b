"""How much two labels of an image say the same."""

import numpy as np

from ..formats.mask_file import IGNORE


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Return where two labels agree on a class, over where either shows one.

    It is the IoU of the foreground, the class included; 1 where neither shows a class. Pixels that
    either ignores do not count.
    """
    if one.shape != other.shape:
        raise ValueError(f'labels of {one.shape} and {other.shape} pixels')
    known = (one != IGNORE) & (other != IGNORE)
    union = known & ((one > 0) | (other > 0))
    same = union & (one == other)
    total = int(union.sum())
    return int(same.sum()) / total if total else 1.0
