"""How long a training step of each recipe takes, and what memory it needs.

    python benchmarks/recipes.py           # on the GPU; resumes after a kill
    python benchmarks/recipes.py --only '*resnet50*voc12*'

Each shipped recipe steps its own optimiser on random images of its crop, with
the config's batch, as on each of four GPUs, and with four times as many, as
on one. A recipe of several stages is measured at each. Loading of data and
communication between GPUs are not included. Steps that recipes share are
measured once. Seconds are the median over steps by the clock, after waiting for
the GPU; memory is what torch has reserved on the GPU.

Results are added to benchmarks/results/recipes_gpu.json, of which
tools/analysis_tools/recipe_table.py makes docs/recipes.md.
"""

import argparse
import copy
import fnmatch
import json
import statistics
import sys
import time
import warnings
from datetime import date
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import make_parser, make_result
from ppl_mm.engine.training_cost import training_loss
from ppl_mm.errors import UserError
from ppl_mm.utils.cli import run
from ppl_mm.utils.files import read_json, write_json
from ppl_mm.utils.progress import track
from tools.analysis_tools.recipe_table import GPUS, crop_of, passes_of, recipes

OUT = Path(__file__).resolve().parent / 'results/recipes_gpu.json'
QUICK, QUICK_SIZE = 'cam_resnet50*voc12*', (64, 64)


class Training:
    """A recipe's network and optimiser.

    Args:
        cfg: The recipe.
        device: 'cpu' or 'cuda'.
    """

    def __init__(self, cfg: Config, device: str) -> None:
        with DefaultScope.overwrite_default_scope(cfg.default_scope):
            model = MODELS.build(copy.deepcopy(cfg.model))
            self.model: nn.Module = revert_sync_batchnorm(model).to(device).train()
            self.optim: OptimWrapper = build_optim_wrapper(
                self.model, copy.deepcopy(cfg.optim_wrapper)
            )
        self.device = device

    def measure(self, batch: int, size: tuple[int, int], steps: int) -> dict:
        """Time steps of one batch size.

        Args:
            batch: Images.
            size: Height and width of each.
            steps: Timed steps, after two more.

        Returns:
            ``seconds`` of a step and, on a GPU, ``gib``.
        """
        images = torch.rand(batch, 3, *size, device=self.device)
        if self.device == 'cuda':
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        seconds = [self._step(images) for _ in range(2 + steps)][2:]
        measured = dict(batch=batch, seconds=statistics.median(seconds))
        if self.device == 'cuda':
            measured['gib'] = torch.cuda.max_memory_reserved() / 2**30
        return measured

    def _step(self, images: torch.Tensor) -> float:
        start = time.perf_counter()
        with self.optim.optim_context(self.model):
            loss = training_loss(self.model, images)
        self.optim.update_params(loss)
        if self.device == 'cuda':
            torch.cuda.synchronize()
        return time.perf_counter() - start


def cuts_of(cfg: Config) -> list[dict | None]:
    """Return the stages of a recipe, each a position and a grid, or None."""
    neck = cfg.model.get('neck') or {}
    own = dict(position=neck.position, grid=neck.grid) if 'grid' in neck else None
    return [
        dict(position=stage['position'], grid=stage['grid']) if stage else own
        for stage, _ in passes_of(cfg)
    ]


def key_of(cfg: Config, cut: dict | None) -> str:
    """Return a key that recipes share whose steps cost the same."""
    model = copy.deepcopy(cfg.model.to_dict())
    if cut:
        model['neck'].update(cut)
    return json.dumps(
        [model, crop_of(cfg), cfg.optim_wrapper.to_dict(), cfg.train_dataloader.batch_size],
        sort_keys=True,
        default=str,
    )


def measure(
    cfg: Config, size: tuple[int, int], known: dict[str, dict], steps: int, device: str
) -> list[dict]:
    """Measure the stages of a recipe.

    Args:
        cfg: The recipe.
        size: Height and width of the images.
        known: What has been measured, by :func:`key_of`; missing ones are added.
        steps: Timed steps.
        device: 'cpu' or 'cuda'.

    Returns:
        For each stage ``stage``, and ``each`` and ``all``: a step of one GPU's images, and one of
        all GPUs' images on one.
    """
    training, batch = None, cfg.train_dataloader.batch_size
    rows = []
    for cut in cuts_of(cfg):
        key = key_of(cfg, cut)
        if key not in known:
            training = training or Training(cfg, device)
            if cut:
                training.model.neck.set_stage(**cut)
            known[key] = dict(
                each=training.measure(batch, size, steps),
                all=training.measure(GPUS * batch, size, steps),
            )
        rows.append(dict(stage=cut, **known[key]))
    return rows


def chosen(pattern: str) -> list[Path]:
    """Return the recipes whose name matches, VOC's first."""
    found = [path for path in recipes() if fnmatch.fnmatch(path.stem, pattern)]
    return sorted(found, key=lambda path: 'coco14' in path.stem)


def ratios(rows: dict[str, list[dict]]) -> dict[str, float]:
    """Return the first stage's step over a plain CAM's, by backbone."""
    found = {}
    for backbone, *pair in (
        ('resnet38d', 'cls_progressive', 'cls_cam'),
        (
            'resnet50',
            'ppl-progressive_resnet50_4xb4-15e_voc12aug-512x512',
            'cam_resnet50_4xb4-5e_voc12aug-512x512',
        ),
    ):
        if all(name in rows for name in pair):
            first, plain = (rows[name][0]['all']['seconds'] for name in pair)
            found[f'first_stage_over_plain_{backbone}'] = round(first / plain, 2)
    return found


def main(argv: list[str] | None = None) -> None:
    """Measure, and print one line of JSON."""
    parser = make_parser(
        __doc__, 'one recipe, small images, one step, on any device; writes no file without --out'
    )
    parser.add_argument(
        '--only', default='*', metavar='PATTERN', help="recipes by name, e.g. '*voc12*'"
    )
    parser.add_argument('--steps', type=int, default=5, help='timed steps (default: 5)')
    args = parser.parse_args(argv)
    warnings.simplefilter('ignore')  # mmseg's, about its own settings
    # Two lines for each weight, otherwise.
    MMLogger.get_current_instance().setLevel('WARNING')
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    if device == 'cpu' and not args.quick:
        raise UserError('recipes.py: no GPU here; --quick measures one recipe on any device')
    if args.quick:
        args.only, args.steps = QUICK, 1
    else:
        args.out = args.out or OUT
    print(json.dumps(measure_all(args, device)))


def measure_all(args: argparse.Namespace, device: str) -> dict:
    """Measure the recipes that the file has not got, and add each to it; return its content."""
    result = make_result('recipes', {}, {})
    if args.out and args.out.is_file():
        result = read_json(args.out)
    figures, known = result['figures'], {}
    for path in track(chosen(args.only), 'measuring'):
        if path.stem in figures:
            continue
        cfg = Config.fromfile(path)
        torch.backends.cudnn.benchmark = cfg.env_cfg.cudnn_benchmark
        size = QUICK_SIZE if args.quick else crop_of(cfg)
        figures[path.stem] = measure(cfg, size, known, args.steps, device)
        result = make_result('recipes', ratios(figures), figures, date=str(date.today()))
        if args.out:
            write_json(args.out, result)
    return result


if __name__ == '__main__':
    run(main)
