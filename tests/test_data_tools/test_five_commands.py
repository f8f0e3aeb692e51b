"""The commands of docs/own_data.md and the pages behind it, as they stand there."""

import argparse
import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from forked_commands import forget
from mmengine.config import Config, DictAction
from mmengine.registry import DATASETS, MODELS, init_default_scope
from PIL import Image
from test_data_tools.narrow_options import CLASSIFIER, FIRST_ROUND, MAPS, SEGMENTATION, SELF_TRAINED

from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.mask_file import read_mask
from ppl_mm.utils import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / f'docs/{name}.md' for name in ('own_data', 'two_trainings', 'own_masks', 'predict')]
GALLERY = 'work_dirs/own_export/gallery/index.html'


def blocks(language):
    """Code blocks of the pages, backslashes at line ends joined."""
    text = '\n'.join(page.read_text() for page in PAGES)
    found = re.findall(rf'```{language}\n(.*?)```', text, re.DOTALL)
    return [text.replace('\\\n', ' ') for text in found]


def commands():
    """The five commands, after the one that does it all."""
    return [
        shlex.split(line) for line in blocks('bash')[1].splitlines() if not line.startswith('#')
    ]


def fast(words):
    """A command with the additions for its config."""
    flag = [] if '--cfg-options' in words else ['--cfg-options']
    for name, more in (
        ('cls_progressive_own', CLASSIFIER),
        ('cls_first_round_own', FIRST_ROUND),
        ('cls_self_trained_own', SELF_TRAINED),
        ('seg_deeplab_own', SEGMENTATION),
        ('maps_seg_own', MAPS),
    ):
        if f'configs/own/{name}.py' in words:
            return [*words, *flag, *more]
    return words


def test_the_page_has_five_commands_on_files_that_are_there():
    assert len(commands()) == 5
    for words in commands():
        assert words[0] == 'python'
        for path in words[1:]:
            if path.endswith('.py'):
                assert (ROOT / path).is_file(), path


@pytest.fixture
def home(tmp_path, photos, monkeypatch):
    """A folder with the clone's tools and configs, and photos."""
    for name in ('tools', 'configs'):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')  # a tool would leave it behind
    monkeypatch.delenv('OWN_DATA', raising=False)
    return tmp_path


@pytest.fixture
def execute(home, load_tool, monkeypatch, capfd):
    """Runs a command in this process; returns what it printed."""

    def run(words):
        forget()
        torch.manual_seed(0)
        monkeypatch.setattr('sys.argv', words[1:])
        with pytest.raises(SystemExit) as end:
            cli.run(load_tool(Path(words[1]).stem).main)
        out, err = capfd.readouterr()
        assert end.value.code == 0, out + err
        return out

    return run


def text_block(start):
    """The words of the command on the page, of those outside bash blocks."""
    lines = [
        line.partition(' #')[0].strip() for text in blocks('text') for line in text.splitlines()
    ]
    (found,) = (line for line in lines if start in line)
    return shlex.split(found)


def text_lines(start):
    """The commands of the text block that holds a word."""
    (found,) = (text for text in blocks('text') if start in text)
    return [shlex.split(line) for line in found.splitlines()]


@pytest.mark.slow
def test_from_photos_to_masks(home, photos, execute):
    (photos.folder / 'apple/7.jpg').rename(photos.folder / 'nobody_knows.jpg')
    printed = [execute(fast(words)) for words in commands()]
    assert '1 left out' in printed[0]
    assert '\n0 errors' in printed[1] and '\nnext: ' in printed[1]
    dataset = ImageLabelDataset(data_root='data/mine', split='train')
    for sample in map(dataset.get_data_info, range(len(dataset))):
        label = Image.open(
            home / 'work_dirs/own_export/refined/labels' / f'{sample["image_id"]}.png'
        )
        assert label.size == Image.open(sample['img_path']).size
        assert set(np.unique(label)) <= {0, *(k + 1 for k in sample['gt_label'])}
    execute(fast(text_block('--split unlabelled')))
    label = 'work_dirs/own_unlabelled/refined/labels/nobody_knows.png'
    assert Image.open(label).size == (89, 50)
    (photos.folder / 'apple').rename(home / 'new_photos')
    assert execute(text_block('tools/gallery.py')) == f'open {GALLERY}\n'
    refined = (home / GALLERY).parent.glob('layers/refined/*.png')
    assert len(list(refined)) == len(dataset)
    execute(text_block('predict.py new_photos work_dirs/seg_deeplab_own'))
    for photo in (home / 'new_photos').iterdir():
        mask = Image.open(home / f'work_dirs/new_masks/masks/{photo.stem}.png')
        assert mask.mode == 'P' and mask.size == Image.open(photo).size


@pytest.mark.slow
def test_one_class_and_negatives(home, photos, execute):
    """The five commands, then measurements; only apples have masks."""
    for name in ('leaf', 'blue bird'):
        for path in sorted((photos.folder / name).glob('[0-7].jpg')):
            path.rename(photos.folder / f'leaf/{name} {path.name}')
            (photos.masks / name / f'{path.stem}.png').unlink()
    shutil.rmtree(photos.folder / 'blue bird')
    for name in ('cut', 'both too'):
        (photos.folder / f'leaf/{name}.jpg').unlink()
    (photos.folder / 'leaf').rename(photos.folder / '_negative')
    (photos.masks / 'apple/both.png').unlink()  # an apple and a leaf
    (photos.folder / 'apple/both.jpg').unlink()
    convert, check, train, export, segment = map(fast, commands())
    printed = execute([*convert, '--masks', str(photos.masks), '--val-share', '0.3'])
    assert '10 images with a class, 17 without, 0 unlabelled' in printed
    assert 'values in masks: 0=background, 1=apple' in printed
    printed = execute(check)
    assert 'of train and 5 of val show none of the classes' in printed
    assert '\n0 errors' in printed and '\nnext: ' in printed
    execute(train)
    execute([*export, '--threshold-split', 'train'])
    record = json.loads(Path('work_dirs/own_export/export.json').read_text())
    assert record['threshold_from']['negatives_without_mask'] == 12
    dataset = ImageLabelDataset(data_root='data/mine', split='train')
    for sample in map(dataset.get_data_info, range(len(dataset))):
        maps = read_cam(f'work_dirs/own_export/cams/{sample["image_id"]}.npz')
        assert maps.class_ids.tolist() == sample['gt_label']
        label = read_mask(f'work_dirs/own_export/refined/labels/{sample["image_id"]}.png')
        assert sample['gt_label'] or not label.any()
    execute(segment)
    execute(
        fast(
            'python tools/test.py configs/own/seg_deeplab_own.py work_dirs/seg_deeplab_own'.split()
        )
    )
    classifier = 'configs/own/cls_progressive_own.py work_dirs/cls_progressive_own'
    printed = execute(fast(f'python tools/test.py {classifier}'.split()))
    assert 'multi-label/mAP' in printed
    predicted = f'python tools/export_cam.py {classifier} --out-dir work_dirs/none --split val'
    execute([*fast(f'{predicted} --classes predicted'.split()), 'model.head.thr=1.'])
    assert not any(read_cam(path).class_ids.size for path in Path('work_dirs/none/cams').iterdir())


@pytest.mark.slow
def test_two_trainings_end_in_masks_too(home, photos, execute):
    for words in [*commands()[:2], *text_lines('cls_first_round_own')]:
        execute(fast(words))
    labels = home / 'work_dirs/own_first_round/refined/labels'
    made = home / 'work_dirs/own_self_trained/refined/labels'
    names = {path.name for path in labels.iterdir()}
    assert names and names == {path.name for path in made.iterdir()}
    (log,) = (home / 'work_dirs/cls_self_trained_own').glob('*/*.log')
    assert 'loss_label' in log.read_text()
    for words in text_lines('maps_seg_own'):  # and in a second round
        execute(fast(words))
    again = home / 'work_dirs/own_seg/refined/labels'
    assert names == {path.name for path in again.iterdir()}
    (log,) = (home / 'work_dirs/seg_again_own').glob('*/*.log')
    assert '/seg_deeplab_own/iter_4.pth' in log.read_text()


def test_the_configs_count_the_classes_and_the_photos(home, convert, monkeypatch):
    out = convert('--skip-bad')
    before = Config.fromfile('configs/own/cls_cam_own.py')
    assert before.train_cfg.max_epochs == 24  # no data: still a config
    monkeypatch.setenv('OWN_DATA', str(out))
    for name, head, count in (
        ('cls_cam_own', 'head', 3),
        ('cls_progressive_own', 'head', 3),
        ('seg_deeplab_own', 'decode_head', 4),
    ):
        cfg = Config.fromfile(f'configs/own/{name}.py')
        assert cfg.model[head].num_classes == count
        for part in ('train', 'test'):
            assert cfg[f'{part}_dataloader'].dataset.data_root == str(out)
        if head == 'head':
            assert cfg.train_cfg.max_epochs == 60
    assert cfg.pretty_text


@pytest.mark.parametrize('name', ['a b', 'a,b', "it's", 'a[b](c)', 'a"b', 'a\\nb', '{x}'])
def test_a_folder_of_any_name_is_found_by_the_configs(tmp_path, monkeypatch, name):
    root = tmp_path / name
    root.mkdir()
    (root / 'classes.txt').write_text('background\nant\nbee\ncat\n')
    monkeypatch.setenv('OWN_DATA', str(root))
    cfg = Config.fromfile(ROOT / 'configs/own/cls_cam_own.py')
    assert cfg.model.head.num_classes == 3
    cfg.dump(tmp_path / 'dumped.py')  # as a training does
    for found in (cfg, Config.fromfile(tmp_path / 'dumped.py')):
        assert found.train_dataloader.dataset.data_root == str(root)
    assert Config.fromfile(ROOT / 'configs/own/pipeline.py').data_root == str(root)


def test_what_the_page_says_of_configs(home, convert, monkeypatch):
    """A smaller network has these blocks; rare classes are repeated."""
    monkeypatch.setenv('OWN_DATA', str(convert('--skip-bad')))
    smaller = next(text for text in blocks('text') if 'depth=18' in text)
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    cfg = Config.fromfile('configs/own/cls_progressive_own.py')
    cfg.merge_from_dict(parser.parse_args(shlex.split(smaller)).cfg_options)
    init_default_scope('mmpretrain')
    cfg.model.backbone.pop('init_cfg')
    model = MODELS.build(cfg.model)
    for stage in cfg.custom_hooks[0].stages:
        model.neck.set_stage(stage.position, stage.grid)
        assert model(torch.rand(1, 3, 64, 64)).shape == (1, 3)
    rare = home / 'rare.py'
    config = next(text for text in blocks('python') if 'ClassBalancedDataset' in text)
    rare.write_text(config.replace('./cls', f'{ROOT}/configs/own/cls'))
    dataset = DATASETS.build(Config.fromfile(rare).train_dataloader.dataset)
    assert dataset.metainfo['classes'] == ('apple', 'blue bird', 'leaf')
    assert dataset[0]['inputs'].shape == (3, 384, 384)


def test_the_pipeline_finds_its_lists(home, photos, convert, execute, monkeypatch):
    out = convert('--skip-bad', '--masks', photos.masks)
    monkeypatch.setenv('OWN_DATA', str(out))
    printed = execute([*text_block('tools/pipeline.py'), '--dry-run'])
    assert 'train_seg' in printed and str(out) in printed


def test_without_data_a_run_ends_with_one_line(home, load_tool, monkeypatch, capfd):
    monkeypatch.setattr('sys.argv', ['train.py', *fast(commands()[2])[2:]])
    with pytest.raises(SystemExit) as end:
        cli.run(load_tool('train').main)
    assert end.value.code == 2
    assert 'data/mine' in capfd.readouterr().err
