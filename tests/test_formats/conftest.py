import struct
import zlib

import numpy as np
import pytest


def _png(values, transparent=None, bits=16):
    """Bytes of a PNG, grey (with alpha) or RGB (with alpha), of bits that Pillow does not write."""
    height, width, bands = (*values.shape, 1)[:3]
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[bands]
    if bits < 8:
        each = np.unpackbits(values[..., None], axis=-1)[..., -bits:]  # (H, W, bits)
        packed = np.packbits(each.reshape(height, -1), axis=1)
    else:
        packed = values.astype('>u2')
    rows = b''.join(b'\0' + row.tobytes() for row in packed)

    def chunk(name, data):
        body = name + data
        return struct.pack('>I', len(data)) + body + struct.pack('>I', zlib.crc32(body))

    head = struct.pack('>IIBBBBB', width, height, bits, kind, 0, 0, 0)
    clear = b'' if transparent is None else chunk(b'tRNS', np.array(transparent, '>u2').tobytes())
    return b''.join(
        [
            b'\x89PNG\r\n\x1a\n',
            chunk(b'IHDR', head),
            clear,
            chunk(b'IDAT', zlib.compress(rows)),
            chunk(b'IEND', b''),
        ]
    )


def _tiff(values, extra=None):
    """Bytes of a plain TIFF of 8 or 16 bits; its last band's kind is ``extra``."""
    height, width, bands = (*values.shape, 1)[:3]
    bits, data = 8 * values.dtype.itemsize, values.tobytes()
    count = 9 + (extra is not None)
    behind = 8 + 2 + 12 * count + 4
    many = struct.pack(f'<{bands}H', *[bits] * bands) if bands > 2 else b''
    tags = [
        (256, 3, 1, width),
        (257, 3, 1, height),
        (258, 3, bands, behind if many else bits * (1 + 65536 * (bands == 2))),
        (259, 3, 1, 1),
        (262, 3, 1, 2 if bands > 2 else 1),
        (273, 4, 1, behind + len(many)),
        (277, 3, 1, bands),
        (278, 3, 1, height),
        (279, 4, 1, len(data)),
    ]
    if extra is not None:
        tags.append((338, 3, 1, extra))
    entries = b''.join(struct.pack('<HHII', *tag) for tag in sorted(tags))
    head = b'II*\0' + struct.pack('<IH', 8, count)
    return head + entries + struct.pack('<I', 0) + many + data


@pytest.fixture
def png():
    return _png


@pytest.fixture
def tiff():
    return _tiff
