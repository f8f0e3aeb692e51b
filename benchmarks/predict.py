"""Memory and time of tools/predict.py over many images, and of a second run.

A tiny DeepLab-v3+ with random weights labels made JPEGs of five sizes, with
overlays, in this process. Its resident memory and the time are read at each
image; the first tenth warms up. The second run finds every mask there.
"""

import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ppl_mm  # noqa: F401  (before anything that imports mmseg)
from benchmarks.common import ROOT, finish, make_parser, print_table, timed
from ppl_mm.apis import SegInferencer, predict_images
from ppl_mm.utils.cli import run
from studies.engine.machine import process_memory

CONFIG = ROOT / 'configs/demo/seg_deeplab_demo.py'
SIZES = ((160, 120), (120, 160), (128, 128), (200, 96), (150, 150))


def write_network(folder: Path) -> None:
    """Write a work folder of a network of a few channels."""
    cfg = Config.fromfile(CONFIG)
    cfg.model.backbone.update(stem_channels=16, base_channels=16)
    cfg.model.decode_head.update(in_channels=64, channels=8, c1_in_channels=16, c1_channels=4)
    cfg.dump(folder / 'seg.py')
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
    torch.save(dict(state_dict=model.state_dict()), folder / 'iter_1.pth')


def write_images(folder: Path, count: int) -> None:
    """Write JPEGs of different sizes in turn."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for k in range(count):
        cells = rng.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(cells).resize(SIZES[k % len(SIZES)]).save(folder / f'{k}.jpg')


class Watched(SegInferencer):
    """Notes time and memory whenever it reads an image."""

    def read(self, item: object, name: str = 'input', white_level: int | None = None) -> dict:
        """Read an image."""
        if not hasattr(self, 'notes'):
            self.notes: list[tuple[float, int]] = []
        self.notes.append((time.perf_counter(), process_memory('VmRSS')))
        return super().read(item, name, white_level)


def last_over_first(values: list[float]) -> float:
    """Return the median of the last tenth over that of the second tenth."""
    tenth = len(values) // 10
    return statistics.median(values[-tenth:]) / statistics.median(values[tenth : 2 * tenth])


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = make_parser(__doc__, 'fewer images')
    parser.add_argument('--images', type=int, help='how many (default: 1000, quick: 200)')
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    count = args.images or (200 if args.quick else 1000)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / 'work').mkdir()
        write_network(root / 'work')
        write_images(root / 'photos', count)
        network = Watched(root / 'work', device='cpu')
        label = partial(predict_images, root / 'photos', network, root / 'out', overlays=True)
        seconds = [timed(label, clock=time.perf_counter)[1] for _ in range(2)]
    moments, memory = zip(*network.notes, strict=True)
    each = np.diff(moments).tolist()
    ratios = dict(
        memory_last_over_first=round(last_over_first(list(memory)), 4),
        time_per_image_last_over_first=round(last_over_first(each), 3),
        second_run_over_first=round(seconds[1] / seconds[0], 4),
    )
    figures = dict(
        images=count,
        megabytes=round(max(memory) / 1e6, 1),
        megabytes_grown=round((memory[-1] - memory[len(memory) // 10]) / 1e6, 2),
        images_per_second=round(count / seconds[0], 1),
        seconds_of_second_run=round(seconds[1], 2),
    )
    print_table(('ratio', ''), ratios.items())
    finish('predict', ratios, figures, args.out)


if __name__ == '__main__':
    run(main)
