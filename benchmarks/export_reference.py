"""What ppl_mm.NegativeReference and ppl_mm.LinearProbe cost an export, on one thread of a CPU.

EfficientNet-Lite0 with random weights sees noise in the sizes of views of preset quick. Each
view is run in turn without both, with a reference, with a probe as well, and in two passes: the
maps and the features of the reference each in a pass of their own, as it was at first.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import finish, make_parser, print_table
from benchmarks.tiles import network
from ppl_mm.models import CAMClassifier, LinearProbe, NegativeReference, block_chain
from ppl_mm.models.cell_features import CellFeatures
from ppl_mm.models.linear_probe import ProbeFit
from ppl_mm.models.negative_reference import CELLS, write_reference
from ppl_mm.utils.cli import run

CONFIG = 'configs/own/cls_cam_quick_own.py'
SIDES = (336, 512)
WAYS = ('without', 'one_pass', 'with_probe', 'two_passes')


def make_reference(model: CAMClassifier) -> NegativeReference:
    """Return a reference of as many cells as an export has."""
    readers = dict(features=lambda cells: cells.averaged())
    _, seen = model.predict_with_cells(torch.randn(1, 3, 512, 512), None, readers)
    features = seen['features'][0].flatten(1).T  # (n, C)
    widths = CellFeatures(block_chain(model.backbone)).widths
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'reference.npz')
        write_reference(path, features[:CELLS], features[-CELLS:], widths)
        return NegativeReference(path)


def make_probe(model: CAMClassifier) -> LinearProbe:
    """Return a probe of noise."""
    readers = dict(features=lambda cells: cells.merged())
    _, seen = model.predict_with_cells(torch.randn(1, 3, 512, 512), None, readers)
    (features,), fit = seen['features'], ProbeFit()
    fit.add(features, torch.rand(model.head.num_classes, *features.shape[1:]))
    with tempfile.TemporaryDirectory() as folder:
        fit.write(Path(folder, 'probe.npz'))
        return LinearProbe(Path(folder, 'probe.npz'))


def run_once(
    model: CAMClassifier, reference: NegativeReference, probe: LinearProbe, way: str, view: Tensor
) -> None:
    """Make the maps of a view in one of :data:`WAYS`."""
    model.reference = reference if way in ('one_pass', 'with_probe') else None
    model.probe = probe if way == 'with_probe' else None
    model.predict(view)
    if way == 'two_passes':
        cells = CellFeatures(block_chain(model.backbone))
        cells.chain[: max(cells.blocks) + 1](view)
        reference(cells.averaged())


@torch.no_grad()
def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    args = make_parser(__doc__).parse_args(argv)
    torch.set_num_threads(1)
    model = network(CONFIG)
    reference, probe = make_reference(model), make_probe(model)
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(3 if args.quick else 15):
        views = [torch.randn(1, 3, side, side) for side in SIDES]
        for way in WAYS:
            start = time.perf_counter()
            for view in views:
                run_once(model, reference, probe, way, view)
            seconds[way].append(time.perf_counter() - start)
    figures = {way: round(statistics.median(times), 4) for way, times in seconds.items()}
    print_table(('seconds for both sizes', ''), figures.items())
    ratios = {
        f'{way}_over_without': round(figures[way] / figures['without'], 3) for way in WAYS[1:]
    }
    finish('export_reference', ratios, figures, args.out)


if __name__ == '__main__':
    run(main)
