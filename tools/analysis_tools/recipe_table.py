"""Write docs/recipes.md: what each shipped recipe costs to train.

python tools/analysis_tools/recipe_table.py

Nothing is trained and no weight is loaded: every network runs one pass,
forward and backward, on tensors without values, which count operations and
what is kept for the backward pass. Hours come of steps that
benchmarks/recipes.py has timed on a GPU or, where it has not, of the counts;
the page says how, and how memory is estimated. A few minutes on a CPU.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
import copy
import json
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS, DefaultScope

from ppl_mm.engine.stages import stages_of
from ppl_mm.engine.training_cost import Cost, measure
from ppl_mm.utils import atomic_write
from ppl_mm.utils.cli import make_parser, run
from ppl_mm.utils.progress import track

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ('baseline', 'ppl', 'affinity', 'seg')
GPUS = 4
# VOC 2012 train_aug, and MS COCO 2014 train without images of no object.
IMAGES = {'data/VOCdevkit/VOC2012': 10_582, 'data/coco': 82_081}
# Configs of refinement train nothing.
REFINEMENT = ('chains_', 'confident_', 'refine_')
MEASURED = ROOT / 'benchmarks/results/recipes_gpu.json'
# The names in that file, where they are not the configs' names of today.
RECORDED = {
    name: f'{old}_resnet38d_4xb2-{epochs}e_voc12aug-448x448'
    for name, old, epochs in (
        ('cls_cam', 'cam', 8),
        ('cls_stage1', 'ppl-stage1', 8),
        ('cls_stage2', 'ppl-stage2', 8),
        ('cls_stage3', 'ppl-stage3', 8),
        ('cls_progressive', 'ppl-progressive', 24),
        ('cls_explicit', 'ppl-explicit', 8),
    )
}
# Operations a second of cam_resnet50_4xb4-5e_voc12aug-512x512 in that file, of
# the classifiers the slowest, with 4 and with 16 images.
SUSTAINED = dict(each=50e12, all=86e12)
OVERHEAD = 2 * 2**30

HEAD = """# Recipes: what they cost

Written by `python tools/analysis_tools/recipe_table.py`. Counts are exact,
memory is estimated. Hours come from measured steps; a `~` marks an estimate.
Recipes named `cls_*` are for ResNet38d and VOC 2012.

- *weights*, *trained*: parameters in millions, and those that get a gradient.
- *GMAC*: billions of multiply-adds of the forward pass for one image at the
  training crop, patch branches included.
- *kept*: GiB per image that the forward pass keeps for the backward pass, in
  float32. Both are counted in one pass over tensors without values. With
  several stages, the largest is listed.
- *GiB*: memory of each of {gpus} GPUs at the config's batch, and of a single
  GPU with the whole batch: kept times batch, weights, gradients (twice on
  several GPUs: DDP's buckets) and momentum, plus 2 GiB for CUDA, cuDNN and
  temporary buffers. Where it was compared, in `baseline` and `ppl` on one
  GPU, torch took between 1 GiB less and 1 GiB more.
- *iterations*: on {gpus} GPUs, or on one with the whole batch. Each iteration
  of `all-stages` steps the optimiser three times.
- *hours*: iterations times the seconds of a step on one H200, measured by
  `benchmarks/recipes.py` on 2026-11-26, with the images of one of {gpus} GPUs
  and with those of all ([steps](../benchmarks/results/recipes_gpu.json): random images,
  torch 2.11, TF32 for convolutions, which is PyTorch's default). For MS COCO
  the steps of VOC's networks are used. Loading of data and communication
  between GPUs are not included.
- `~`: operations (2 for each multiply-add; the backward pass as counted,
  without frozen layers) divided by {one:.0f} TFLOP/s on one GPU and by
  {each:.0f} on each of {gpus}: the speed of the slowest classifier that was
  measured. Before you plan, look at the time per iteration in the log.

Export, refinement and tests are not in the table.
"""


def recipes() -> list[Path]:
    """Return the configs of training runs."""
    return [
        path
        for folder in FOLDERS
        for path in sorted((ROOT / 'configs' / folder).glob('*.py'))
        if not path.stem.startswith(REFINEMENT)
    ]


def crop_of(cfg: Config) -> tuple[int, int]:
    """Height and width of a training image."""
    (size,) = {step.crop_size for step in _dataset(cfg).pipeline if 'crop_size' in step}
    return (size, size) if isinstance(size, int) else tuple(size)


def _dataset(cfg: Config) -> Config:
    dataset = cfg.train_dataloader.dataset
    while 'dataset' in dataset:
        dataset = dataset.dataset
    return dataset


def passes_of(cfg: Config) -> list[tuple[dict | None, float]]:
    """Return the stages of a run: the cut or None, and passes over the images each."""
    if stages := stages_of(cfg):
        return [(stage, stage['epochs']) for stage in stages]
    if 'max_iters' in cfg.train_cfg:
        images = cfg.train_cfg.max_iters * cfg.train_dataloader.batch_size * GPUS
        return [(None, images / images_of(cfg))]
    return [(None, cfg.train_cfg.get('max_epochs', 0))]


def images_of(cfg: Config) -> int:
    """Training images of a recipe's data set."""
    return IMAGES[_dataset(cfg).data_root]


def iterations_of(cfg: Config) -> int:
    """Steps of the training loop, with all GPUs."""
    if 'max_iters' in cfg.train_cfg:
        return cfg.train_cfg.max_iters
    each = images_of(cfg) / (cfg.train_dataloader.batch_size * GPUS)
    whole = math.floor if cfg.train_dataloader.get('drop_last') else math.ceil
    return cfg.train_cfg.max_epochs * whole(each)


def row(path: Path) -> list[str]:
    """Return the cells of a recipe's line in the table."""
    cfg = Config.fromfile(path)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(copy.deepcopy(cfg.model))
    model = revert_sync_batchnorm(model).to('meta').train()
    weights = sum(p.numel() for p in model.parameters())
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    costs = []
    for stage, _ in passes_of(cfg):
        if stage:
            model.neck.set_stage(stage['position'], stage['grid'])
        costs.append(measure(model, crop_of(cfg)))
    kept = max(cost.kept for cost in costs)
    batch = cfg.train_dataloader.batch_size
    momentum = bool(cfg.optim_wrapper.optimizer.get('momentum'))
    fixed = 4 * (weights + trained * (1 + momentum)) + OVERHEAD
    return [
        path.stem,
        f'{weights / 1e6:.1f}',
        f'{trained / 1e6:.1f}',
        f'{max(cost.forward for cost in costs) / 2e9:.0f}',
        f'{kept / 2**30:.2f}',
        f'{(fixed + 4 * trained + batch * kept) / 2**30:.0f}',
        f'{(fixed + GPUS * batch * kept) / 2**30:.0f}',
        f'{iterations_of(cfg):,}',
        *hours_of(cfg, costs),
    ]


def hours_of(cfg: Config, costs: Sequence[Cost]) -> tuple[str, str]:
    """Return the hours of a training on one GPU, and on four; after a ``~`` if not measured."""
    batch = cfg.train_dataloader.batch_size
    measured = measured_steps(cfg)
    cells = []
    for key, images in (('all', GPUS * batch), ('each', batch)):
        seconds = measured and [step[key]['seconds'] for step in measured]
        seconds = seconds or [cost.total * images / SUSTAINED[key] for cost in costs]
        steps = [passes * images_of(cfg) / (GPUS * batch) for _, passes in passes_of(cfg)]
        hours = sum(map(math.prod, zip(steps, seconds, strict=True))) / 3600
        cells.append(f'{"" if measured else "~"}{hours:.{1 if hours >= 1 else 2}f}')
    return tuple(cells)


def measured_steps(cfg: Config) -> list[dict] | None:
    """Steps of a recipe's stages, or of the same one on VOC, on a GPU."""
    name = Path(cfg.filename).stem.replace('_coco14-', '_voc12aug-')
    figures = json.loads(MEASURED.read_text())['figures']
    return figures.get(name, figures.get(RECORDED.get(name)))


COLUMNS = (
    'config',
    'weights',
    'trained',
    'GMAC',
    'kept',
    f'GiB, {GPUS} GPUs',
    'GiB, one',
    'iterations',
    'hours, one H200',
    f'hours, {GPUS}',
)


def page(rows: dict[str, list[list[str]]]) -> Iterator[str]:
    """Yield the lines of the page, from rows by folder."""
    yield from HEAD.format(
        gpus=GPUS, one=SUSTAINED['all'] / 1e12, each=SUSTAINED['each'] / 1e12
    ).splitlines()
    for folder, cells in rows.items():
        yield from ('', f'## configs/{folder}', '')
        yield f'| {" | ".join(COLUMNS)} |'
        yield f'|---|{"---:|" * (len(COLUMNS) - 1)}'
        yield from (f'| {" | ".join(line)} |' for line in cells)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument(
        '--out',
        type=Path,
        default=ROOT / 'docs/recipes.md',
        help='the page; default: docs/recipes.md',
    )
    return parser.parse_args(argv)


def main() -> None:
    """Count every recipe and write the page."""
    args = parse_args()
    warnings.simplefilter('ignore')  # mmseg's, about its own settings
    rows = {folder: [] for folder in FOLDERS}
    with atomic_write(args.out) as file:  # first: it may be no place to write to
        for path in track(recipes(), 'counting'):
            rows[path.parent.name].append(row(path))
        file.write('\n'.join([*page(rows), '']).encode())


if __name__ == '__main__':
    run(main)
