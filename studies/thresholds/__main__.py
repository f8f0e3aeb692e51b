"""The study of thresholds: pack maps once, then compare rules in seconds.

    python -m studies.thresholds linear DATA DATA_ROOT
    python -m studies.thresholds export DATA.NETWORK DATA_ROOT EXPORT
    python -m studies.thresholds compare

The other studies of packed maps are agreement, boxes, compact, confident, few_masks, foreground,
negatives, probed and val. Each measures all packs, writes results/STUDY.json and prints its table;
with --show it prints the table of that file, and measures nothing.
"""

import argparse
import json
from datetime import date
from pathlib import Path
from types import ModuleType

from ppl_mm.utils.cli import run
from ppl_mm.utils.files import write_json

from . import (
    agreement,
    boxes,
    compact,
    compare,
    confident,
    few_masks,
    foreground,
    negatives,
    probed,
    val,
)
from .linear_maps import linear_maps
from .map_set import MapSet
from .pack import pack_maps, refine, small_images

_STUDIES = (compare, few_masks, val, foreground, boxes, compact)
_STUDIES += (probed, confident, agreement, negatives)
RESULTS = Path(__file__).parent / 'results'
STUDIES: dict[str, ModuleType] = {one.__name__.rpartition('.')[2]: one for one in _STUDIES}


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest='what', metavar='WHAT', required=True)
    for name in ('linear', 'export'):
        pack = commands.add_parser(name)
        pack.add_argument('name', help='of the set')
        pack.add_argument('data_root')
        if name == 'export':
            pack.add_argument('export', help='an export, or a folder of CAM files')
        pack.add_argument('--split', default='train')
        pack.add_argument('--limit', type=int, help='the first so many images')
        pack.add_argument('--one-class', action='store_true', help='all classes are one')
        pack.add_argument('--steps', type=int, nargs='+', default=[12, 150])
        pack.add_argument('--weights', default='weights/mobilenet_v2_imagenet.pth')
    for name in STUDIES:
        study = commands.add_parser(name)
        study.add_argument('--only', nargs='+', help='names of sets; all by default')
        study.add_argument('--val-packs', default='work_dirs/thresholds_val', help='of val alone')
        study.add_argument('--results', type=Path, default=RESULTS / f'{name}.json')
        study.add_argument('--show', action='store_true', help='print the table of the results')
    for command in commands.choices.values():
        command.add_argument('--packs', default='work_dirs/thresholds', help='where the maps are')
    return parser.parse_args()


def pack(args: argparse.Namespace) -> None:
    """Make the raw material of one set."""
    where = (args.data_root, args.split)
    if args.what == 'linear':
        sets = linear_maps(args.name, *where, args.weights, args.steps, args.limit)
    else:
        sets = iter([pack_maps(args.name, args.export, *where, args.limit)])
    images = list(small_images(*where, args.limit))
    for maps in sets:
        maps = maps.one_class() if args.one_class else maps
        refine(maps, images).write(f'{args.packs}/{maps.name}.npz')


def read_packs(folder: str, only: list[str] | None) -> list[MapSet]:
    """Return the packs of a folder, or some of them."""
    paths = sorted(Path(folder).glob('*.npz'))
    return [MapSet.read(path) for path in paths if not only or path.stem in only]


def main() -> None:
    """Pack a set, or compare the rules on all."""
    args = parse_args()
    if args.what not in STUDIES:
        pack(args)
        return
    study = STUDIES[args.what]
    if not args.show:
        sets = [read_packs(args.packs, args.only)]
        if study is val:
            sets.append(read_packs(args.val_packs, args.only))
        found = study.measure(*sets)
        found = json.loads(json.dumps(found), parse_float=lambda text: round(float(text), 3))
        write_json(args.results, dict(date=date.today().isoformat(), found=found))
    print(study.table(json.loads(args.results.read_text())['found']))


if __name__ == '__main__':
    run(main)
