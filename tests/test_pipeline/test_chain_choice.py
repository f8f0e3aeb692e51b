"""Masks choose the chain of a pipeline's refinement, where its config has several."""

import json

import pytest
from test_pipeline.mini_configs import plan

from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.pipeline import load_settings
from ppl_mm.pipeline.make_masks import PRESETS
from ppl_mm.pipeline.plan import make_plan
from ppl_mm.utils.project import tools_dir

ALL = dict(_delete_=True, train='train', threshold='train', masked='train', val='val')
CHAINS = "\nchains = dict(cut=dict(refiners=[dict(type='ppl_mm.ConstantBackground')]))\n"


@pytest.fixture
def steps(tmp_path):
    """The refinements of the preset quick, by name, on data with such splits."""
    write_demo_data(tmp_path / 'data', train=4, val=2, size=48)

    def make(**splits):
        options = dict(data_root=str(tmp_path / 'data'), results=str(tmp_path), splits=splits)
        settings = load_settings(PRESETS['quick'], options)
        made = make_plan(settings, tmp_path / 'work', tools_dir())
        return {step.name: step for step in made if step.kind == 'refine'}

    return make


def test_without_masks_the_config_says_it(steps):
    (refine,) = steps(_delete_=True, train='train').values()
    assert '--chain-from' not in refine.command


def test_masks_choose_on_train_and_val_follows(steps):
    made = steps(**ALL)
    command, val = made['refine'].command, made['refine_val'].command
    assert command[command.index('--chain-from') + 1] == 'train'
    record = str(made['refine'].outputs[0])
    assert val[val.index('--chain-from') + 1] == record and record.endswith('export.json')
    assert 'refine' in made['refine_val'].needs


def test_a_config_with_one_chain_has_no_choice(mini):
    made = plan(mini)
    assert not any('--chain-from' in made[name].command for name in ('refine', 'refine_val'))


def test_random_walks_of_all_chains_get_the_affinity_net(mini):
    path = mini.folder / 'refine.py'
    path.write_text(path.read_text() + '\nchains = dict(walk=dict(refiners=refiners[1:]))\n')
    made = plan(mini)
    given = [f'{name}checkpoint=' for name in ('refiners.1.', 'chains.walk.refiners.0.')]
    assert all(any(one in text for text in made['refine'].command) for one in given)
    # Another refinement gives its chain, whose walks have one already.
    assert not any('checkpoint' in text for text in made['refine_val'].command)


def test_what_is_wrong_with_chains_is_said_by_the_refinement(mini):
    path = mini.folder / 'refine.py'
    text = path.read_text()
    for wrong in ('chains = 3', 'chains = dict(a=3)', 'chains = dict(a=dict(refiners=[3]))'):
        path.write_text(f'{text}\n{wrong}\n')
        assert 'refine' in plan(mini)


@pytest.mark.slow
def test_a_run_takes_one_chain_for_train_and_val(mini):
    path = mini.folder / 'refine.py'
    path.write_text(path.read_text() + CHAINS)
    work = mini.folder / 'work'
    done = mini.run(work)
    assert done.returncode == 0, done.stdout + done.stderr
    records = [
        json.loads((work / name / 'export.json').read_text()) for name in ('refine', 'refine_val')
    ]
    assert records[0]['chain_from'] == records[1]['chain_from']
    assert records[0]['refiners'] == records[1]['refiners']
    assert set(records[0]['chain_from']['mIoU']) == {'own', 'cut', 'raw'}
