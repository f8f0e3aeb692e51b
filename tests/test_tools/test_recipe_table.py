"""The page of costs: its list is the shipped recipes, its counts are right."""

import json
import math
import re
from pathlib import Path

import pytest
import torch
from mmengine.analysis import get_model_complexity_info
from mmengine.registry import MODELS
from tool_modules import load_tool
from torch import nn

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def table():
    return load_tool('recipe_table')


def test_the_page_lists_what_is_shipped(table):
    """If this fails: python tools/analysis_tools/recipe_table.py."""
    text = (ROOT / 'docs/recipes.md').read_text()
    listed = re.findall(r'^\| ([\w-]+) \| \d', text, re.MULTILINE)
    assert listed == [path.stem for path in table.recipes()]


def test_no_training_config_is_left_out(table):
    listed = table.recipes()
    for folder in table.FOLDERS:
        for path in (ROOT / 'configs' / folder).glob('*.py'):
            assert ('train_dataloader' in table.Config.fromfile(path)) == (path in listed), path


class Two(nn.Module):
    """Two convolutions, whose costs can be written down."""

    def __init__(self, frozen=False):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.second = nn.Conv2d(8, 4, 1, bias=False)
        self.first.requires_grad_(not frozen)

    def forward(self, x):
        x = torch.relu_(self.first(x))
        return self.second(x)


@pytest.mark.parametrize('frozen', [False, True])
def test_counts_by_hand(table, frozen):
    pixels = 10 * 12
    first, second = 2 * 27 * 8 * pixels, 2 * 8 * 4 * pixels
    cost = table.measure(Two(frozen).to('meta'), (10, 12))
    assert cost.forward == first + second
    # Gradients of the first layer's weights, the second's, and between them.
    assert cost.total == cost.forward + second + (0 if frozen else first + second)
    # Images, activation (once: in place), and what softplus is given.
    assert cost.kept == 4 * pixels * (8 + 4 + (0 if frozen else 3))


def test_a_depthwise_convolution_by_hand(table):
    net = nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 3, groups=8))
    first, second = 2 * 3 * 8 * 10 * 12, 2 * 9 * 8 * 8 * 10
    cost = table.measure(net.to('meta'), (10, 12))
    assert cost.forward == first + second
    assert cost.total == cost.forward + first + 2 * second


def test_multiply_adds_are_those_of_mmengine(table):
    cfg = dict(
        type='ppl_mm.CAMClassifier',
        backbone=dict(type='mmpretrain.ResNet', depth=18),
        head=dict(type='ppl_mm.CAMHead', num_classes=5),
    )
    model = MODELS.build(cfg)
    cost = table.measure(MODELS.build(cfg).to('meta').train(), (64, 96))
    expected = get_model_complexity_info(
        model, inputs=(torch.rand(1, 3, 64, 96),), show_table=False, show_arch=False
    )['flops']
    # Norms and pools count there as well.
    assert 0.97 * expected < cost.forward / 2 < expected


CONFIG = """
default_scope = 'mmpretrain'
model = dict(
    type='ppl_mm.CAMClassifier',
    backbone=dict(
        type='ResNet', depth=18, stem_channels=8, base_channels=64,
        frozen_stages=2),
    neck=dict(type='ppl_mm.PatchLearning', position=2, grid=2),
    head=dict(type='ppl_mm.CAMHead', num_classes=20))
train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        data_root='data/VOCdevkit/VOC2012',
        pipeline=[dict(type='ppl_mm.RandomFillCrop', crop_size=64)]))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=MOMENTUM))
train_cfg = dict(max_epochs=EPOCHS, STAGES)
custom_hooks = HOOKS
"""
STAGE = 'dict(position=2, grid=2%s), dict(position=7, grid=2%s)'


def config(tmp_path, epochs=3, momentum=0.0, stages='', hooks='[]'):
    """A recipe's file, in its name as in its content."""
    path = tmp_path / f'x_4xb2-{epochs}e_voc12aug-64x64.py'
    path.write_text(
        CONFIG.replace('EPOCHS', str(epochs))
        .replace('STAGES', stages)
        .replace('HOOKS', hooks)
        .replace('MOMENTUM', str(momentum))
    )
    return path


def cells(table, path):
    return dict(zip(table.COLUMNS, table.row(path), strict=True))


def estimated(cell):
    assert cell[0] == '~'
    return float(cell[1:])


def test_a_row(table, tmp_path, monkeypatch):
    monkeypatch.setattr(table, 'SUSTAINED', dict(each=2e6, all=1e7))
    path = config(tmp_path)
    row = cells(table, path)
    cfg = table.Config.fromfile(path)
    model = MODELS.build(cfg.model).to('meta').train()
    cost = table.measure(model, (64, 64))
    assert row['config'] == path.stem
    assert row['iterations'] == f'{3 * math.ceil(10582 / 8):,}'
    hours = 3 * 10582 * cost.total / 1e7 / 3600
    assert estimated(row['hours, one H200']) == pytest.approx(hours, rel=0.01)
    assert estimated(row['hours, 4']) == pytest.approx(hours / 4 * 5, rel=0.01)
    assert float(row['weights']) > float(row['trained']) > 1


@pytest.mark.parametrize('together', [False, True])
def test_stages_add_up(table, tmp_path, monkeypatch, together):
    """One after another each has its epochs, at once all have all."""
    monkeypatch.setattr(table, 'SUSTAINED', dict(each=2e6, all=1e7))
    cuts = STAGE % (('', '') if together else (', epochs=1', ', epochs=2'))
    path = (
        config(tmp_path, stages=f'stages=[{cuts}]')
        if together
        else (
            config(tmp_path, hooks=f"[dict(type='ppl_mm.ProgressiveStageHook', stages=[{cuts}])]")
        )
    )
    model = MODELS.build(table.Config.fromfile(path).model).to('meta').train()
    work, kept = 0, []
    for position, epochs in ((2, 3 if together else 1), (7, 3 if together else 2)):
        model.neck.set_stage(position, 2)
        cost = table.measure(model, (64, 64))
        work += epochs * cost.total
        kept.append(cost.kept / 2**30)
    row = cells(table, path)
    assert estimated(row['hours, one H200']) == pytest.approx(work * 10582 / 1e7 / 3600, rel=0.01)
    assert row['kept'] == f'{max(kept):.2f}'


@pytest.mark.parametrize('data', ['voc12aug', 'coco14'])
def test_hours_of_measured_steps(table, tmp_path, monkeypatch, data):
    cuts = STAGE % (', epochs=1', ', epochs=2')
    path = config(tmp_path, hooks=f"[dict(type='ppl_mm.ProgressiveStageHook', stages=[{cuts}])]")
    stages = [
        dict(each=dict(seconds=10), all=dict(seconds=20)),
        dict(each=dict(seconds=30), all=dict(seconds=40)),
    ]
    measured = tmp_path / 'measured.json'
    measured.write_text(json.dumps(dict(figures={path.stem: stages})))
    monkeypatch.setattr(table, 'MEASURED', measured)
    path = path.rename(tmp_path / path.name.replace('voc12aug', data))
    if data == 'coco14':
        path.write_text(path.read_text().replace('data/VOCdevkit/VOC2012', 'data/coco'))
    row = cells(table, path)
    images = dict(voc12aug=10_582, coco14=82_081)[data]
    for cell, seconds in (('hours, one H200', 20 + 2 * 40), ('hours, 4', 10 + 2 * 30)):
        assert float(row[cell]) == pytest.approx(images / 8 * seconds / 3600, abs=0.06)


def test_every_recorded_name_is_that_of_a_recipe(table):
    """Steps were measured before some configs got the names of today."""
    figures = json.loads(table.MEASURED.read_text())['figures']
    assert set(table.RECORDED) <= {path.stem for path in table.recipes()}
    assert set(table.RECORDED.values()) <= set(figures)
    for name in ('baseline/cls_cam', 'ppl/cls_progressive'):
        cfg = table.Config.fromfile(ROOT / f'configs/{name}.py')
        steps = table.measured_steps(cfg)
        assert len(steps) == len(table.passes_of(cfg))
        assert steps[0]['each']['batch'] == cfg.train_dataloader.batch_size


def test_memory(table, tmp_path, monkeypatch):
    monkeypatch.setattr(table, 'OVERHEAD', 10 * 2**30)
    monkeypatch.setattr(table, 'measure', lambda *_: table.Cost(2e9, 6e9, 3 * 2**30))
    row = cells(table, config(tmp_path, momentum=0.9))
    assert (row['GiB, 4 GPUs'], row['GiB, one']) == ('16', '34')
    assert row['kept'] == '3.00' and row['GMAC'] == '1'


def test_iterations_of_a_run_by_iterations(table):
    cfg = table.Config.fromfile(ROOT / 'configs/seg/deeplabv1_r38.py')
    assert table.iterations_of(cfg) == 20_000
    ((stage, passes),) = table.passes_of(cfg)
    assert stage is None
    assert passes == pytest.approx(20_000 * 12 / 10_582)


def test_the_command_writes_the_page(table, tmp_path, monkeypatch):
    folder, out = tmp_path / 'ppl', tmp_path / 'docs/recipes.md'
    folder.mkdir()
    path = config(folder)
    monkeypatch.setattr(table, 'recipes', lambda: [path])
    monkeypatch.setattr('sys.argv', ['recipe_table.py', '--out', str(out)])
    table.main()
    lines = out.read_text().splitlines()
    assert f'| {" | ".join(table.row(path))} |' in lines
    assert all(len(line) <= 100 for line in lines if line[:1] != '|')
