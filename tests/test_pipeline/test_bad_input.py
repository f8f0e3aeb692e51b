import argparse
import json
from pathlib import Path

import pytest

from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.errors import UserError
from ppl_mm.pipeline import Pipeline, load_settings
from ppl_mm.pipeline.commands import cfg_options
from ppl_mm.utils.config.reading import ConfigOptions


@pytest.fixture
def data(mini):
    root = mini.folder / 'data'
    write_demo_data(root, train=3, val=2, size=48)
    mini.config.write_text(
        mini.config.read_text()
        .replace('make_data = dict', 'seed = dict')
        .replace('seed = 3', 'seed = 0')
    )
    return root


def error_of(mini, tmp_path, **options):
    with pytest.raises(UserError) as caught:
        Pipeline(load_settings(mini.config, options), tmp_path / 'work', mini.root / 'tools')
    assert '\n' not in str(caught.value)
    assert not (tmp_path / 'work').exists()
    return str(caught.value)


def test_whole_data_are_taken(mini, data, tmp_path):
    Pipeline(load_settings(mini.config), tmp_path / 'work', mini.root / 'tools')


def test_data_need_no_list_of_classes(mini, data, tmp_path):
    (data / 'classes.txt').unlink()
    Pipeline(load_settings(mini.config), tmp_path / 'work', mini.root / 'tools')


@pytest.mark.parametrize(
    'options, message',
    [
        ({'data_root': 'nowhere'}, 'nowhere: no such folder'),
        ({'splits.val': 'test'}, 'test.txt: is missing'),
        ({'splits.masked': 'other'}, 'val_00000 is not in'),
        ({'data_root': 'a,b'}, 'a,b: no such folder'),
        (
            {'splits.train': 'val', 'splits.masked': 'some'},
            "train_dataloader.dataset.split='train', but",
        ),
    ],
)
def test_wrong_settings(mini, data, tmp_path, options, message):
    lists = data / 'ImageSets/Segmentation'
    (lists / 'other.txt').write_text('val_00000\n')
    (lists / 'some.txt').write_text('train_00000\n')
    assert message in error_of(mini, tmp_path, **options)


@pytest.mark.parametrize(
    'path, message',
    [
        ('SegmentationClass/train_00001.png', 'no such mask, but splits.'),
        ('SegmentationClass/val_00000.png', 'no such mask, but splits.val'),
        ('ImageSets/Segmentation/train.txt', 'is missing; that folder has val'),
    ],
)
def test_missing_files(mini, data, tmp_path, path, message):
    (data / path).unlink()
    found = error_of(mini, tmp_path)
    assert message in found and path in found


def test_an_empty_split(mini, data, tmp_path):
    (data / 'ImageSets/Segmentation/val.txt').write_text('\n')
    assert 'val.txt: names no image' in error_of(mini, tmp_path)


def test_a_broken_config_of_a_step(mini, data, tmp_path):
    (mini.folder / 'seg.py').write_text('model = dict(')
    assert 'seg.py: cannot be read as a config' in error_of(mini, tmp_path)


def test_unknown_steps(mini, data, tmp_path):
    pipeline = Pipeline(load_settings(mini.config), tmp_path / 'work', mini.root / 'tools')
    for options in (dict(until='train'), dict(only='train')):
        with pytest.raises(
            UserError, match='train: no such step; the steps are train_cam, export_cam'
        ):
            pipeline.run(**options)


@pytest.mark.slow
def test_the_command_refuses_another_runs_folder(mini, tmp_path):
    work_dir = tmp_path / 'work'
    work_dir.mkdir()
    (work_dir / 'pipeline.json').write_text(json.dumps(dict(name='other', seed=0)))
    done = mini.run(work_dir)
    assert done.returncode == 2
    assert done.stderr.startswith(f'error: {work_dir}: holds a pipeline made with other settings')
    assert list(work_dir.iterdir()) == [work_dir / 'pipeline.json']


@pytest.mark.parametrize('name', ['a b', 'a,b', "it's", 'a[b](c)', '{x}', 'a"b', "'a'", 'a\\nb'])
def test_any_folder_can_be_passed_on_to_the_steps(name):
    options = {'load_from': Path('/data') / name, 'train_dataloader.dataset.data_root': name}
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions)
    found = parser.parse_args(cfg_options(options)).cfg_options
    assert found == {key: str(value) for key, value in options.items()}
    assert cfg_options({'a': 3, 'b': [1, 2]}) == ['--cfg-options', 'a=3', 'b=[1, 2]']
