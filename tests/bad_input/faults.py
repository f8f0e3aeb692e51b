"""Ways to break a file, by the kind of file. Each takes the path of a good one."""

import io
import os
import struct
import zlib
from functools import cache

import numpy as np
import tifffile
from PIL import Image


def replaced_by(content):
    """The file holds other bytes or text."""

    def break_it(path):
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(data)

    return break_it


def missing(path):
    path.unlink()


def empty(path):
    path.write_bytes(b'')


def truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def pipe(path):
    """Reading it would never end."""
    path.unlink()
    os.mkfifo(path)


def folder(path):
    path.unlink()
    path.mkdir()


def device(path):
    path.unlink()
    path.symlink_to('/dev/zero')


def dangling(path):
    path.unlink()
    path.symlink_to('nowhere')


#: What can be wrong with a file whatever it holds, but for its absence.
ANY_FILE = dict(empty=empty, truncated=truncated, pipe=pipe)


def picture(change, **options):
    """The picture is saved again after ``change``, which maps an image to one."""

    def break_it(path):
        with Image.open(path) as image:
            image.load()
        buffer = io.BytesIO()
        change(image).save(buffer, **{'format': 'PNG', **options})
        path.write_bytes(buffer.getvalue())

    return break_it


def pixels(make, mode=None):
    """The picture holds other values: ``make`` maps an array (H, W) to one."""

    def change(image):
        return Image.fromarray(make(np.array(image)), mode)

    return picture(change)


def huge(path):
    path.write_bytes(_huge_png())


@cache
def _huge_png():
    """A picture of 400 million pixels in a few kilobytes: only its header is true."""
    buffer = io.BytesIO()
    Image.new('1', (8, 8)).save(buffer, 'PNG')
    content = bytearray(buffer.getvalue())
    content[16:24] = struct.pack('>II', 20000, 20000)
    content[29:33] = struct.pack('>I', zlib.crc32(content[12:29]))
    return bytes(content)


def sized(width, height):
    return picture(lambda image: image.resize((width, height)), format='JPEG')


def signed(path):
    """Bytes below zero, which look like bright ones."""
    with Image.open(path) as image:
        values = np.asarray(image.convert('L'))
    # JPEGs, PNGs and TIFFs are told by their content.
    tifffile.imwrite(path, (values // 2).astype(np.int8) - 64, photometric='minisblack')


# A page of a program, which Pillow would have Ghostscript run.
postscript = replaced_by(
    '%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 48 48\n%%EndComments\nshowpage\n%%EOF\n'
)
#: Masks that no command but the converter of own data can use.
MASKS = dict(
    colours=picture(lambda image: image.convert('RGB')),
    opacity=picture(lambda image: Image.fromarray(np.array(image)).convert('LA')),
    one_bit=picture(lambda image: Image.fromarray(np.array(image) > 0)),
    two_bits=picture(lambda image: Image.fromarray(np.array(image) % 4 * 85), bits=2),
    sixteen_bits=pixels(lambda mask: mask.astype(np.uint16) + 300),
    another_size=picture(lambda image: image.resize((17, 33))),
    unknown_value=pixels(lambda mask: np.where(mask > 0, 200, mask).astype(np.uint8)),
    jpeg=picture(lambda image: image.convert('RGB'), format='JPEG'),
    grey_jpeg=picture(lambda image: Image.fromarray(np.array(image)), format='JPEG'),
    postscript=postscript,
    soft_edges=pixels(
        lambda mask: np.linspace(0, 254, mask.size).astype(np.uint8).reshape(mask.shape)
    ),
    huge=huge,
    **ANY_FILE,
)
#: Images that no command can use.
IMAGES = dict(
    missing=missing,
    floats=picture(lambda image: image.convert('F'), format='TIFF'),
    too_small=sized(3, 3),
    too_thin=sized(1000, 8),
    huge=huge,
    signed=signed,
    postscript=postscript,
    web_page=replaced_by('<!DOCTYPE html><html></html>'),
    **ANY_FILE,
)
