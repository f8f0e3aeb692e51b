"""Any number of methods, which may begin alike."""

from pathlib import Path

import pytest

from ppl_mm.errors import UserError
from ppl_mm.pipeline import load_settings
from ppl_mm.pipeline.plan import make_plan, report_paths

SELF_TRAINED = """
_base_ = './cls_cam.py'
train_dataloader = dict(dataset=dict(label_dir='work_dirs/labels'))
"""


@pytest.fixture
def plan(mini):
    """Makes the steps, by name, and the report's paths of a pipeline with these methods."""

    def make(*methods):
        (mini.folder / 'cls_st.py').write_text(SELF_TRAINED)
        text = mini.config.read_text()
        before, rest = text.split('methods = [')
        after = rest.split(']\n', 1)[1]
        mini.config.write_text(f'{before}methods = {list(methods)!r}\n{after}')
        settings = load_settings(mini.config)
        steps = make_plan(settings, Path('work'), Path('tools'))
        return {one.name: one for one in steps}, report_paths(steps, settings, Path('work'))

    return make


CAM = dict(name='plain CAM', key='cam', configs='cls_cam.py')
PPL = dict(name='PPL', key='ppl', configs='cls_progressive.py')
PPL_ST = dict(
    name='self-trained PPL',
    short='PPL-ST',
    key='ppl_st',
    configs=['cls_progressive.py', 'cls_st.py'],
    labels='confident.py',
)


def trainings(steps):
    return [name for name, step in steps.items() if step.kind == 'train']


def test_three_methods(plan):
    steps, paths = plan(CAM, PPL, PPL_ST | dict(configs=['cls_cam.py', 'cls_st.py']))
    for key in ('cam', 'ppl', 'ppl_st'):
        assert f'export_{key}' in steps and steps[f'measure_{key}'].method == key
        assert paths['maps'][key] == f'export_{key}'
        assert paths['measured'][key] == f'measure_{key}.json'
    assert list(paths['maps']) == ['cam', 'ppl', 'ppl_st']
    assert steps['refine'].needs[0] == 'export_ppl_st'  # the last makes the pseudo-labels


def test_methods_that_begin_alike_share_their_trainings(plan):
    steps, _paths = plan(CAM, PPL, PPL_ST)
    assert trainings(steps)[:3] == ['train_cam', 'train_ppl', 'train_ppl_st']
    assert 'load_from=work/train_ppl' in steps['train_ppl_st'].command
    assert set(steps['train_ppl_st'].needs) == {'train_ppl', 'label_ppl_st_1'}
    assert steps['export_ppl_st_1'].command[3] == 'work/train_ppl'
    assert steps['export_ppl_st'].command[3] == 'work/train_ppl_st'


def test_the_shorter_method_may_come_last(plan):
    steps, paths = plan(CAM, PPL_ST, PPL)
    assert 'train_ppl' not in steps
    assert steps['export_ppl'].command[3] == 'work/train_ppl_st_1'
    assert paths['maps'] == dict(cam='export_cam', ppl_st='export_ppl_st', ppl='export_ppl')
    assert steps['refine'].needs[0] == 'export_ppl'


def test_other_labels_are_another_training(plan):
    other = PPL_ST | dict(name='other', short='other', key='other', labels='refine.py')
    steps, _ = plan(CAM, PPL_ST, other)
    assert trainings(steps)[:4] == ['train_cam', 'train_ppl_st_1', 'train_ppl_st', 'train_other']
    assert set(steps['train_other'].needs) == {'train_ppl_st_1', 'label_other_1'}


def test_one_method(plan):
    steps, paths = plan(PPL)
    assert list(paths['maps']) == ['ppl'] and 'report' in steps


@pytest.mark.parametrize('key', ['segmentation', 'pseudo_labels', 'seg'])
def test_names_of_other_things_are_no_keys(plan, key):
    with pytest.raises(UserError, match=f"methods.1.key='{key}' must be a word"):
        plan(CAM, PPL | dict(key=key))


def test_two_steps_of_one_name_are_refused(plan):
    with pytest.raises(UserError, match='two steps would be called export_cam_val'):
        plan(CAM, PPL | dict(key='cam_val'))
