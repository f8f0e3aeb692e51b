"""docs/segmentation.md says how to turn a stock config; do what it says."""

import re
from pathlib import Path

import mmseg
import pytest
import torch
from mmengine.config import Config

ROOT = Path(__file__).parents[2]
MMSEG = Path(mmseg.__file__).parent / '.mim'
# A few pixels and two steps, for a test.
SMALLER = """
train_cfg = dict(max_iters=2, val_interval=2)
log_level = 'INFO'
for _loader in (train_dataloader, val_dataloader):
    _loader.update(num_workers=0, persistent_workers=False)
    _loader['dataset'].update(data_root='{data}')
    for _step in _loader['dataset']['pipeline']:
        if 'scale' in _step:
            _step['scale'] = (72, 64)
        for _key in ('crop_size', 'size'):
            if _key in _step:
                _step[_key] = (48, 48)
train_dataloader['batch_size'] = 2
train_dataloader['dataset']['label_dir'] = '{export}'
data_preprocessor = dict(size=(48, 48))
del _loader, _step, _key
"""
OFFLINE = dict(
    deeplabv3plus="""
norm_cfg = dict(type='BN', requires_grad=True)
model = dict(
    pretrained=None, data_preprocessor=data_preprocessor,
    backbone=dict(stem_channels=16, base_channels=16),
    decode_head=dict(in_channels=512, channels=32, c1_in_channels=64),
    auxiliary_head=dict(in_channels=256, channels=16))
""",
    segformer="""
model.update(
    backbone=dict(init_cfg=None), data_preprocessor=data_preprocessor)
""",
)


def documented_config(name):
    """The block of the page whose base is a config of that name."""
    text = (ROOT / 'docs/segmentation.md').read_text()
    blocks = re.findall(r'```python\n(_base_ = .*?)```', text, re.DOTALL)
    return next(block for block in blocks if f'mmseg::{name}' in block)


def write_config(name, voc, folder):
    (folder / 'configs/mine').mkdir(parents=True)
    (folder / 'configs/_base_').symlink_to(ROOT / 'configs/_base_')
    path = folder / 'configs/mine' / f'{name}.py'
    smaller = SMALLER.format(data=voc / 'data', export=voc / 'export')
    path.write_text(documented_config(name) + smaller + OFFLINE[name])
    return path


def unscoped(node):
    """Without the scope that mmengine adds to what is inherited."""
    if isinstance(node, dict):
        return {key: unscoped(value) for key, value in node.items() if key != '_scope_'}
    return list(map(unscoped, node)) if isinstance(node, list) else node


@pytest.mark.parametrize('name', OFFLINE)
def test_only_the_data_changes(name, voc, tmp_path):
    path = write_config(name, voc, tmp_path)
    path.write_text(documented_config(name))
    cfg = Config.fromfile(path)
    base = re.search(r'mmseg::(\S+\.py)', documented_config(name))[1]
    stock = Config.fromfile(MMSEG / 'configs' / base)
    assert cfg.train_dataloader.dataset.type == 'ppl_mm.CAMPseudoLabelDataset'
    assert cfg.val_dataloader.dataset.type == 'ppl_mm.VOCLayoutDataset'
    assert cfg.test_dataloader == cfg.val_dataloader
    assert '_delete_' not in str(cfg.to_dict())
    names = [step.type for step in cfg.train_dataloader.dataset.pipeline]
    assert names == [step.type for step in stock.train_pipeline]
    for key in ('optim_wrapper', 'param_scheduler', 'train_cfg'):
        assert unscoped(cfg[key]) == unscoped(stock[key])
    assert cfg.train_dataloader.batch_size == (stock.train_dataloader.batch_size)
    assert cfg.model.decode_head.num_classes == 21


def miou(output):
    """The mIoU that the last line of a test names."""
    return float(re.findall(r'(?<!/)mIoU: ([\d.]+|nan)', output)[-1])


@pytest.mark.slow
@pytest.mark.parametrize('name', OFFLINE)
def test_stock_config_trains_and_tests(name, voc, tmp_path, command):
    path = write_config(name, voc, tmp_path)
    trained = command('train.py', path, '--work-dir', tmp_path / 'work')
    assert trained.returncode == 0, trained.stdout
    weights = tmp_path / 'work/iter_2.pth'
    tested = command('test.py', path, tmp_path / 'work', '--work-dir', tmp_path / 'test')
    assert tested.returncode == 0, tested.stdout
    assert miou(tested.stdout) == miou(trained.stdout)
    state = torch.load(weights, weights_only=False)['state_dict']
    assert all(value.isfinite().all() for value in state.values())
    # mmsegmentation's own command, on the same config and checkpoint.
    theirs = command(MMSEG / 'tools/test.py', path, weights, '--work-dir', tmp_path / 'theirs')
    assert theirs.returncode == 0, theirs.stdout
    assert miou(theirs.stdout) == miou(tested.stdout)
