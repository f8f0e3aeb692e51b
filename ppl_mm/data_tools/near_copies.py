"""Images that are nearly the same: resized, compressed again, cropped a little, or the next frame.

Small grey copies are compared by their low frequencies, all with all, as perceptual hashes do, but
by correlation instead of bits. The nearest of each are then laid over each other as well as an
affine motion can, and compared pixel by pixel, first coarsely. So images of the same plain texture,
whose low frequencies are alike, are not taken for copies.
"""

import base64
from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from PIL import Image
from scipy.fft import dctn

from ..utils.progress import track

#: Side of a small copy, in pixels.
SIDE = 64
# Frequencies of the cosine transform each way that are compared.
_FREQUENCIES = 12
# Correlation of low frequencies from which two images are laid over each other.
_CANDIDATE = 0.6
# The same of all pixels at half the side, from which they are compared at the whole side.
_ALIKE = 0.8
# The same there, from which they are copies. docs/check.md has the figures behind it.
_SAME = 0.92
# So many images are compared with one; more of the same kind are found through each other.
_NEAREST = 2
# Entries of a block of the table of all correlations: 16 MB.
_BLOCK = 2**22
# Standard deviations, in pixels, of blurs: grain is finer, and light is coarser, than what is
# compared.
_GRAIN, _LIGHT = 0.6, 3.0
# Corners that move by more than this part of the side were not cropped slightly.
_MOVE = 0.25
_STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-3)


def look_of(picture: Image.Image) -> np.ndarray:
    """Return a small grey copy of a picture, uint8 of ``(SIDE, SIDE)``."""
    return np.asarray(
        picture.convert('L').resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3)
    )


def packed_look(picture: Image.Image) -> str:
    """Return a small copy of a picture as text, see :func:`look_of`."""
    return base64.b64encode(look_of(picture).tobytes()).decode()


def unpacked_look(text: str) -> np.ndarray:
    """Return the small copy that :func:`packed_look` made text of."""
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(SIDE, SIDE)


def find_near_copies(looks: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Return pairs of images that are nearly the same, in the order of names; see :func:`look_of`.

    The time grows with the square of the number of images: 2 seconds for 10,000 of them, and some
    milliseconds for each pair that is laid over each other. The memory grows with the number. Of
    many images of a kind each is in a pair, but not all pairs are there.
    """
    names = sorted(looks)  # which pairs are there does not depend on the lists that images are in
    if len(names) < 2:
        return []
    stack = np.stack([looks[name] for name in names])
    pairs = list(_candidates(_signatures(stack)))
    return [
        (names[one], names[other])
        for one, other in track(pairs, 'comparing images')
        if aligned_correlation(stack[one], stack[other]) >= _SAME
    ]


def near_copy_groups(looks: Mapping[str, np.ndarray]) -> list[tuple[str, ...]]:
    """Return the images in groups that are nearly the same, mostly of one; names are sorted.

    Near-copies of one image are in one group, so are their near-copies, and so on. See
    :func:`find_near_copies`.
    """
    group = {name: [name] for name in sorted(looks)}
    for one, other in find_near_copies(looks):
        if group[one] is not group[other]:
            group[one].extend(group[other])
            group.update(dict.fromkeys(group[other], group[one]))
    return list(dict.fromkeys(tuple(sorted(names)) for names in group.values()))


def _signatures(looks: np.ndarray) -> np.ndarray:
    """Return low frequencies of unit length, (n, d); zeros for an image without any.

    Frequencies of photographs fall as 1 / f, so each is multiplied by f: all count alike.
    """
    scale = np.hypot(*np.indices((_FREQUENCIES, _FREQUENCIES)))  # 0 for the mean brightness
    parts = []
    for start in range(0, len(looks), 4096):
        block = looks[start : start + 4096].astype(np.float32)
        spectrum = dctn(block, axes=(1, 2), norm='ortho')[:, :_FREQUENCIES, :_FREQUENCIES]
        parts.append((spectrum * scale).reshape(len(block), -1))  # (b, d)
    found = np.concatenate(parts).astype(np.float32)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return found / np.maximum(length, 1e-6)


def _candidates(signatures: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield pairs of similar images, for each image at most the nearest few that come later."""
    count = len(signatures)
    rows = max(1, _BLOCK // count)
    for start in range(0, count, rows):
        likeness = signatures[start : start + rows] @ signatures[start:].T  # (r, m)
        likeness[np.tril_indices_from(likeness)] = -1
        nearest = min(_NEAREST, likeness.shape[1])
        best = np.argpartition(-likeness, nearest - 1, axis=1)[:, :nearest]
        for row, column in np.argwhere(np.take_along_axis(likeness, best, 1) >= _CANDIDATE):
            yield start + int(row), start + int(best[row, column])


def aligned_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return how alike two small copies are where one is laid over the other.

    Returns:
        The correlation of their fine structure, -1..1, after the best affine motion (ECC,
        Evangelidis and Psarakis, PAMI 2008); 0 where none is found, or one that moves more than a
        slight crop does.
    """
    motion = np.eye(2, 3, dtype=np.float32)
    try:
        value, motion = _align(cv2.pyrDown(one), cv2.pyrDown(other), motion)
        if value < _ALIKE:
            return value
        motion[:, 2] *= 2  # from pixels of half the side
        value, motion = _align(one, other, motion)
    except cv2.error:  # no motion was found, or an image has no structure at all
        return 0.0
    corners = np.array([[0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]])
    moved = corners @ (motion / (1, 1, SIDE)).T - corners[:, :2]
    return value if np.abs(moved).max() <= _MOVE else 0.0


def _align(one: np.ndarray, other: np.ndarray, motion: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the correlation after the best motion, float32 (2, 3), and that motion."""
    everywhere = np.ones(one.shape, np.uint8)
    value, motion = cv2.findTransformECC(
        _fine(one), _fine(other), motion, cv2.MOTION_AFFINE, _STEPS, everywhere, 1
    )
    return float(value), motion


def _fine(look: np.ndarray) -> np.ndarray:
    """Return a small copy without its grain and its coarse brightness."""
    values = look.astype(np.float32)
    without_grain, light = (cv2.GaussianBlur(values, (0, 0), blur) for blur in (_GRAIN, _LIGHT))
    return without_grain - light
