"""A threshold that the user gives to a pipeline."""

import pytest
from test_pipeline.mini_configs import plan, rewrite

from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.errors import UserError
from ppl_mm.pipeline import load_settings
from ppl_mm.pipeline.make_masks import PRESETS
from ppl_mm.pipeline.plan import make_plan
from ppl_mm.pipeline.step import find_step
from ppl_mm.utils.project import tools_dir


@pytest.fixture
def command(tmp_path):
    """The command of the export that a preset's pipeline would run."""
    write_demo_data(tmp_path / 'data', train=4, val=2, size=48)

    def plan(**options):
        options = dict(data_root=str(tmp_path / 'data'), results=str(tmp_path), **options)
        options = {'splits': dict(_delete_=True, train='train'), **options}
        settings = load_settings(PRESETS['quick'], options)
        steps = make_plan(settings, tmp_path / 'work', tools_dir())
        return find_step(steps, 'export', settings.methods[-1].key, 'train').command

    return plan


def test_the_config_of_the_export_decides_if_nothing_is_given(command):
    assert '--threshold' not in command()


@pytest.mark.parametrize('given', ['0.6', 0.6, 'auto'])
def test_a_threshold(command, given):
    line = command(threshold=given)
    assert line[line.index('--threshold') + 1] == str(given)


def test_an_area(command):
    line = command(expected_area='1-5%')
    assert line[line.index('--threshold') + 1] == 'auto'
    assert line[line.index('--expected-area') + 1] == '1-5%'


def test_what_cannot_be_is_one_line(command):
    with pytest.raises(UserError, match='--expected-area 3%: .* leave out --threshold'):
        command(expected_area='3%', threshold='0.5')


def test_the_first_round_is_cut_there_too(tmp_path):
    write_demo_data(tmp_path / 'data', train=4, val=2, size=48)
    options = dict(data_root=str(tmp_path / 'data'), expected_area='1-5%')
    settings = load_settings(PRESETS['standard'], options)
    steps = make_plan(settings, tmp_path / 'work', tools_dir())
    (first,) = [step for step in steps if step.name == 'export_ppl_st_1']
    assert first.command[first.command.index('--expected-area') + 1] == '1-5%'


def test_maps_that_only_chose_the_threshold_become_no_labels(mini):
    assert '--split' not in plan(mini)['refine'].command  # the export has no others
    rewrite(mini, "threshold='train'", "threshold='others'")
    steps = plan(mini)
    for name, split in dict(refine='train', refine_confident='train', refine_val='val').items():
        command = steps[name].command
        assert command[command.index('--split') + 1] == split
