from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from PIL import Image

from ppl_mm.engine import CAMVisualizationHook
from ppl_mm.errors import UserError

HOOK = dict(type='ppl_mm.CAMVisualizationHook', num_images=3, interval=2)


def sheets(runner):
    return sorted(runner_dir(runner).glob('vis_data/vis_image/cam_*.png'))


def runner_dir(runner):
    return next(path for path in runner.work_dir_path.iterdir() if path.is_dir())


@pytest.fixture
def run(tiny_cfg, train, tmp_path):
    """Train three epochs, with or without the hook."""

    def start(name, **changes):
        cfg = tiny_cfg(name, **{'train_cfg.max_epochs': 3, 'randomness': dict(seed=0)} | changes)
        runner = train(cfg)
        runner.work_dir_path = tmp_path / name
        return runner

    return start


def test_a_sheet_for_each_interval_and_the_last_epoch(run):
    runner = run('drawn', **{'default_hooks.maps': HOOK})
    assert [path.name for path in sheets(runner)] == ['cam_2.png', 'cam_3.png']
    with Image.open(sheets(runner)[0]) as sheet:
        picture = np.array(sheet)
    assert picture.shape == (2 * 192, 3 * 192, 3)
    photos, maps = picture[:192], picture[192:]
    assert photos.std() > 5 and maps.std() > 5 and (photos != maps).any()


def test_what_is_trained_is_the_same_with_and_without(run):
    drawn = run('drawn', **{'default_hooks.maps': HOOK | dict(interval=1)})
    plain = run('plain')
    assert len(sheets(drawn)) == 3
    for one, other in zip(
        drawn.model.state_dict().values(), plain.model.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)


@pytest.mark.parametrize('options', [dict(num_images=0), dict(interval=-1), dict(interval=1.5)])
def test_wrong_numbers_are_one_line(options):
    with pytest.raises(UserError, match=f'{next(iter(options))}=.* must be 1 or more'):
        CAMVisualizationHook(**options)


def test_a_config_without_validation_data():
    runner = SimpleNamespace(epoch=0, max_epochs=1, cfg=ConfigDict(val_dataloader=None))
    with pytest.raises(UserError, match='no val_dataloader'):
        CAMVisualizationHook().after_train_epoch(runner)
