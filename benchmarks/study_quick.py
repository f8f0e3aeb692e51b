"""The study in miniature: a few drawn images, one short training a row."""
import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from study_plan import DataSet, Row, Run, make_runs
from study_queue import Queue
from study_rows import neck

from ppl_mm.data_tools.demo.data import write_demo_data

_CONFIG = 'configs/demo/cls_cam_demo.py'
# A quarter of the demo's network, and one scale: what counts is the queue.
_SMALL = {
    'model.backbone.stem_channels': 16,
    'model.backbone.base_channels': 16,
    'train_dataloader.batch_size': 8,
}


@contextmanager
def miniature() -> Iterator[tuple[list[Run], Path]]:
    """A plain CAM and patch learning on 16 images.

    Yields:
        tuple[list[Run], Path]: The runs, and a folder that is gone after.
    """
    rows = [
        Row('plain', 'miniature', _CONFIG, 'plain CAM', round='final',
            options=_SMALL),
        Row('pl', 'miniature', _CONFIG, 'PL', round='final',
            options=_SMALL | neck(4, 2)),
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / 'data'
        write_demo_data(root, train=16, val=2, size=64)
        data = DataSet(str(root), masked='train', val='',
                       epochs=dict(final=1))
        yield make_runs(rows, dict(miniature=data)), folder


def work_in_two(queue: Queue) -> int:
    """Work a queue off in two processes at once.

    Args:
        queue (Queue): Each run is done by one of the two.

    Returns:
        int: 1 where a run has failed.
    """
    other = multiprocessing.get_context('fork').Process(
        target=queue.run, daemon=True)
    other.start()
    queue.run()
    other.join()
    return int(any(record['status'] != 'done'
                   for record in queue.results.latest().values()))
