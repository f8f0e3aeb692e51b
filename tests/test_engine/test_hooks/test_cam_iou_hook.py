import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from PIL import Image

from ppl_mm.cams import choose_threshold, label_from_cam
from ppl_mm.engine import CAMIoUHook
from ppl_mm.engine.cam_viewer import cam_viewer
from ppl_mm.errors import UserError
from ppl_mm.evaluation import confusion_matrix, mean_scores
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.formats.mask_file import read_mask

MASKS = 'SegmentationClass'


@pytest.fixture
def run(tiny_cfg, train, demo_root, tmp_path):
    """Trains an epoch on a copy of the data that a function may change; returns the runner."""

    def start(change=lambda root: None, name='work', **changes):
        root = shutil.copytree(demo_root, tmp_path / f'data_{name}')
        change(root)
        roots = {f'{loader}_dataloader.dataset.data_root': str(root) for loader in ('train', 'val')}
        return train(tiny_cfg(name, **roots | changes))

    return start


def scores(runner):
    """What the log of the run says of its validation."""
    text = (Path(runner.log_dir) / 'vis_data/scalars.json').read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    return {key: value for line in lines for key, value in line.items() if key.startswith('cam/')}


def maps(runner, keep=lambda sample: True):
    """The maps of val by hand, with the paths of their masks."""
    viewer = cam_viewer(runner)
    viewer.eval()
    for sample in runner.val_dataloader.dataset:
        batch = dict(inputs=[[sample['inputs']]], data_samples=[[sample['data_samples']]])
        with torch.no_grad():
            (found,) = viewer.test_step(batch)
        if keep(found):
            yield CamFile.from_sample(found), found.get('seg_map_path')


def miou(found, threshold, classes=4):
    total = 0
    for cam, path in found:
        truth = read_mask(path) if path else np.zeros(cam.size, np.uint8)
        total = total + confusion_matrix(label_from_cam(cam, threshold), truth, classes)
    return float(mean_scores(total)['mIoU'])


def test_the_scores_are_those_of_labels_cut_at_each_threshold(run):
    runner = run()
    found = list(maps(runner))
    by_hand = [miou(found, cut / 100) for cut in range(1, 100)]
    assert scores(runner) == pytest.approx(
        {
            'cam/mIoU': by_hand[14],
            'cam/threshold': 0.15,
            'cam/best_mIoU': max(by_hand),
            'cam/best_threshold': (1 + int(np.argmax(by_hand))) / 100,
        },
        abs=5e-5,  # the log is rounded
    )


@pytest.mark.parametrize('value', ['auto', 'auto,dax=0.8'])
@pytest.mark.parametrize('where', ['default_hooks.cam_iou.threshold', 'export_threshold'])
def test_the_maps_choose_the_threshold(run, where, value):
    runner = run(**{where: value})
    found = list(maps(runner))
    threshold = choose_threshold(cam for cam, _ in found).value
    logged = scores(runner)
    assert logged['cam/threshold'] == threshold
    assert logged['cam/mIoU'] == pytest.approx(miou(found, threshold), abs=5e-5)


def test_the_hooks_threshold_wins(run):
    runner = run(**{'default_hooks.cam_iou.threshold': 0.333, 'export_threshold': 'auto'})
    assert scores(runner)['cam/threshold'] == 0.333


def drop_masks(root, number):
    for path in sorted((root / MASKS).glob('val*'))[:number]:
        path.unlink()


def test_without_masks_nothing_is_measured(run):
    runner = run(lambda root: drop_masks(root, 4))
    assert scores(runner) == {}


def test_images_without_a_mask_are_left_out_and_negatives_are_background(run):
    def change(root):
        drop_masks(root, 2)
        rows = (root / 'image_labels.csv').read_text().splitlines()
        first = next(i for i, row in enumerate(rows) if row.startswith('val'))
        rows[first] = rows[first].split(',')[0] + ','
        (root / 'image_labels.csv').write_text('\n'.join(rows) + '\n')

    runner = run(change)
    known = list(maps(runner, lambda one: one.get('seg_map_path') or not len(one.gt_label)))
    assert len(known) == 3 and sum(path is None for _, path in known) == 1
    assert scores(runner)['cam/mIoU'] == pytest.approx(miou(known, 0.15), abs=5e-5)


@pytest.mark.parametrize('damage', ['size', 'value', 'bytes'])
def test_a_wrong_mask_is_a_warning(run, damage, capsys):
    def change(root):
        path = sorted((root / MASKS).glob('val*'))[0]
        picture = np.full((48, 48), 77 if damage == 'value' else 0, np.uint8)
        Image.fromarray(picture[: 20 if damage == 'size' else 48]).save(path)
        if damage == 'bytes':
            path.write_bytes(b'no picture')

    runner = run(change)
    (warning,) = [line for line in capsys.readouterr().out.splitlines() if 'CAM seed not' in line]
    assert runner.epoch == 1 and f'{MASKS}/val' in warning
    assert 'cam/mIoU' in scores(runner)


def test_what_is_trained_is_the_same_with_and_without(run):
    seed = {'randomness': dict(seed=0)}
    other = {'default_hooks.cam_iou.type': 'EmptyCacheHook'}
    with_it, without = run(**seed), run(name='off', **seed, **other)
    assert scores(with_it) and not scores(without)
    weights = [one.model.state_dict().values() for one in (with_it, without)]
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))


def test_processes_count_each_image_once(run, monkeypatch):
    runner = run()
    outputs = [
        sample for batch in runner.val_dataloader for sample in runner.model.eval().val_step(batch)
    ]
    shares = [outputs[:3:2], [*outputs[1:4:2], outputs[0]]]  # the second repeats an image
    hooks = []
    for rank, share in enumerate(shares):
        monkeypatch.setattr('ppl_mm.engine.hooks.cam_iou_hook.get_rank', lambda rank=rank: rank)
        monkeypatch.setattr('ppl_mm.engine.hooks.cam_iou_hook.get_world_size', lambda: 2)
        hook = CAMIoUHook()
        hook.before_val_epoch(runner)
        for sample in share:
            hook.after_val_iter(runner, 0, outputs=[sample])
        hooks.append(hook)
    parts = iter([[one._sweep for one in hooks], [one._maps for one in hooks]])
    monkeypatch.setattr(
        'ppl_mm.utils.processes.distributed.all_gather_object', lambda mine: next(parts)
    )
    metrics = {}
    hook.after_val_epoch(runner, metrics)
    assert metrics == pytest.approx(scores(runner), abs=5e-5)


@pytest.mark.parametrize('value', [-0.1, 1.5, 'often', True, [0.1]])
def test_a_wrong_threshold_is_one_line(value):
    with pytest.raises(UserError, match=r'CAMIoUHook: threshold=.*in 0\.\.1'):
        CAMIoUHook(value)


def test_a_wrong_threshold_of_the_config_is_one_line():
    class Run:
        cfg = ConfigDict(export_threshold='often')

    with pytest.raises(UserError, match="export_threshold='often'"):
        CAMIoUHook().before_val_epoch(Run())
