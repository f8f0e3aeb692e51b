"""How should a map become the score of its class, on data that nobody tuned for?

    python -m studies.own --data data/tiles --name tiles --pools mean topk lse

Screens poolings of ppl_mm.CAMHead with one random seed. EfficientNet-Lite0 is frozen up to a
block (--cut) and run once for each image, so that a row costs seconds: the rest is trained.
Each pooling adds a line to the results file: foreground mIoU (the background is left out) of
unrefined maps on train, at thresholds that a user would have and at the best one, for maps
divided by their own maximum (relative) and by the largest of the data set (absolute), and for
probabilities beside a background of logit 0 (probability).
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ppl_mm.cams import choose_threshold
from ppl_mm.evaluation import ThresholdSweep
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.utils.cli import run
from studies.engine.machine import description
from studies.engine.results import ResultsFile

from .frozen import FrozenStart, cam_of, train
from .maps import foreground_iou

RESULTS = Path('studies/own/results/pooling.jsonl')
CONFIG = 'configs/own/cls_cam_quick_own.py'
#: Written before the runs.
HYPOTHESES = dict(
    mean='The baseline: floods, since every cell of an object has to answer.',
    topk='Better than mean where objects are small (tiles), no worse than 2 points elsewhere.',
    lse='Between mean and topk on all sets: it is a soft form of it.',
    wildcat='Like topk; the weakest cells push the background down, so 0.15 costs less.',
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the rows that are asked for."""
    args = _parse(argv)
    torch.set_num_threads(1)
    start = FrozenStart(CONFIG, args.data, args.cut)
    images = start.images('train')
    for pool in args.pools:
        for grid in args.grids:
            _run(args, start, images, pool, grid)


def _run(args: argparse.Namespace, start: FrozenStart, images: list, pool: str, grid: int) -> None:
    torch.manual_seed(args.seed)
    before = time.process_time()
    neck = dict(type='ppl_mm.PatchLearning', position=0, grid=grid)
    model = start.classifier(_pooling(pool), neck if grid > 1 else None)
    train(start, model, images, args.epochs)
    files = {image.sample.image_id: cam_of(start, model, image) for image in images}
    likely = {image.sample.image_id: cam_of(start, model, image, True) for image in images}
    seconds = time.process_time() - before
    for image_id, file in files.items() if args.maps else ():
        write_cam(Path(args.maps, f'{args.name}_{pool}_{args.seed}', f'{image_id}.npz'), file)
    record = dict(
        id=f'{args.name}/{pool}/k{grid}/cut{args.cut}/{args.seed}',
        status='done',
        data=args.name,
        pool=pool,
        grid=grid,
        cut=args.cut,
        epochs=args.epochs,
        seed=args.seed,
        hypothesis=HYPOTHESES[pool.partition(':')[0]],
        command='python -m studies.own ' + ' '.join(sys.argv[1:]),
        cpu_seconds=round(seconds, 1),
        images=len(images),
        relative=_scores(args.data, files),
        absolute=_scores(args.data, _absolute(files)),
        probability=_scores(args.data, _absolute(likely)),
        **description(threads=1, workers=0),
    )
    ResultsFile(args.results).append(record)
    print(record['id'], *(record[k] for k in ('relative', 'absolute', 'probability')), flush=True)


def _pooling(text: str) -> dict:
    """Return the setting that 'topk:0.3' means."""
    name, _, number = text.partition(':')
    option = 'scale' if name == 'lse' else 'share'
    return dict(name=name) | ({option: float(number)} if number else {})


def _absolute(files: dict[str, CamFile]) -> dict[str, CamFile]:
    """Return maps in one unit: divided by the largest value of all."""
    top = max(file.scale.max(initial=0) for file in files.values()) or 1.0
    return {
        key: replace(file, cam=file.cam * (file.scale / top)[:, None, None].astype(np.float16))
        for key, file in files.items()
    }


def _scores(data: str, files: dict[str, CamFile]) -> dict:
    """Return foreground mIoU at some thresholds, and mIoU with background at the best."""
    layout = VOCLayout(data)
    truth = GroundTruth(layout.mask_dir, layout.label_file)
    sweep = ThresholdSweep(len(layout.read_classes()))
    for image_id, file in files.items():
        sweep.update(file, truth.read(image_id, file.size))
    foreground = np.array([foreground_iou(matrix) for matrix in sweep.confusion()])
    best = int(np.nanargmax(foreground))
    auto = round(choose_threshold(files.values()).value, 2)
    cuts = {'0.15': 0.15, '0.5': 0.5, 'auto': auto, 'best': sweep.thresholds[best]}
    threshold, miou = sweep.best()
    return dict(
        foreground={
            name: [cut, round(float(foreground[sweep.thresholds.index(cut)]), 4)]
            for name, cut in cuts.items()
        },
        best_miou=[threshold, round(miou, 4)],
    )


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m studies.own',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--data', required=True, help='a data set made by own_data.py, with masks')
    parser.add_argument('--name', required=True, help='its name in the results')
    parser.add_argument(
        '--pools',
        nargs='+',
        default=['mean', 'topk'],
        metavar='POOL',
        help='mean, topk, lse or wildcat; topk:0.3 is a share of 30 %%, lse:1 a scale of 1',
    )
    parser.add_argument(
        '--grids', nargs='+', type=int, default=[1], help='1 is a plain CAM, K patch learning'
    )
    parser.add_argument('--cut', type=int, default=-1, help='last frozen block; -1: all are')
    parser.add_argument('--epochs', type=int, default=20, help='how often an image is seen')
    parser.add_argument('--seed', type=int, default=0, help='random seed')
    parser.add_argument('--maps', help='a folder for the CAM files')
    parser.add_argument('--results', type=Path, default=RESULTS, help='the results file')
    return parser.parse_args(argv)


if __name__ == '__main__':
    run(main)
