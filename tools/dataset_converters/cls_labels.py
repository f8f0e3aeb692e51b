"""Turn the field's cls_labels.npy into image_labels.csv.

python cls_labels.py cls_labels.npy --out image_labels.csv --trust

The file, of PSA, IRN and their successors, is a pickled dictionary from image
to a vector with a 1 for each of its classes. A pickle names functions to call,
and may name any: so --trust is asked for, and even then only what makes up
NumPy's arrays may be called. It is the one pickle that this project reads.

--compare Annotations also compares it with VOC's XML, and names the images
that differ; the exit status is then 1 where some do.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from ppl_mm.errors import UserError, first_line
from ppl_mm.formats.class_list import check_classes, read_classes
from ppl_mm.formats.image_labels.label_file import read_labels
from ppl_mm.formats.image_list import check_image, image_id
from ppl_mm.formats.npz_file import read_header
from ppl_mm.formats.voc_layout import VOC_CLASSES, write_labels
from ppl_mm.utils.cli import make_parser, run
from ppl_mm.utils.files import check_output, check_regular
from ppl_mm.utils.text import counted

# All that a pickled dictionary of arrays calls, by NumPy 1 and 2, and its
# strings and bytes as Python 2 wrote them.
_CALLABLE = {
    ('numpy', 'ndarray'),
    ('numpy', 'dtype'),
    ('_codecs', 'encode'),
    *(
        (f'numpy.{core}.multiarray', name)
        for core in ('core', '_core')
        for name in ('_reconstruct', 'scalar')
    ),
    *((f'numpy.{core}.numeric', '_frombuffer') for core in ('core', '_core')),
}


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('labels', type=Path, help='cls_labels.npy')
    parser.add_argument('--out', type=Path, help='CSV to write')
    parser.add_argument(
        '--classes',
        nargs='+',
        default=list(VOC_CLASSES),
        help="foreground classes in the vectors' order, or a classes.txt (default: VOC's)",
    )
    parser.add_argument(
        '--compare', type=Path, metavar='ANNOTATIONS', help="also compare with VOC's XML"
    )
    parser.add_argument(
        '--drop-difficult',
        action='store_true',
        help='in the XML, leave out objects marked difficult',
    )
    parser.add_argument(
        '--trust', action='store_true', help='I trust the file: read it though it is a pickle'
    )
    args = parser.parse_args(argv)
    if not (args.out or args.compare):
        parser.error('give --out, --compare or both')
    if args.out:
        check_output(args.out, args.labels)
    return args


class ArrayUnpickler(pickle.Unpickler):
    """Reads pickles of NumPy's arrays, and of nothing else."""

    def find_class(self, module: str, name: str) -> object:
        """What a pickle may call; anything else is a UnpicklingError."""
        if (module, name) not in _CALLABLE:
            raise pickle.UnpicklingError(f'it calls {module}.{name}')
        return super().find_class(module, name)


def read_cls_labels(path: Path) -> dict:
    """Unpickle a cls_labels.npy of a source that is trusted: from image to vector.

    Raises:
        UserError: The file is missing or something else.
    """
    try:
        check_regular(path)
        with open(path, 'rb') as file:
            content = _read_object(file)
    except FileNotFoundError as error:
        raise UserError(f'{path}: is missing; check the path') from error
    except UserError:
        raise
    # A broken pickle may raise nearly anything.
    except Exception as error:
        raise UserError(
            f'{path}: not a pickled dictionary of arrays ({first_line(error)}); get the file again'
        ) from error
    if not isinstance(content, dict) or not content:
        raise UserError(
            f'{path}: holds a {type(content).__name__}, expected a dictionary from image to vector'
        )
    return content


def _read_object(file: IO[bytes]) -> object:
    """The one object of a .npy file."""
    shape, dtype = read_header(file)
    if not dtype.hasobject or shape:
        raise ValueError(f'it is an array {shape} of {dtype}')
    # latin1 reads what Python 2 wrote and changes nothing else.
    content = ArrayUnpickler(file, encoding='latin1').load()
    return content.item() if isinstance(content, np.ndarray) else content


def image_name(key: object) -> str:
    """The image of a key: its name, or IRN's 2007000032 for 2007_000032."""
    if isinstance(key, int | np.integer):
        digits = f'{int(key):010d}'
        return f'{digits[:4]}_{digits[4:]}'
    return image_id(str(key))


def to_names(content: dict, classes: Sequence[str], path: Path) -> dict[str, list[str]]:
    """Return the class names of every image, from its vector in the order of the classes.

    Raises:
        UserError: A vector does not fit these classes, or an image is not below the image folder,
            or there twice.
    """
    labels = {}
    for key, vector in content.items():
        if not isinstance(key, str | int | np.integer):
            raise UserError(f'{path}: {key!r} does not name an image; get the file again')
        vector = np.asarray(vector)
        if vector.shape != (len(classes),):
            raise UserError(
                f'{path}: image {key} has a vector of shape {vector.shape}, '
                f'but there are {len(classes)} classes; set --classes'
            )
        if not np.isin(vector, (0, 1)).all():
            raise UserError(
                f'{path}: image {key} has a value that is neither 0 nor 1; get the file again'
            )
        image = check_image(image_name(key), str(path))
        if image in labels:
            raise UserError(f"{path}: has image '{image}' twice; get the file again")
        labels[image] = [classes[k] for k in np.flatnonzero(vector)]
    return dict(sorted(labels.items()))


def differences(labels: dict[str, list[str]], folder: Path, count_difficult: bool) -> list[str]:
    """Return a line for each image whose XML says something else.

    Raises:
        UserError: An XML is missing or broken.
    """
    lines = []
    rows = read_labels(
        folder, ann_format='voc_xml', images=list(labels), count_difficult=count_difficult
    )
    for row in rows.rows:
        own, found = set(labels[row.image]), set(row.names)
        if own != found:
            shown = [' '.join(sorted(names)) or 'nothing' for names in (own, found)]
            lines.append('{}: {}, but {} in the XML'.format(row.image, *shown))
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Convert, compare or both."""
    args = parse_args(argv)
    if not args.trust:
        raise UserError(
            f'{args.labels}: is a pickle, which can run any program when it is read; only if you '
            "trust its source, give --trust (even then nothing but NumPy's arrays is built)"
        )
    classes = args.classes
    if len(classes) == 1 and classes[0].endswith('.txt'):
        classes = read_classes(classes[0])
    check_classes(list(classes), '--classes')
    labels = to_names(read_cls_labels(args.labels), classes, args.labels)
    lines = differences(labels, args.compare, not args.drop_difficult) if args.compare else []
    if lines:
        print('\n'.join(lines))
    if args.compare:
        print(f'{len(lines)} of {len(labels)} images differ from {args.compare}')
    if args.out:
        write_labels(args.out, labels)
        negatives = sum(not names for names in labels.values())
        print(f'{args.out}: {counted(len(labels), "image")}, {negatives} of them without a class')
    return int(bool(lines))


if __name__ == '__main__':
    run(main)
