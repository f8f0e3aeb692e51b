from pathlib import Path

import pytest
from test_pipeline.mini_configs import rewrite

from ppl_mm.errors import UserError
from ppl_mm.pipeline import load_settings
from ppl_mm.pipeline.plan import make_plan
from ppl_mm.utils.config.reading import read_config


def test_reads_a_config(mini):
    settings = load_settings(mini.config)
    assert settings.name == 'mini' and settings.seed == 3
    assert [(m.name, m.key, m.short, m.labels) for m in settings.methods] == [
        ('plain CAM', 'cam', 'plain CAM', ()),
        ('PPL', 'ppl', 'PPL', ()),
    ]
    assert settings.methods[0].configs == (mini.folder / 'cls_cam.py',)
    assert settings.methods[1].configs == (mini.folder / 'cls_progressive.py',)
    assert settings.list_path('val') == (mini.folder / 'data/ImageSets/Segmentation/val.txt')


def test_refinement_may_be_left_out(mini):
    for line in (
        "refinement = 'refine.py'",
        "affinity = 'affinity.py'",
        "affinity_labels = 'confident.py'",
    ):
        rewrite(mini, line, '')
    steps = {
        step.name: step
        for step in make_plan(load_settings(mini.config), Path('work'), Path('tools'))
    }
    assert 'refine' not in steps
    labels = 'train_dataloader.dataset.label_dir=work/export_ppl'
    assert labels in steps['train_seg'].command


def test_the_command_line_wins(mini):
    settings = load_settings(mini.config, {'make_data.seed': 7, 'data_root': 'elsewhere'}, seed=5)
    assert settings.seed == 5 and settings.make_data['seed'] == 7
    assert str(settings.data_root) == 'elsewhere'


@pytest.mark.parametrize(
    'old, new, message',
    [
        ('data_root = ', 'data_rot = ', 'data_root is missing'),
        ('seed = 3', 'sead = 3', 'unknown key sead; did you mean seed?'),
        ('seed = 3', 'seed = -1', 'seed=-1 must be a whole number'),
        ('seed = 3', "seed = 'x'", "seed='x' must be a whole number"),
        ("'seg.py'", "'deeplab.py'", 'segmentation: no such config'),
        ("'seg.py'", '5', 'segmentation=5 must name a config'),
        ("masked='train', ", '', 'splits must be a dict of train, threshold'),
        ("masked='train'", "masked='lists/train.txt'", 'splits.masked='),
        ("masked='train'", "masked='val'", 'are both val'),
        ("tool='dataset", "tol='dataset", 'make_data='),
        ('seed = 3', 'seed = 1 / 0', 'cannot be read as a config'),
        ("refinement = 'refine.py'", '', 'an affinity needs both refinement'),
        ("affinity_labels = 'confident.py'", '', 'and affinity_labels'),
        ("key='ppl'", "key='cam'", "two methods have the key 'cam'"),
        ("name='PPL'", "name='plain CAM'", "two methods have the name 'plain CAM'"),
        ("key='ppl'", "key='my ppl'", "methods.1.key='my ppl' must be a word"),
        ("key='ppl'", "key='seg'", 'and none of seg'),
        ("key='ppl', ", '', 'methods.1 has no key'),
        ("key='ppl'", "kei='ppl'", 'methods.1: unknown key kei; did you mean key?'),
        ('methods = [', 'methods = {}, [', 'methods must be a list'),
        ('seed = 3', "baseline = 'cls_cam.py'", 'baseline has gone; write methods=['),
        ('seed = 3', "ppl = 'cls_cam.py'", 'ppl has gone; write methods=['),
        ("'refine.py'", "'none.py'", 'refinement: no such config'),
    ],
)
def test_says_what_is_wrong(mini, old, new, message):
    rewrite(mini, old, new)
    with pytest.raises(UserError) as caught:
        load_settings(mini.config)
    assert message in str(caught.value)
    assert str(mini.config) in str(caught.value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('name', ['demo', 'voc6'])
def test_the_shipped_ones(name, request):
    settings = load_settings(request.config.rootpath / f'configs/{name}/pipeline.py')
    assert settings.name == name


def test_the_network_of_preset_quick_starts_with_the_backbone_of_its_classifier():
    root = Path(__file__).parents[2]
    settings = load_settings(root / 'configs/own/pipeline_quick.py')
    assert settings.start_segmentation_from_classifier
    (classifier,), network = settings.methods[0].configs, settings.segmentation[0]
    first, second = (read_config(path).model.backbone for path in (classifier, network))
    # Which layers it gives and trains is its own; all weights have their places.
    own = {'out_indices', 'frozen_stages'}
    assert {k: v for k, v in first.items() if k not in own} == {
        k: v for k, v in second.items() if k not in own
    }
    assert second.frozen_stages <= max(second.out_indices)  # the last layer is trained
