"""A second round of segmentation, on labels of the first one's network."""

import numpy as np
import pytest
from PIL import Image
from test_pipeline.mini_configs import plan

from ppl_mm.errors import UserError

MAPS = """
_base_ = './seg.py'
test_dataloader = dict(dataset=dict(
    _delete_=True, type='ppl_mm.ImageLabelDataset', data_root='{data}',
    split='train', test_mode=True))
tta_model = dict(_delete_=True, type='ppl_mm.SegMapTTAModel')
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='TestTimeAug', transforms=[
        [dict(type='Resize', scale_factor=1., keep_ratio=True)],
        [dict(type='RandomFlip', prob=prob) for prob in (0., 1.)],
        [dict(type='PackSegInputs', meta_keys=(
            'img_path', 'image_id', 'gt_label', 'ori_shape', 'img_shape',
            'flip', 'flip_direction'))]])]
"""
LABELS = """
refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.5)]
"""
KEYS = dict(
    maps="segmentation_maps = 'maps_seg.py'\n", labels="segmentation_labels = 'refine_seg.py'\n"
)


@pytest.fixture
def rounds(mini):
    """A miniature with a second round."""
    data = str(mini.folder / 'data')
    (mini.folder / 'maps_seg.py').write_text(MAPS.replace('{data}', data))
    (mini.folder / 'refine_seg.py').write_text(LABELS)
    (mini.folder / 'seg_again.py').write_text(
        "_base_ = './seg.py'\ntrain_cfg = dict(max_iters=4)\n"
    )
    text = mini.config.read_text().replace(
        "segmentation = 'seg.py'", "segmentation = ['seg.py', 'seg_again.py']"
    )
    mini.config.write_text(text + ''.join(KEYS.values()))
    return mini


def test_labels_are_made_between_the_rounds(rounds):
    steps = plan(rounds)
    names = list(steps)
    begin = names.index('train_seg_1')
    wanted = 'train_seg_1 export_seg_1 label_seg_1 train_seg test_seg'
    assert names[begin : begin + 5] == wanted.split()
    first, export, label, second = (steps[name] for name in names[begin : begin + 4])
    label_dir = 'train_dataloader.dataset.label_dir'
    assert first.command[2] == str(rounds.folder / 'seg.py')
    assert f'{label_dir}=work/refine' in first.command
    assert not [part for part in first.command if 'load_from' in part]
    assert export.command[2:4] == [str(rounds.folder / 'maps_seg.py'), 'work/train_seg_1']
    assert label.command[2:4] == [str(rounds.folder / 'refine_seg.py'), 'work/export_seg_1']
    assert f'{label_dir}=work/label_seg_1' in second.command
    assert 'load_from=work/train_seg_1' in second.command
    assert second.command[2] == str(rounds.folder / 'seg_again.py')
    assert steps['test_seg'].command[2] == second.command[2]
    assert set(second.needs) == {'train_seg_1', 'label_seg_1'}


def test_the_first_round_may_start_from_the_classifier(rounds):
    rounds.config.write_text(
        rounds.config.read_text() + 'start_segmentation_from_classifier = True\n'
    )
    steps = plan(rounds)
    assert 'load_from=work/train_ppl' in steps['train_seg_1'].command
    assert 'load_from=work/train_seg_1' in steps['train_seg'].command


def test_one_round_is_what_it_was(mini):
    names = [name for name in plan(mini) if 'seg' in name]
    assert names == ['train_seg', 'test_seg', 'test_seg_val']


@pytest.mark.parametrize('left_out', KEYS)
def test_both_configs_are_needed(rounds, left_out):
    text = rounds.config.read_text()
    rounds.config.write_text(text.replace(KEYS[left_out], ''))
    with pytest.raises(
        UserError,
        match='several rounds of segmentation.* segmentation_maps and segmentation_labels',
    ):
        plan(rounds)


def test_configs_that_one_round_does_not_use(rounds):
    text = rounds.config.read_text()
    rounds.config.write_text(text.replace(", 'seg_again.py'", ''))
    with pytest.raises(UserError, match='one round neither'):
        plan(rounds)


def test_three_rounds(rounds):
    text = rounds.config.read_text()
    rounds.config.write_text(text.replace("['seg.py',", "['seg.py', 'seg.py',"))
    steps = plan(rounds)
    assert [name for name in steps if 'seg' in name][:7] == (
        'train_seg_1 export_seg_1 label_seg_1 train_seg_2 export_seg_2 label_seg_2 train_seg'
    ).split()
    assert 'load_from=work/train_seg_2' in steps['train_seg'].command
    assert steps['export_seg_2'].needs == ('train_seg_2',)


def classes_of(path):
    return {int(value) for value in np.unique(Image.open(path))} - {0, 255}


@pytest.mark.slow
def test_the_rounds_run(rounds, tmp_path):
    work = tmp_path / 'work'
    done = rounds.run(work)
    assert done.returncode == 0, done.stdout + done.stderr
    first = (work / 'train_seg_1' / 'last_checkpoint').read_text()
    assert f'{first}: 164 of 164 weights' in (work / 'logs/train_seg.log').read_text()
    labels = list((work / 'label_seg_1/labels').glob('*.png'))
    masks = rounds.folder / 'data/SegmentationClass'
    assert len(labels) == 12
    for path in labels:  # no class that the image has not
        assert classes_of(path) <= classes_of(masks / path.name)
    assert 'learnt from first on train' in done.stdout
