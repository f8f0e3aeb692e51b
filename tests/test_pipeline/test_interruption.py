import json
import subprocess
import time
from pathlib import Path

import forked_commands
import pytest
import torch

from ppl_mm.utils.weights.last_checkpoint import last_checkpoint

STEPS = (
    'make_data train_cam export_cam export_cam_val measure_cam train_ppl export_ppl export_ppl_val '
    'measure_ppl refine_confident train_affinity refine refine_val measure_refined train_seg '
    'test_seg test_seg_val report'
).split()
# One of each kind: the others run the same commands once more.
KILLED = [
    step
    for step in STEPS
    if step
    not in (
        'export_cam_val',
        'measure_ppl',
        'export_ppl',
        'refine_val',
        'measure_refined',
        'test_seg_val',
    )
]
TRAININGS = ['train_cam', 'train_ppl', 'train_affinity', 'train_seg']


def scores(work_dir: Path) -> list:
    """What must not depend on interruptions."""
    report = json.loads((work_dir / 'report.json').read_text())
    return [
        (one['method'], one['role'], one['threshold'], one['num_images'], one['scores'])
        for one in report['measurements']
    ]


def weights(work_dir: Path, step: str) -> dict:
    path = last_checkpoint(work_dir / step)
    return torch.load(path, weights_only=True)['state_dict']


def is_in_the_middle(work_dir: Path, step: str) -> bool:
    """Whether a step has done a part of its work."""
    if step == 'make_data':
        return (work_dir.parent / 'data/demo.json').exists()
    if step in TRAININGS:  # past a checkpoint, and on
        log = work_dir / 'logs' / f'{step}.log'
        text = log.read_text() if log.exists() else ''
        return '[3][1/3]' in text or '[5/8]' in text
    if step == 'export_cam':
        return len(list(work_dir.glob(f'{step}/cams/*.npz'))) > 1
    if step == 'refine':
        return len(list(work_dir.glob(f'{step}/labels/*.png'))) > 1
    return (work_dir / 'steps' / f'{step}.started.json').exists()


def own_data(work_dir: Path) -> list[str]:
    """Have the data made, too, which the reference has already."""
    return ['--cfg-options', f'data_root={work_dir.parent}/data']


def run_and_kill(mini, work_dir: Path, step: str) -> None:
    """Kill the pipeline, with SIGKILL, in the middle of a step."""
    process = forked_commands.Popen(
        mini.command(work_dir, *own_data(work_dir)), cwd=mini.root, stdout=subprocess.DEVNULL
    )
    while not is_in_the_middle(work_dir, step):
        assert process.poll() is None, f'it ended before {step}'
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not (work_dir / 'steps' / f'{step}.json').exists()


@pytest.mark.slow
def test_killed_in_each_kind_of_step_gives_the_same_table(finished, tmp_path):
    mini, reference, _ = finished
    work_dir = tmp_path / 'work'
    for step in KILLED:
        run_and_kill(mini, work_dir, step)
    done = mini.run(work_dir, *own_data(work_dir))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'{len(STEPS) - 1} of {len(STEPS)} steps finished before\n' in done.stdout
    assert scores(work_dir) == scores(reference)
    for step in TRAININGS:
        log = (work_dir / 'logs' / f'{step}.log').read_text()
        assert log.count('[1][1/3]') + log.count('[1/8]') == 1, step  # resumed
        own, expected = weights(work_dir, step), weights(reference, step)
        assert own.keys() == expected.keys()
        assert all(torch.equal(own[key], expected[key]) for key in expected)
