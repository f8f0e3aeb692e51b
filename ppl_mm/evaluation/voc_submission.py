"""Archives of predictions for PASCAL VOC's evaluation server."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from ..errors import UserError
from ..formats.image_folder import ImageFolder
from ..formats.image_list import read_ids
from ..formats.images.image_file import image_size
from ..formats.mask_file import encode_label, read_mask, voc_palette
from ..formats.voc_layout import VOC_CLASSES, VOCLayout
from ..utils.files import atomic_write
from ..utils.progress import track
from ..utils.text import printable

FOLDER = 'results/VOC2012/Segmentation/comp{}_test_cls'
ENDINGS = ('.tgz', '.tar.gz')
LAST_LABEL = len(VOC_CLASSES)
# Bytes of a label, far above what any has: an archive may hold anything.
_MOST = 1 << 26


class Split:
    """The images, by their ids, that an archive must hold.

    Args:
        data_root: The folder of VOC 2012.
        split: Name of a list, or path of a .txt.

    Raises:
        UserError: The list or the folder of images is missing.
    """

    def __init__(self, data_root: Path, split: str) -> None:
        path, layout = Path(split), VOCLayout(data_root)
        if path.suffix != '.txt' or not path.is_file():
            path = layout.split_path(split.removesuffix('.txt'))
        self.images = read_ids(path)
        self._photos = ImageFolder(layout.image_dir)

    def size(self, image: str) -> tuple[int, int]:
        """Return width and height of an image in pixels."""
        path = self._photos.find_id(image)
        if path is None:
            raise UserError(
                f"{self._photos.root}: image '{image}' is missing; unpack the split's archive of "
                'VOC 2012 there'
            )
        return image_size(path)


def entries(folder: Path, split: Split) -> Iterator[tuple[str, bytes]]:
    """Yield name, ``<image>.png``, and content of every prediction, as the archive has them.

    Raises:
        UserError: One of the split is missing, or one is not accepted by the server.
    """
    missing = [image for image in split.images if not (folder / f'{image}.png').is_file()]
    if missing:
        raise UserError(
            f'{folder}: {len(missing)} of {len(split.images)} images have no prediction, '
            f'first {missing[0]}.png; run tools/test.py on this split, with --out'
        )
    for image in track(sorted(split.images), 'packing'):
        path = folder / f'{image}.png'
        label = read_mask(path)
        if label.max() > LAST_LABEL:
            raise UserError(
                f'{path}: has the label {label.max()}, the server takes 0 to '
                f'{LAST_LABEL}; give predictions of a segmentation network'
            )
        size = split.size(image)
        if size != label.shape[::-1]:
            raise UserError(
                '{}: {} x {} pixels (width x height), but image {} has {} x '
                '{}; predict at the size of the image'.format(
                    path, *label.shape[::-1], image, *size
                )
            )
        yield f'{image}.png', encode_label(label)


def write_archive(path: Path, comp: int, files: Iterator[tuple[str, bytes]]) -> None:
    """Write an archive of competition 5 or 6, whose bytes depend on names and contents alone."""
    with (
        atomic_write(path) as file,
        gzip.GzipFile('', 'wb', fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode='w', format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in files:
            member = tarfile.TarInfo(f'{FOLDER.format(comp)}/{name}')
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def check_archive(path: Path, split: Split) -> list[str]:
    """Return what the server would not take, a line for each kind of fault.

    Raises:
        UserError: There is no such file.
    """
    if not path.is_file():
        raise UserError(f'{path}: is missing; write it with --out')
    lines: list[str] = []
    if not path.name.endswith(ENDINGS):
        lines.append(f'{path}: must be called .tgz or .tar.gz')
    seen: dict[str, str] = {}
    try:
        with tarfile.open(path, 'r:gz') as tar:
            found = [(_fault_of(tar, member, split, seen), member.name) for member in tar]
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        return [*lines, f'{path}: not a complete .tar.gz ({error})']
    faults: dict[str, list[str]] = {}
    for fault, name in found:
        if fault:
            faults.setdefault(fault, []).append(name)
    if len(set(seen.values())) > 1:
        lines.append(f'{path}: holds both comp5_test_cls and comp6_test_cls; submit one of them')
    if missing := [image for image in split.images if image not in seen]:
        faults['are missing'] = missing
    total = len(split.images)
    return lines + [
        printable(f'{path}: {len(names)} of {total} images {what}, first {names[0]}')
        for what, names in faults.items()
    ]


def _fault_of(
    tar: tarfile.TarFile, member: tarfile.TarInfo, split: Split, seen: dict[str, str]
) -> str:
    """Return what is wrong with a file of an archive, as the end of a sentence; '' for nothing.

    ``seen`` has the folder of each image so far; this one is added.
    """
    name = PurePosixPath(member.name)
    folder, image = str(name.parent), name.stem
    if member.isdir():
        return ''
    if folder not in (FOLDER.format(5), FOLDER.format(6)):
        return f'lie elsewhere than in {FOLDER.format(6)}'
    if name.suffix != '.png' or image not in split.images:
        return 'are not of the split'
    if image in seen:
        return 'are there twice'
    seen[image] = folder
    small = member.isfile() and member.size <= _MOST
    content = tar.extractfile(member) if small else None
    return _label_fault(content.read() if content else b'', split.size(image))


def _label_fault(content: bytes, size: tuple[int, int]) -> str:
    """Return what is wrong with a label whose image has a size (width, height)."""
    try:
        with Image.open(io.BytesIO(content), formats=['PNG']) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return 'are not readable PNGs'
    if picture.mode != 'P':
        return 'are not PNGs with a palette'
    palette = bytes(picture.getpalette())[: 3 * (LAST_LABEL + 1)]
    if palette != voc_palette()[: len(palette)]:
        return "have another palette than VOC's"
    if picture.size != size:
        return 'are of another size than their image'
    return f'have a label above {LAST_LABEL}' if np.asarray(picture).max() > LAST_LABEL else ''
