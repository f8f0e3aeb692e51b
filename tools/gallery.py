"""Show images with their maps, pseudo-labels and predictions in a browser.

python tools/gallery.py work_dirs/own                      # all of a pipeline
python tools/gallery.py work_dirs/own_export               # an export, a refinement
python tools/gallery.py labels --data-root data/mine --out work_dirs/look   # PNGs

Writes a folder that opens from the disk, without a network: index.html. Run
it again after a change: only what is new or has changed is drawn.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.errors import UserError
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.gallery.from_folders import read_folders
from ppl_mm.gallery.from_pipeline import read_pipeline
from ppl_mm.gallery.write import make_gallery
from ppl_mm.utils.cli import add_workers, make_parser, run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument(
        'source',
        type=Path,
        metavar='SOURCE',
        help='the work folder of a pipeline, the folder of an export or a refinement, or a folder '
        'of label PNGs',
    )
    parser.add_argument(
        '--out', type=Path, metavar='DIR', help='folder to write (default: SOURCE/gallery)'
    )
    parser.add_argument(
        '--predictions',
        type=Path,
        metavar='DIR',
        help='what a segmentation network predicts: DIR/<image id>.png (default: what the '
        'pipeline tested)',
    )
    parser.add_argument(
        '--refined', type=Path, metavar='DIR', help='the folder of a refinement of this export'
    )
    parser.add_argument(
        '--data-root',
        type=Path,
        metavar='DIR',
        help="the data set, in VOC's layout (default: the one that SOURCE names)",
    )
    add_workers(parser, 'threads that draw')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the gallery and say where it is."""
    args = parse_args(argv)
    out = args.out or _default_out(args.source)
    if _is_pipeline(args.source):
        if args.refined or args.data_root:
            raise UserError(
                f'{args.source}: is the folder of a pipeline, which knows its data and labels; '
                'leave out --refined and --data-root'
            )
        source = read_pipeline(args.source, args.predictions)
    else:
        source = read_folders(args.source, args.data_root, args.refined, args.predictions)
    print(f'open {make_gallery(source, out, args.workers)}')


def _is_pipeline(source: Path) -> bool:
    return (source / 'pipeline.json').is_file()


def _default_out(source: Path) -> Path:
    if _is_pipeline(source) or ExportFolder(source).record_path.is_file():
        return source / 'gallery'
    raise UserError(
        f'{source}: holds neither pipeline.json nor export.json; for a folder of label PNGs, '
        'say with --out where to write the gallery'
    )


if __name__ == '__main__':
    run(main)
