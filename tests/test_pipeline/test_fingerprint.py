"""What makes a step be done again, and what does not."""

import shutil
from pathlib import Path

import pytest

from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.pipeline import fingerprint, load_settings
from ppl_mm.pipeline.plan import make_plan


@pytest.fixture
def settings(mini):
    root = mini.folder / 'data'
    write_demo_data(root, train=3, val=2, size=48)
    return load_settings(mini.config)


def move_into_folders(root):
    """The same images below folders, as of MS COCO; the name of one."""
    for name in ('train', 'val'):
        path = root / f'ImageSets/Segmentation/{name}.txt'
        stems = path.read_text().split()
        for stem in stems:
            for folder, suffix in (('JPEGImages', '.jpg'), ('SegmentationClass', '.png')):
                inside = root / folder / name
                inside.mkdir(exist_ok=True)
                (root / folder / f'{stem}{suffix}').rename(inside / f'{stem}{suffix}')
        path.write_text(''.join(f'{name}/{stem}\n' for stem in stems))
    return f'val/{stems[0]}'


@pytest.mark.parametrize(
    'name',
    (
        'JPEGImages/{}.jpg SegmentationClass/{}.png Annotations/{}.xml image_labels.json '
        'classes.txt'
    ).split(),
)
def test_files_of_the_data_count_in_folders_too(settings, name):
    root = settings.data_root
    path = root / name.format(move_into_folders(root))
    before = fingerprint.of_data(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, 'ab') as file:
        file.write(b'x')
    assert fingerprint.of_data(settings) != before


def test_what_no_split_lists_does_not_count(settings):
    before = fingerprint.of_data(settings)
    folder = settings.data_root / 'JPEGImages'
    (folder / '.DS_Store').write_bytes(b'finder')
    (folder / 'dangling.jpg').symlink_to('nowhere')
    assert fingerprint.of_data(settings) == before


def fingerprints(config):
    steps = make_plan(load_settings(config), Path('work'), Path('tools'))
    places = dict(WORK_DIR=Path('work'), TOOLS=Path('tools'))
    return {step.name: fingerprint.of_step(step, places, 'data', {}) for step in steps}


def test_a_config_counts_by_what_it_says_not_by_its_path(settings, mini, tmp_path):
    here = fingerprints(mini.config)
    spelled = mini.folder / '..' / mini.folder.name / mini.config.name
    assert fingerprints(spelled) == here
    text = (mini.folder / 'affinity.py').read_text()
    (mini.folder / 'affinity.py').write_text(f'{text}seed = 1\n')
    changed = {name for name, value in fingerprints(mini.config).items() if value != here[name]}
    assert changed == {'train_affinity', 'refine', 'refine_val'}


def test_another_place_of_the_configs_is_the_same_run(settings, mini, tmp_path):
    here = fingerprints(mini.config)
    moved = shutil.copytree(mini.folder, tmp_path / 'moved')
    assert fingerprints(moved / mini.config.name) == here
