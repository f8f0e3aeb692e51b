"""The study of thresholds: pack maps once, then compare rules in seconds.

python -m studies.thresholds linear DATA DATA_ROOT --split train --weights FILE
python -m studies.thresholds export DATA.NETWORK DATA_ROOT EXPORT_DIR --split train
python -m studies.thresholds compare
"""

import argparse
from datetime import date
from pathlib import Path

from ppl_mm.utils.cli import run
from ppl_mm.utils.files import write_json

from .compare import compare, few_masks
from .linear_maps import linear_maps
from .map_set import MapSet
from .pack import pack_export, refine, small_images
from .report import table

RESULTS = Path(__file__).parent / 'results'


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('what', choices=['linear', 'export', 'compare'])
    parser.add_argument('name', nargs='?', help='of the set')
    parser.add_argument('data_root', nargs='?')
    parser.add_argument('export_dir', nargs='?')
    parser.add_argument('--packs', default='work_dirs/thresholds', help='where the maps are')
    parser.add_argument('--split', default='train')
    parser.add_argument('--limit', type=int, help='the first so many images')
    parser.add_argument('--steps', type=int, nargs='+', default=[12, 150])
    parser.add_argument('--weights', default='weights/mobilenet_v2_imagenet.pth')
    parser.add_argument('--results', default=RESULTS / 'train.json', type=Path)
    return parser.parse_args()


def pack(args: argparse.Namespace) -> None:
    """Make the raw material of one set."""
    where = (args.data_root, args.split)
    if args.what == 'linear':
        sets = linear_maps(args.name, *where, args.weights, args.steps, args.limit)
    else:
        sets = iter([pack_export(args.name, args.export_dir, *where, args.limit)])
    images = list(small_images(*where, args.limit))
    for maps in sets:
        refine(maps, images).write(f'{args.packs}/{maps.name}.npz')


def main() -> None:
    """Pack a set, or compare the rules on all."""
    args = parse_args()
    if args.what != 'compare':
        pack(args)
        return
    sets = [MapSet.read(path) for path in sorted(Path(args.packs).glob('*.npz'))]
    found = compare(sets) | dict(few_masks=few_masks(sets), date=date.today().isoformat())
    write_json(args.results, found)
    print(table(found))


if __name__ == '__main__':
    run(main)
