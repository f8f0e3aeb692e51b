"""Transparent parts of pictures: what counts as such, and what fills them."""

from PIL import Image

from . import tiff

# ImageNet's mean colour, RGB: zero after normalisation, which says nothing.
_MEAN = (124, 116, 104)
_PREMULTIPLIED, _STRAIGHT = 1, 2
#: Values of a TIFF's EXTRA_SAMPLES that mean opacity.
OPACITY = (_PREMULTIPLIED, _STRAIGHT)


def has_alpha_band(image: Image.Image) -> bool:
    """Return whether the last band is opacity.

    A fourth band of a TIFF may be anything, near infrared for example: it is opacity only where
    the file declares that.
    """
    if image.format == 'TIFF':
        return bool(set(OPACITY) & set(_extra_samples(image)))
    return image.mode in ('RGBA', 'RGBa', 'LA', 'La', 'PA')


def is_transparent(image: Image.Image) -> bool:
    """Return whether a picture has an alpha band or a transparent colour."""
    return has_alpha_band(image) or 'transparency' in image.info


def is_premultiplied(image: Image.Image) -> bool:
    """Return whether colours are multiplied by their opacity in the file."""
    return image.format == 'TIFF' and _PREMULTIPLIED in _extra_samples(image)


def fill(image: Image.Image) -> Image.Image:
    """Return an RGB picture whose transparent parts have ImageNet's mean colour."""
    image = image.convert('RGBA')
    ground = Image.new('RGB', image.size, _MEAN)
    ground.paste(image, mask=image.getchannel('A'))
    return ground


def _extra_samples(image: Image.Image) -> tuple[int, ...]:
    return tiff.tag(image, tiff.EXTRA_SAMPLES, ())
