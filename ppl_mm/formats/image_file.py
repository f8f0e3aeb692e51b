"""Photographs of any kind as training loads them: upright, RGB, 8 bits.

:class:`ppl_mm.LoadImage` turns a photograph as its EXIF says, too, so who sees
a picture and who draws its mask see the same. What it cannot do soundly is
done here once: 16 bits, transparency, CMYK, rare formats, huge sizes.
"""

import io
import os
import warnings
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from ..errors import UserError

#: Endings that are read.
PHOTO_SUFFIXES = (
    '.jpg',
    '.jpeg',
    '.png',
    '.avif',
    '.bmp',
    '.gif',
    '.jp2',
    '.pgm',
    '.ppm',
    '.tif',
    '.tiff',
    '.webp',
)
#: Endings of photographs that are named as unreadable, not passed over. Of
#: some Pillow would read a thumbnail.
FOREIGN_SUFFIXES = ('.arw', '.cr2', '.cr3', '.dng', '.heic', '.heif', '.nef')
ORIENTATION = 0x0112  # EXIF's tag
# What a viewer does to show a picture with that tag.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# ImageNet's mean colour, RGB: zero after normalisation, which says nothing.
_MEAN = (124, 116, 104)
_WITH_ALPHA = ('RGBA', 'RGBa', 'LA', 'La', 'PA')
# Markers of a JPEG: the start and the end of a scan, EXIF's segment, frames.
_SCAN, _END = b'\xff\xda', b'\xff\xd9'
_EXIF, _FRAMES = 0xE1, (0xC0, 0xC1, 0xC2)
_AS_IT_IS = {'JPEG': '.jpg', 'MPO': '.jpg', 'PNG': '.png'}


@dataclass(frozen=True)
class Photo:
    """A photograph that has been read.

    Attributes:
        picture (Image.Image): Upright, 'RGB' or, where it has no colours, 'L'.
        full_size (tuple[int, int]): Width and height, upright, in the file.
        orientation (int): EXIF's, 1 to 8; 1 is upright.
        changes (tuple[str, ...]): What differs from the file, in words.
        suffix (str | None): '.jpg' or '.png' if the bytes of the file can
            serve as they are, else None.
    """

    picture: Image.Image
    full_size: tuple[int, int]
    orientation: int
    changes: tuple[str, ...]
    suffix: str | None


def read_photo(
    path: str | os.PathLike, max_long_side: int | None = None, white_level: int = 65535
) -> Photo:
    """Read a photograph to its end.

    Transparent parts get ImageNet's mean colour. Of several pages or frames
    the first is taken. Colour profiles are not applied.

    Args:
        path (str | PathLike): The file.
        max_long_side (int, optional): Shrink what is larger, in pixels.
            Defaults to None: keep the size.
        white_level (int): The value that is white in a grey picture of 16
            bits. Defaults to 65535.

    Returns:
        Photo: The picture and what was done to it.

    Raises:
        UserError: The file cannot be read or has no pixels for a viewer.
    """
    if os.fspath(path).lower().endswith(FOREIGN_SUFFIXES):
        raise UserError(f'{path}: photos of this kind are not read; save it as JPEG or PNG')
    try:
        with warnings.catch_warnings():
            # Pillow warns of half of what it refuses as a bomb.
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return _read(image, max_long_side, white_level)
    except Image.DecompressionBombError:
        raise UserError(
            f'{path}: more than {2 * Image.MAX_IMAGE_PIXELS:,} pixels; cut it into tiles'
        ) from None
    except UserError as error:
        raise UserError(f'{path}: {error}') from None
    # A broken file can make a decoder raise anything.
    except Exception as error:
        reason = ' '.join(str(error).split())[:100] or type(error).__name__
        # Pillow repeats the path, or the address of a stream.
        reason = reason.replace(str(path), '').replace("''", 'the file')
        raise UserError(f'{path}: the image cannot be read ({reason}); replace the file') from None


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn or mirror a picture as EXIF's orientation says.

    Args:
        image (Image.Image): As stored.
        orientation (int): 1 to 8; anything else counts as 1.

    Returns:
        Image.Image: As it is to be seen.
    """
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def scaled_size(size: tuple[int, int], max_long_side: int | None) -> tuple[int, int]:
    """Width and height of which the longer is at most that."""
    if not max_long_side or max(size) <= max_long_side:
        return tuple(size)
    scale = max_long_side / max(size)
    return tuple(max(1, round(side * scale)) for side in size)


def _read(image: Image.Image, max_long_side: int | None, white_level: int) -> Photo:
    orientation = image.getexif().get(ORIENTATION, 1)
    if orientation not in _TURNS:
        orientation = 1
    kind, mode = image.format, image.mode
    pages = 1 if kind == 'MPO' else getattr(image, 'n_frames', 1)
    turn = orientation
    if kind == 'TIFF':
        # Pillow turns it while loading. Whether it takes the tag away then,
        # and which size it has before, differ between versions.
        image.load()
        turn = 1
    stored = image.size
    target = scaled_size(stored, max_long_side)
    if target != stored:
        image.draft(None, target)  # a JPEG is decoded small
    image.load()
    has_alpha = mode in _WITH_ALPHA or 'transparency' in image.info
    picture = _to_8_bits(image, has_alpha, white_level)
    if picture.size != target:
        picture = picture.resize(target, Image.Resampling.LANCZOS)
    changes = [
        text
        for text, is_so in (
            ('turned upright', orientation != 1),
            ('made smaller', target != stored),
            ('transparent parts filled', has_alpha),
            ('16 bits to 8', mode.startswith('I')),
            ('CMYK to RGB', mode == 'CMYK'),
            ('first of several frames', pages > 1),
        )
        if is_so
    ]
    is_plain = not changes and mode in ('RGB', 'L')
    return Photo(
        turn_upright(picture, turn),
        stored[::-1] if turn > 4 else stored,
        orientation,
        tuple(changes),
        _AS_IT_IS.get(kind) if is_plain else None,
    )


def _to_8_bits(image: Image.Image, has_alpha: bool, white_level: int) -> Image.Image:
    if image.mode.startswith('I'):  # Pillow would clip at 255
        image = _scale_16_bits(image, white_level)
    if has_alpha:
        image = image.convert('RGBA')
        ground = Image.new('RGB', image.size, _MEAN)
        ground.paste(image, mask=image.getchannel('A'))
        return ground
    if image.mode == 'F':
        raise UserError('its pixels are floating point numbers; save it with 8 or 16 bits')
    return image.convert('L' if image.mode in ('1', 'L') else 'RGB')


def _scale_16_bits(image: Image.Image, white_level: int) -> Image.Image:
    """A grey picture in 'L', or in 'LA' where one value is transparent."""
    values = np.asarray(image)
    scaled = np.rint(values.astype(np.float64) * (255 / white_level))
    grey = Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))
    clear = image.info.get('transparency')
    if clear is not None:
        # Of several values that become one grey only this one is clear.
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


def decode_image(content: bytes) -> np.ndarray:
    """Decode an image as Pillow does, upright and without transparency.

    A whole JPEG of the usual kind is left to OpenCV: the pixels are the same,
    in two thirds of the time.

    Args:
        content (bytes): The file.

    Returns:
        np.ndarray: uint8 BGR, (H, W, 3).

    Raises:
        OSError: The file is truncated or no image; Pillow raises others too.
    """
    if _is_usual_jpeg(content) and _is_whole(content):
        found = cv2.imdecode(
            np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        )
        if found is not None:
            return found
    # It imports torch, which the converters of data sets never need.
    import mmcv

    rgb = mmcv.imfrombytes(content, channel_order='rgb', backend='pillow')
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)


def _is_usual_jpeg(content: bytes) -> bool:
    """Whether it is grey or of three colours, and upright; from its head."""
    place = 2 if content.startswith(b'\xff\xd8') else len(content)
    while place + 20 < len(content) and content[place] == 0xFF:
        marker = content[place + 1 : place + 20]
        if marker[0] in _FRAMES:
            height, width = (int.from_bytes(marker[k : k + 2], 'big') for k in (4, 6))
            # Pillow has a word to say about images as large as a bomb.
            return marker[8] in (1, 3) and height * width <= (Image.MAX_IMAGE_PIXELS or 0)
        if marker[0] == _EXIF and not _is_upright(content):
            return False
        place += 2 + int.from_bytes(marker[1:3], 'big')
    return False


def _is_upright(content: bytes) -> bool:
    with Image.open(io.BytesIO(content)) as image:
        return image.getexif().get(ORIENTATION, 1) == 1


def _is_whole(content: bytes) -> bool:
    """Whether a JPEG's last scan has an end: neither occurs inside a scan."""
    return content.endswith(_END) or (content.rfind(_END) > content.rfind(_SCAN))
