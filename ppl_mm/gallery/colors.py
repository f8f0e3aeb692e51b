"""The colours of classes in the gallery.

VOC's colours are made for files: many are dark, and neighbours look alike. On
a screen, over a photo, these are told apart more easily.
"""

import colorsys

from ..formats.mask_file import IGNORE

#: Of "ignore" in a label, and of void in a mask.
IGNORED = (235, 235, 225)
# Hues a golden angle apart never meet; neighbours also differ in lightness.
_STEP, _START = 0.381966, 0.98
_LIGHT = (0.56, 0.45, 0.66)


def class_colors(count: int) -> list[tuple[int, int, int]]:
    """Return a colour for each foreground class, RGB 0..255."""
    return [_color(k) for k in range(count)]


def hex_color(color: tuple[int, int, int]) -> str:
    """Return a colour as CSS writes it.

    Examples:
        >>> hex_color((255, 0, 16))
        '#ff0010'
    """
    return '#{:02x}{:02x}{:02x}'.format(*color)


def label_palette(num_classes: int) -> bytes:
    """Return the palette of a label, RGB of 256 values: black, the classes, grey for others."""
    colors = [(0, 0, 0), *class_colors(num_classes)]
    colors += [(128, 128, 128)] * (IGNORE - len(colors)) + [IGNORED]
    return bytes(value for color in colors for value in color)


def _color(k: int) -> tuple[int, int, int]:
    rgb = colorsys.hls_to_rgb((_START + k * _STEP) % 1, _LIGHT[k % len(_LIGHT)], 0.78)
    red, green, blue = (round(255 * value) for value in rgb)
    return red, green, blue
