"""The commands of docs/own_data.md, as they stand there."""
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer
from PIL import Image

from ppl_mm.utils import cli

ROOT = Path(__file__).parents[2]
PAGE = ROOT / 'docs/own_data.md'

# The only additions: a narrow network, small pictures, few steps.
NARROW = ['model.backbone.base_channels=4', 'model.backbone.stem_channels=4',
          'model.backbone.init_cfg=None', 'train_dataloader.num_workers=0',
          'test_dataloader.num_workers=0']
CLASSIFIER = [
    *NARROW, 'val_dataloader.num_workers=0', 'train_cfg.max_epochs=3',
    'train_cfg.val_interval=3',
    *(f'custom_hooks.0.stages.{k}.epochs=1' for k in range(3)),
    'train_dataloader.dataset.pipeline.1.min_size=64',
    'train_dataloader.dataset.pipeline.1.max_size=96',
    'train_dataloader.dataset.pipeline.3.crop_size=64',
    'val_dataloader.dataset.pipeline.1.scale=(64,64)',
    *(f'tta_pipeline.1.transforms.0.{k}.scale=(64,64)' for k in range(4))]
SEGMENTATION = [
    *NARROW, 'train_dataloader.persistent_workers=False',
    'model.decode_head.in_channels=128', 'model.decode_head.channels=8',
    'model.decode_head.c1_in_channels=16', 'model.decode_head.c1_channels=4',
    'train_cfg.max_iters=4', 'param_scheduler.0.end=4',
    'default_hooks.checkpoint.interval=4',
    'model.data_preprocessor.size=(64,64)',
    'train_dataloader.dataset.pipeline.2.scale=(80,80)',
    'train_dataloader.dataset.pipeline.3.crop_size=(64,64)']


def blocks(language):
    """Code blocks of the page, backslashes at line ends joined."""
    found = re.findall(rf'```{language}\n(.*?)```', PAGE.read_text(),
                       re.DOTALL)
    return [text.replace('\\\n', ' ') for text in found]


def commands():
    return [shlex.split(line) for line in blocks('bash')[0].splitlines()
            if not line.startswith('#')]


def fast(words):
    """A command with the additions for its config."""
    if '--cfg-options' in words:
        raise AssertionError('the page gives --cfg-options already')
    for name, more in (('cls_progressive_own', CLASSIFIER),
                       ('seg_deeplab_own', SEGMENTATION)):
        if f'configs/own/{name}.py' in words:
            return [*words, '--cfg-options', *more]
    return words


def test_the_page_has_five_commands_on_files_that_are_there():
    assert len(commands()) == 5
    for words in commands():
        assert words[0] == 'python'
        for path in words[1:]:
            if path.endswith('.py'):
                assert (ROOT / path).is_file(), path


@pytest.fixture
def home(tmp_path, photos, monkeypatch):
    """A folder with the clone's tools and configs, and photos."""
    for name in ('tools', 'configs'):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')  # a tool would leave it behind
    monkeypatch.delenv('OWN_DATA', raising=False)
    return tmp_path


@pytest.fixture
def execute(home, load_tool, monkeypatch, capfd):
    """Runs a command in this process; returns what it printed."""

    def run(words):
        for kind in (MMLogger, Visualizer, DefaultScope, MessageHub):
            kind._instance_dict.clear()
        torch.manual_seed(0)
        name = words[1].removeprefix('tools/').removesuffix('.py')
        monkeypatch.setattr('sys.argv', words[1:])
        with pytest.raises(SystemExit) as end:
            cli.run(load_tool(f'../{name}').main)
        out, err = capfd.readouterr()
        assert end.value.code == 0, out + err
        return out

    return run


@pytest.mark.slow
def test_from_photos_to_masks(home, execute):
    printed = [execute(fast(words)) for words in commands()]
    assert '1 left out' in printed[0]
    assert ' 0 errors' in f' {printed[1].splitlines()[-1]}'
    train = (home / 'data/mine/ImageSets/Segmentation/train.txt').read_text()
    labels = dict(
        row.split(',') for row in
        (home / 'data/mine/image_labels.csv').read_text().splitlines()[1:])
    classes = (home / 'data/mine/classes.txt').read_text().splitlines()
    for stem in train.split():
        path = home / f'work_dirs/own_export/refined/labels/{stem}.png'
        image, = (home / 'data/mine/JPEGImages').glob(f'{stem}.*')
        label = Image.open(path)
        assert label.size == Image.open(image).size
        own = {0} | {classes.index(name) for name in (
            classes if labels[stem] in classes else labels[stem].split())
            if name == labels[stem] or labels[stem] not in classes}
        assert set(np.unique(label)) <= own
    assert (home / 'work_dirs/seg_deeplab_own/iter_4.pth').is_file()
