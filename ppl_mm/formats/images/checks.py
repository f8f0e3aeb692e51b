"""What an image file must be, and errors that name the file in one line."""

import io
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from PIL import Image

from ...errors import UserError

#: The shortest side of an image, in pixels: exported maps have one cell for 4.
MIN_SIDE = 4
#: The long side over the short one: a view of 256 pixels is 4 pixels wide then.
MAX_RATIO = 64
#: Endings of photographs that are named as unreadable, not passed over. Of
#: some Pillow would read a thumbnail.
FOREIGN_SUFFIXES = ('.arw', '.cr2', '.cr3', '.dng', '.heic', '.heif', '.nef')
# What Pillow may decode, TGA last: it begins with no mark. Pillow knows more, and hands some to
# other programs: what is named .jpg may be PostScript, for Ghostscript.
_FORMATS = ('JPEG', 'PNG', 'TIFF', 'WEBP', 'AVIF', 'JPEG2000', 'BMP', 'GIF', 'PPM', 'TGA')
_STREAM = re.compile(r'<_io\.\w+ object at 0x\w+>')


def open_picture(file: str | os.PathLike | io.BytesIO) -> Image.Image:
    """Open a picture, of a file or its bytes, of a format that is read here; every door leads here.

    Raises:
        OSError: It is of another format, or damaged; decoders raise others too.
    """
    return Image.open(file, formats=_formats())


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def raw_mode(image: Image.Image) -> str:
    """Return how an opened file stores its pixels: 'L;4', 'RGB;16B'; '' if it does not say."""
    tile = getattr(image, 'tile', ())
    mode = tile[0][3] if tile else ''
    return str(mode[0] if isinstance(mode, tuple) else mode)


def fits(size: tuple[int, int]) -> bool:
    """Return whether the sides of an image, in pixels, are long and alike enough."""
    short, long = sorted(size)
    return short >= MIN_SIDE and long <= MAX_RATIO * short


def check_sides(size: tuple[int, int]) -> None:
    """Refuse images, by width and height, that are too small or too thin; the file is not named."""
    if not fits(size):
        raise UserError(
            f'{size[0]} x {size[1]} pixels; each side must have at least {MIN_SIDE}, '
            f'and the long one at most {MAX_RATIO} times the short one; leave it out'
        )


def check_kind(path: str | os.PathLike) -> None:
    """Refuse a photograph, by its ending, of a kind that is not read; the file is not named."""
    if os.fspath(path).lower().endswith(FOREIGN_SUFFIXES):
        raise UserError('photos of this kind are not read; save it as JPEG or PNG')


@contextmanager
def naming(
    path: str | os.PathLike,
    missing: str = 'the image is missing; restore it or take it out of the split',
    damaged: str = 'the image cannot be read ({}); replace the file',
) -> Iterator[None]:
    """Turn whatever reading a picture raises into a UserError of one line that names the file."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of half of what it refuses as a bomb.
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            yield
    except FileNotFoundError:
        raise UserError(f'{path}: {missing}') from None
    except Image.DecompressionBombError:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise UserError(f'{path}: more than {most:,} pixels; cut it into tiles') from None
    except UserError as error:
        text = str(error)
        raise UserError(text if text.startswith(f'{path}: ') else f'{path}: {text}') from None
    # A broken file can make a decoder raise anything.
    except Exception as error:
        raise UserError(f'{path}: {damaged.format(_reason_of(error, path))}') from None


def _reason_of(error: Exception, path: str | os.PathLike) -> str:
    """Return what a decoder has to say, without the path or the address of a stream."""
    reason = ' '.join(str(error).split())[:100] or type(error).__name__
    return _STREAM.sub('the file', reason.replace(repr(str(path)), 'the file'))
