"""CAMIoU where several processes share the images out."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from test_evaluation.cam_samples import make_metric, measure

from ppl_mm.errors import UserError
from ppl_mm.evaluation import cam_iou
from ppl_mm.utils.processes import distributed


def share_out(samples, rank, world, round_up=True):
    """What mmengine's DefaultSampler gives to one process."""
    count = len(samples)
    total = -(-count // world) * world if round_up else count
    order = (list(range(count)) * world)[:total]
    return [samples[k] for k in order[rank::world]]


@pytest.mark.parametrize('world', [2, 3, 5, 9])
@pytest.mark.parametrize('round_up', [True, False])
def test_repeated_images_are_counted_once(samples, monkeypatch, world, round_up):
    expected = measure(samples)
    sweeps = []

    def gather(own):  # the last process is sent what the others have counted
        sweeps.append(own)
        return sweeps if len(sweeps) == world else [own]

    monkeypatch.setattr(cam_iou, 'get_world_size', lambda: world)
    monkeypatch.setattr(distributed, 'all_gather_object', gather)
    for rank in range(world):
        monkeypatch.setattr(cam_iou, 'get_rank', lambda rank=rank: rank)
        metric = make_metric()
        metric.process(None, share_out(samples, rank, world, round_up))
        # A share without labelled pixels has no scores.
        with contextlib.suppress(UserError):
            scores = metric.evaluate(7)
    assert scores == expected


def test_a_sampler_that_shares_out_otherwise_is_refused(samples):
    metric = make_metric()
    metric.process(None, samples[:5])
    with pytest.raises(RuntimeError, match='5 of 7 images'):
        metric.evaluate(7)


WORKER = """
import json, sys
from pathlib import Path
import torch.distributed as dist
rank, folder = int(sys.argv[1]), Path(sys.argv[2])
sys.path[:0] = sys.argv[3:]
from test_evaluation.cam_samples import make_metric, make_samples
from test_cam_iou_sharing import share_out
dist.init_process_group(
    'gloo', init_method=f'file://{folder}/rendezvous', rank=rank, world_size=2)
metric = make_metric(out_file=folder / 'scores.json')
metric.process(None, share_out(make_samples(folder), rank, 2))
(folder / f'{rank}.json').write_text(json.dumps(metric.evaluate(7)))
# Without a common end, the first to leave may take the other one's threads.
dist.barrier()
dist.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes_equal_one(samples, tmp_path):
    here = Path(__file__).parent
    paths = [str(here), str(here.parent), str(here.parents[1])]
    workers = [
        subprocess.Popen([sys.executable, '-c', WORKER, str(rank), str(tmp_path), *paths])
        for rank in range(2)
    ]
    assert [worker.wait(300) for worker in workers] == [0, 0]
    expected = measure(samples, out_file=tmp_path / 'one.json')
    for rank in range(2):
        assert json.loads((tmp_path / f'{rank}.json').read_text()) == expected
    assert (tmp_path / 'scores.json').read_bytes() == (tmp_path / 'one.json').read_bytes()
