"""A stage of PPL that learns from labels of the one before."""

import argparse
from pathlib import Path

import pytest
from test_pipeline.mini_configs import plan, rewrite
from test_pipeline.self_training import ONE, add_self_training

from ppl_mm.errors import UserError
from ppl_mm.pipeline.plan import make_plan
from ppl_mm.pipeline.settings import load_settings
from ppl_mm.utils.config.reading import ConfigOptions


@pytest.fixture
def self_trained(mini):
    """A miniature whose second stage of PPL learns from the first."""
    return add_self_training(mini)


def test_labels_are_made_between_the_stages(self_trained):
    steps = plan(self_trained)
    names = list(steps)
    first = names.index('train_ppl_1')
    assert names[first : first + 4] == ['train_ppl_1', 'export_ppl_1', 'label_ppl_1', 'train_ppl']
    export, label, train = (steps[name] for name in names[first + 1 : first + 4])
    assert export.command[2:] == [
        str(self_trained.folder / 'cls_progressive.py'),
        'work/train_ppl_1',
        '--out-dir',
        'work/export_ppl_1',
        '--split',
        'train',
        '--cfg-options',
        f'test_dataloader.dataset.data_root={self_trained.folder}/data',
    ]
    assert label.command[2:4] == [str(self_trained.folder / 'confident.py'), 'work/export_ppl_1']
    assert 'load_from=work/train_ppl_1' in train.command
    assert 'train_dataloader.dataset.label_dir=work/label_ppl_1' in train.command
    assert set(train.needs) == {'train_ppl_1', 'label_ppl_1'}


def test_a_stage_without_labels_needs_none(mini):
    assert not [name for name in plan(mini) if name.startswith('label_')]


def test_it_needs_a_config_that_makes_the_labels(self_trained):
    rewrite(self_trained, ", labels='confident.py'", '')
    with pytest.raises(
        UserError, match=r'pipeline.py: methods.1.labels names 0 .* 1 of .*: cls_self_trained.py'
    ):
        plan(self_trained)


def test_the_first_training_has_no_maps_to_learn_from(self_trained):
    rewrite(self_trained, "['cls_progressive.py', 'cls_self_trained.py']", "'cls_self_trained.py'")
    with pytest.raises(UserError, match='cls_self_trained.py learns from labels.*cannot be the'):
        plan(self_trained)


def test_labels_that_nothing_uses_are_an_error(mini):
    rewrite(mini, "affinity = 'affinity.py'", '')
    with pytest.raises(UserError, match='affinity_labels without an affinity'):
        plan(mini)
    rewrite(mini, "affinity_labels = 'confident.py'", '')
    rewrite(mini, ONE, ONE[:-1] + ", labels='confident.py')")
    with pytest.raises(UserError, match='methods.1.labels names 1 .* 0 of its trainings'):
        plan(mini)


def test_an_affinity_net_may_have_labels_of_its_own(self_trained):
    source = self_trained.folder / 'confident.py'
    (self_trained.folder / 'sure.py').write_text(source.read_text())
    assert plan(self_trained)['refine_confident'].command[2] == str(source)
    rewrite(self_trained, "affinity_labels = 'confident.py'", '')  # the method's, then
    assert plan(self_trained)['refine_confident'].command[2] == str(source)
    rewrite(
        self_trained,
        "affinity = 'affinity.py'",
        "affinity = 'affinity.py'\naffinity_labels = 'sure.py'",
    )
    steps = plan(self_trained)
    assert steps['refine_confident'].command[2] == str(self_trained.folder / 'sure.py')
    assert steps['label_ppl_1'].command[2] == str(source)


@pytest.mark.slow
def test_the_stages_run(self_trained, tmp_path):
    done = self_trained.run(tmp_path / 'work', '--until', 'measure_ppl')
    assert done.returncode == 0, done.stdout + done.stderr
    log = tmp_path / 'work/logs/train_ppl.log'
    assert 'loss_label' in log.read_text()


@pytest.fixture
def twice(self_trained):
    """Learns from the first stage's labels, then from those of what that gave."""
    rewrite(self_trained, "'cls_self_trained.py']", "'cls_self_trained.py', 'cls_self_trained.py']")
    rewrite(self_trained, "labels='confident.py'", "labels=['confident.py', 'surer.py']")
    (self_trained.folder / 'surer.py').write_text(
        (self_trained.folder / 'confident.py').read_text()
    )
    return self_trained


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


def test_each_stage_has_labels_of_its_own(twice):
    assert label_configs(twice) == ['confident.py', 'surer.py', 'confident.py']
    rewrite(twice, "['confident.py', 'surer.py']", "'confident.py'")
    with pytest.raises(UserError, match='labels names 1 configs .* but 2 of its trainings'):
        plan(twice)


WRAPPED = """
dataset = dict(type='ClassBalancedDataset', oversample_thr=0.3,
               dataset=_base_.train_dataloader.dataset)
train_dataloader = dict(dataset=dict(_delete_=True, **dataset))
"""


def test_a_training_set_may_be_wrapped(self_trained):
    """Rare classes more often, as docs/own_data.md has it."""
    (self_trained.folder / 'rare.py').write_text("_base_ = './cls_self_trained.py'\n" + WRAPPED)
    rewrite(self_trained, "'cls_self_trained.py']", "'rare.py']")
    steps = plan(self_trained)
    inner = 'train_dataloader.dataset.dataset'
    assert f'{inner}.label_dir=work/label_ppl_1' in steps['train_ppl'].command
    assert f'{inner}.data_root={self_trained.folder}/data' in (steps['train_ppl'].command)
    rewrite(self_trained, "splits = dict(train='train'", "splits = dict(train='x'")
    with pytest.raises(
        UserError,
        match=r"dataset\.split='train', but .*"
        "splits.train='x'",
    ):
        plan(self_trained)


def test_the_name_of_a_split_may_have_a_dot(mini):
    config = mini.folder / 'cls_cam.py'
    config.write_text(config.read_text() + "train_dataloader['dataset']['split'] = 'train.v2'\n")
    rewrite(
        mini,
        "splits = dict(train='train', threshold='train', masked='train'",
        "splits = dict(train='train.v2', threshold='train', masked='train'",
    )
    rewrite(mini, ONE, "configs='cls_cam.py')")
    with pytest.raises(UserError, match='ann_file'):  # the network's is left
        plan(mini)


def test_folders_may_have_spaces_in_their_names(self_trained):
    """What the steps are told is what their parser reads."""
    spaced = self_trained.folder.rename(self_trained.folder.parent / 'my configs')
    config = spaced / self_trained.config.name
    config.write_text(config.read_text().replace(f"'{self_trained.folder}/data'", "'my data'"))
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
