"""Tags of TIFF files, as Pillow shows them."""

from typing import Any

from PIL import Image

SUBFILE_TYPE = 254
# Width and height as stored: an orientation may exchange them.
WIDTH, HEIGHT = 256, 257
BITS_PER_SAMPLE = 258
PHOTOMETRIC = 262
SAMPLES_PER_PIXEL = 277
PLANAR = 284
EXTRA_SAMPLES = 338
SAMPLE_FORMAT = 339
#: Of SAMPLE_FORMAT: integers with a sign.
SIGNED = 2
#: Of PHOTOMETRIC: grey that is brighter where the value is lower, and colours for print.
WHITE_IS_ZERO, CMYK = 0, 5
#: Of PLANAR: bands one after another.
SEPARATE = 2
#: Of SUBFILE_TYPE: bits that mark a smaller copy of another page, and what is transparent in one.
REDUCED, OPACITY_MASK = 1, 4


def tag(image: Image.Image, number: int, default: Any = None) -> Any:
    """Return the value of a tag of an opened TIFF, such as one of this module's, or the default."""
    return getattr(image, 'tag_v2', {}).get(number, default)
