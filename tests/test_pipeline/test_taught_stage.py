"""A stage of PPL that learns from labels of the one before."""

import argparse
from pathlib import Path

import pytest

from ppl_mm.errors import UserError
from ppl_mm.pipeline.plan import make_plan
from ppl_mm.pipeline.settings import load_settings
from ppl_mm.utils.config import ConfigOptions

TAUGHT = """
_base_ = './cls_cam.py'
model = dict(
    neck=dict(type='ppl_mm.MixedPatchLearning', position=4, grid=2),
    head=dict(type='ppl_mm.SelfTrainedCAMHead'))
tta_model = dict(softmax=True)
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.LoadLabel'),
    dict(type='ppl_mm.RandomResizeLong', min_size=48, max_size=64),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=48),
    dict(type='PackInputs', algorithm_keys=('gt_seg_map', ))]
train_dataloader = dict(dataset=dict(
    label_dir='work_dirs/labels', pipeline=train_pipeline))
"""


@pytest.fixture
def taught(mini):
    """A miniature whose second stage of PPL learns from the first."""
    (mini.folder / 'cls_self_trained.py').write_text(TAUGHT)
    rewrite(
        mini, "ppl = 'cls_progressive.py'", "ppl = ['cls_progressive.py', 'cls_self_trained.py']"
    )
    return mini


def rewrite(mini, old, new):
    text = mini.config.read_text()
    assert old in text
    mini.config.write_text(text.replace(old, new))


def plan(mini):
    steps = make_plan(load_settings(mini.config), Path('work'), Path('tools'))
    return {step.name: step for step in steps}


def test_labels_are_made_between_the_stages(taught):
    steps = plan(taught)
    names = list(steps)
    first = names.index('train_ppl_1')
    assert names[first : first + 4] == ['train_ppl_1', 'export_ppl_1', 'label_ppl_1', 'train_ppl']
    export, label, train = (steps[name] for name in names[first + 1 : first + 4])
    assert export.command[2:] == [
        str(taught.folder / 'cls_progressive.py'),
        'work/train_ppl_1',
        '--out-dir',
        'work/export_ppl_1',
        '--split',
        'train',
        '--cfg-options',
        f'test_dataloader.dataset.data_root={taught.folder}/data',
    ]
    assert label.command[2:4] == [str(taught.folder / 'confident.py'), 'work/export_ppl_1']
    assert 'load_from=work/train_ppl_1' in train.command
    assert 'train_dataloader.dataset.label_dir=work/label_ppl_1' in train.command
    assert set(train.needs) == {'train_ppl_1', 'label_ppl_1'}


def test_a_stage_without_labels_needs_none(mini):
    assert not [name for name in plan(mini) if name.startswith('label_')]


def test_it_needs_a_config_that_makes_the_labels(taught):
    for line in (
        "refinement = 'refine.py'",
        "affinity = 'affinity.py'",
        "confident_labels = 'confident.py'",
    ):
        rewrite(taught, line, '')
    with pytest.raises(
        UserError, match='pipeline.py.*cls_progressive.py learns from labels.*confident_labels'
    ):
        plan(taught)


def test_labels_that_nothing_uses_are_an_error(mini):
    rewrite(mini, "affinity = 'affinity.py'", '')
    with pytest.raises(UserError, match='nothing uses confident_labels'):
        plan(mini)


def test_an_affinity_net_may_have_labels_of_its_own(taught):
    source = taught.folder / 'confident.py'
    (taught.folder / 'sure.py').write_text(source.read_text())
    assert plan(taught)['refine_confident'].command[2] == str(source)
    rewrite(
        taught, "affinity = 'affinity.py'", "affinity = 'affinity.py'\naffinity_labels = 'sure.py'"
    )
    steps = plan(taught)
    assert steps['refine_confident'].command[2] == str(taught.folder / 'sure.py')
    assert steps['label_ppl_1'].command[2] == str(source)


def test_labels_that_neither_learns_from_are_an_error(mini):
    (mini.folder / 'sure.py').write_text((mini.folder / 'confident.py').read_text())
    rewrite(
        mini, "affinity = 'affinity.py'", "affinity = 'affinity.py'\naffinity_labels = 'sure.py'"
    )
    with pytest.raises(UserError, match='nothing uses confident_labels'):
        plan(mini)
    rewrite(mini, "confident_labels = 'confident.py'", '')
    assert plan(mini)['refine_confident'].command[2].endswith('sure.py')


@pytest.mark.slow
def test_the_stages_run(taught, tmp_path):
    done = taught.run(tmp_path / 'work', '--until', 'measure_ppl')
    assert done.returncode == 0, done.stdout + done.stderr
    log = tmp_path / 'work/logs/train_ppl.log'
    assert 'loss_label' in log.read_text()


@pytest.fixture
def twice(taught):
    """Taught by the first stage's labels, then by those of what that gave."""
    rewrite(taught, "'cls_self_trained.py']", "'cls_self_trained.py', 'cls_self_trained.py']")
    (taught.folder / 'surer.py').write_text((taught.folder / 'confident.py').read_text())
    return taught


def label_configs(mini):
    return [
        Path(step.command[2]).name
        for name, step in plan(mini).items()
        if name.startswith('label_') or name == 'refine_confident'
    ]


def test_each_stage_learns_from_the_one_before(twice):
    steps = plan(twice)
    for number, name in ((1, 'train_ppl_2'), (2, 'train_ppl')):
        train = steps[name]
        assert f'load_from=work/train_ppl_{number}' in train.command
        assert f'train_dataloader.dataset.label_dir=work/label_ppl_{number}' in train.command
        assert steps[f'label_ppl_{number}'].command[3] == (f'work/export_ppl_{number}')


def test_one_config_of_labels_serves_all_stages_or_each_has_its_own(twice):
    assert label_configs(twice) == ['confident.py'] * 3
    rewrite(
        twice,
        "confident_labels = 'confident.py'",
        "confident_labels = ['confident.py', 'surer.py']",
    )
    assert label_configs(twice) == ['confident.py', 'surer.py', 'surer.py']


def test_as_many_configs_of_labels_as_stages_that_learn(taught):
    rewrite(
        taught,
        "confident_labels = 'confident.py'",
        "confident_labels = ['confident.py', 'confident.py']",
    )
    with pytest.raises(
        UserError, match='confident_labels names 2 configs, and 1 stages of ppl learn from labels'
    ):
        plan(taught)


WRAPPED = """
dataset = dict(type='ClassBalancedDataset', oversample_thr=0.3,
               dataset=_base_.train_dataloader.dataset)
train_dataloader = dict(dataset=dict(_delete_=True, **dataset))
"""


def test_a_training_set_may_be_wrapped(taught):
    """Rare classes more often, as docs/own_data.md has it."""
    (taught.folder / 'rare.py').write_text("_base_ = './cls_self_trained.py'\n" + WRAPPED)
    rewrite(taught, "'cls_self_trained.py']", "'rare.py']")
    steps = plan(taught)
    inner = 'train_dataloader.dataset.dataset'
    assert f'{inner}.label_dir=work/label_ppl_1' in steps['train_ppl'].command
    assert f'{inner}.data_root={taught.folder}/data' in (steps['train_ppl'].command)
    rewrite(taught, "splits = dict(train='train'", "splits = dict(train='x'")
    with pytest.raises(
        UserError,
        match=r"dataset\.split='train', but .*"
        "splits.train='x'",
    ):
        plan(taught)


def test_the_name_of_a_split_may_have_a_dot(mini):
    config = mini.folder / 'cls_cam.py'
    config.write_text(config.read_text() + "train_dataloader['dataset']['split'] = 'train.v2'\n")
    rewrite(
        mini,
        "splits = dict(train='train', threshold='train', masked='train'",
        "splits = dict(train='train.v2', threshold='train', masked='train'",
    )
    rewrite(mini, "ppl = 'cls_progressive.py'", "ppl = 'cls_cam.py'")
    with pytest.raises(UserError, match='ann_file'):  # the network's is left
        plan(mini)


def test_folders_may_have_spaces_in_their_names(taught):
    """What the steps are told is what their parser reads."""
    spaced = taught.folder.rename(taught.folder.parent / 'my configs')
    config = spaced / taught.config.name
    config.write_text(config.read_text().replace(f"'{taught.folder}/data'", "'my data'"))
    steps = make_plan(load_settings(config), Path('my work'), Path('tools'))
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions)
    told = {}
    for step in steps:
        told |= parser.parse_known_args(step.command)[0].cfg_options or {}
    assert told['train_dataloader.dataset.data_root'] == 'my data'
    assert told['train_dataloader.dataset.label_dir'] == 'my work/refine'
    assert told['refiners.1.affinity_net'] == f'{spaced}/affinity.py'
    assert told['refiners.1.checkpoint'] == 'my work/train_affinity'
