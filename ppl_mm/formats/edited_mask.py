"""Masks of ours that a person has changed in an editor."""

import os
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..errors import UserError
from ..utils.text import counted
from .mask_file import IGNORE, open_mask, read_any_mask, upright_values, voc_colors

# Classes whose colours a message lists.
_LISTED = 8


def read_edited_mask(path: str | os.PathLike, classes: Sequence[str]) -> np.ndarray:
    """Read a mask that :func:`.write_label` wrote and an editor has saved again.

    Editors keep the colours of a picture, but not always its values: some save 24 bits for a
    pixel, others sort the palette. So colours decide where each is the one of a class. A picture
    with other colours in its palette, or a grey one, is read by its values.

    Args:
        path: A palette, grey, RGB or opaque RGBA picture of any lossless format.
        classes: Foreground classes.

    Returns:
        Values, uint8 (H, W): 0 background, class id + 1, 255 void; of grey and other palettes as
        they are in the file.

    Raises:
        UserError: If the file is missing, cannot be read to its end, is a JPEG, has transparent
            pixels, or a colour of no class without a palette.
    """
    label = None
    with open_mask(path) as image:
        if image.mode == 'P':
            label = _by_palette(image, len(classes))
        elif image.mode in ('RGB', 'RGBA'):
            label = _by_colours(upright_values(image), classes, path)
    return read_any_mask(path) if label is None else label


def _colour_labels(num_classes: int) -> dict[int, int]:
    """Return the label of each colour, as 0xRRGGBB, that a mask of ours may have."""
    codes = _codes(voc_colors()).tolist()
    return {codes[label]: label for label in (*range(num_classes + 1), IGNORE)}


def _codes(colours: np.ndarray) -> np.ndarray:
    """Return colours (.., 3 or more) as 0xRRGGBB."""
    red, green, blue = (colours[..., k].astype(np.int32) for k in range(3))
    return red << 16 | green << 8 | blue


def _by_palette(image: Image.Image, num_classes: int) -> np.ndarray | None:
    """Return the labels of an indexed picture; None if it uses a colour of no class."""
    colours = _codes(np.array(image.getpalette('RGB')).reshape(-1, 3)).tolist()
    known, pixels = _colour_labels(num_classes), upright_values(image)
    table = np.zeros(256, np.uint8)
    for value in np.flatnonzero(np.bincount(pixels.ravel(), minlength=256)):
        label = known.get(colours[value]) if value < len(colours) else None
        if label is None:
            return None
        table[value] = label
    return table[pixels]


def _by_colours(pixels: np.ndarray, classes: Sequence[str], path: str | os.PathLike) -> np.ndarray:
    """Return the labels of a picture of colours, (H, W, 3) or with an alpha channel."""
    if pixels.shape[2] == 4 and (pixels[..., 3] < 255).any():
        raise UserError(
            f'{path}: has transparent pixels; fill them, with black where the background is, and '
            'save the mask without an alpha channel'
        )
    codes = _codes(pixels)
    colours, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    known = _colour_labels(len(classes))
    odd = [k for k, colour in enumerate(colours) if int(colour) not in known]
    if odd:
        raise UserError(
            f'{path}: {counted(counts[odd].sum(), "pixel has", "pixels have")} a colour of no '
            f'class, e.g. #{colours[odd[0]]:06x}; paint with a hard brush in the colours of the '
            f'masks: {_list_colours(known, classes)}'
        )
    labels = np.array([known[int(colour)] for colour in colours], np.uint8)
    return labels[places].reshape(pixels.shape[:2])


def _list_colours(known: dict[int, int], classes: Sequence[str]) -> str:
    """Return the colours of the first classes, as a list for people."""
    names = {0: 'background', IGNORE: 'void'} | dict(enumerate(classes[:_LISTED], 1))
    shown = [f'{names[label]} #{code:06x}' for code, label in known.items() if label in names]
    return ', '.join(shown)
