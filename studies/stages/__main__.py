"""Is a stage better than the one before? Pairs of stages, and what criteria say of them.

    python -m studies.stages linear tiles/quick data/tiles EXPORT_DIR
    python -m studies.stages exports voc6/self_trained data/voc6 BEFORE_DIR AFTER_DIR
    python -m studies.stages table

`exports` compares the maps of two folders of tools/export_cam.py. `linear` takes one folder, and
makes the later stage in seconds: a linear classifier of the cells of a frozen EfficientNet-Lite0
that learns from the confident regions of these maps.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.utils.cli import run
from studies.engine.data_set import cam_dir
from studies.engine.machine import description
from studies.engine.results import ResultsFile

from .criteria import OF_STAGE, change, decide
from .stage import Scene, Stage, measure, read_scenes, read_stage, spread
from .table import table

RESULTS = Path('studies/stages/results/pairs.jsonl')
CONFIG = 'configs/own/cls_cam_quick_own.py'


def main(argv: Sequence[str] | None = None) -> None:
    """Make a pair, or print what is known of all."""
    args = _parse(argv)
    torch.set_num_threads(1)
    if args.what == 'table':
        records = list(ResultsFile(args.results).latest().values())
        print('\n\n'.join(table(records, what) for what in ('refined', 'raw')))
        return
    ids = [name for name in VOCLayout(args.data).read_split(args.split) if _has_maps(args, name)]
    scenes = read_scenes(args.data, spread(ids, args.limit))
    before = read_stage(args.folders[0], scenes, args.cut)
    after = _later(args, before, scenes)
    _write(args, before, after, scenes)


def _later(args: argparse.Namespace, before: Stage, scenes: list[Scene]) -> Stage:
    if args.what == 'exports':
        return read_stage(args.folders[1], scenes, args.later_cut)
    from studies.own.frozen import FrozenStart

    from .later_stage import features_of, self_trained

    os.environ['OWN_DATA'] = args.data
    start = FrozenStart(CONFIG, args.data)
    images = features_of(start, args.split, [scene.image_id for scene in scenes])
    return self_trained(before, images, scenes, len(VOCLayout(args.data).read_classes()))


def _has_maps(args: argparse.Namespace, image_id: str) -> bool:
    return all((cam_dir(folder) / f'{image_id}.npz').is_file() for folder in args.folders)


def _write(args: argparse.Namespace, before: Stage, after: Stage, scenes: list[Scene]) -> None:
    classes = len(VOCLayout(args.data).read_classes())
    name = f'{args.name}/{args.cut or "auto"}'
    record: dict = dict(id=name, status='done', data=args.name.partition('/')[0])
    for key, stage in (('before', before), ('after', after)):
        record[key] = {one: value(stage, scenes) for one, value in OF_STAGE.items()}
        record[key]['threshold'] = stage.threshold
        for what in ('raw', 'refined'):
            record[key][what] = measure(getattr(stage, what), scenes, classes)
    record['change'] = round(change(before, after, scenes), 4)
    record |= dict(
        decisions=decide(record),
        seed=0,
        images=len(scenes),
        command='python -m studies.stages ' + ' '.join(sys.argv[1:]),
        **description(threads=1, workers=0),
    )
    ResultsFile(args.results).append(record)
    print(record['id'], record['before'], record['after'], record['change'], flush=True)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m studies.stages',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('what', choices=['linear', 'exports', 'table'])
    parser.add_argument('name', nargs='?', help='DATA/MAPS: what the pair is called')
    parser.add_argument('data', nargs='?', help='a data set with masks')
    parser.add_argument('folders', nargs='*', help='maps of the stage before, and of the later one')
    parser.add_argument('--split', default='train')
    parser.add_argument('--limit', type=int, default=60, help='so many images, evenly spread')
    parser.add_argument('--cut', type=float, help='of the stage before (default: auto)')
    parser.add_argument('--later-cut', type=float, help='of the later one (default: auto)')
    parser.add_argument('--results', type=Path, default=RESULTS, help='the results file')
    return parser.parse_args(argv)


if __name__ == '__main__':
    run(main)
