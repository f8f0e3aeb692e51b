"""The study in miniature: a few drawn images, one short training a row."""

import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ppl_mm.data_tools.demo.data import write_demo_data
from studies.engine.command import ROOT
from studies.engine.data_set import DataSet
from studies.engine.plan import make_runs
from studies.engine.queue import Queue
from studies.engine.row import PLAIN, Row
from studies.engine.run import Run

from .rows.setting import PLAIN_CONFIG, neck

# A quarter of the demo's network, and one scale: what counts is the queue.
_SMALL = {
    'model.backbone.stem_channels': 16,
    'model.backbone.base_channels': 16,
    'train_dataloader.batch_size': 8,
}


@contextmanager
def miniature() -> Iterator[tuple[list[Run], Path]]:
    """Make runs of a plain CAM and of patch learning on 16 images.

    Yields:
        The runs, and a folder that is deleted afterwards.
    """
    config, options = str(ROOT / PLAIN_CONFIG['demo']), dict(round='final')
    rows = [
        Row('plain', 'miniature', config, PLAIN, options=_SMALL, **options),
        Row('pl', 'miniature', config, 'PL', options=_SMALL | neck(4, 2), **options),
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / 'data'
        write_demo_data(root, train=16, val=2, size=64)
        data = DataSet(str(root), masked='train', val='', epochs=dict(final=1))
        yield make_runs(rows, dict(miniature=data)), folder


def work_in_two(queue: Queue) -> int:
    """Work a queue off in two processes at once.

    Args:
        queue: Each run is done by one of the two.

    Returns:
        1 where a run has failed, else 0.
    """
    other = multiprocessing.get_context('fork').Process(target=queue.run, daemon=True)
    other.start()
    queue.run()
    other.join()
    latest = queue.results.latest().values()
    return int(any(record['status'] != 'done' for record in latest))
