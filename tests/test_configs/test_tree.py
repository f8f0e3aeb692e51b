"""The folder configs/: what a reader opens to see a recipe whole, and that nothing stands twice."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / 'configs').glob('[!_]*/*.py'))
FOLDERS = sorted({path.parent.name for path in CONFIGS})
DEPTH, FILES = 3, 4


def bases_of(path):
    """The bases of a config that this repository ships."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == '_base_':
            names = ast.literal_eval(node.value)
            names = [names] if isinstance(names, str) else names
            return [(path.parent / name).resolve() for name in names if '::' not in name]
    return []


def files_of(path):
    """A config and all of its bases, without those of mmengine's packages."""
    return {path}.union(*map(files_of, bases_of(path)))


def depth_of(path):
    return max((1 + depth_of(base) for base in bases_of(path)), default=0)


def body_of(path):
    """What a config says, without comments and its docstring."""
    module = ast.parse(path.read_text())
    if ast.get_docstring(module) is not None:
        module.body = module.body[1:]
    return ast.dump(module)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: f'{path.parent.name}/{path.stem}')
def test_a_config_is_read_from_few_files(path):
    assert depth_of(path) <= DEPTH
    files = files_of(path)
    assert len(files) <= FILES, sorted(str(file.relative_to(ROOT)) for file in files)


def test_every_base_has_a_config_that_uses_it():
    used = {base for path in CONFIGS for base in files_of(path)}
    assert used >= set((ROOT / 'configs/_base_').rglob('*.py'))


@pytest.mark.parametrize('folder', FOLDERS)
def test_no_body_stands_twice(folder):
    seen = {}
    for path in (ROOT / 'configs' / folder).rglob('*.py'):
        other = seen.setdefault(body_of(path), path)
        assert other == path, f'{path.name} says the same as {other.name}'


def test_no_config_only_has_another_name():
    """A file that adds nothing to its base is a second name for it."""
    for path in CONFIGS:
        statements = ast.parse(path.read_text()).body
        values = [one for one in statements if not isinstance(one, ast.Expr)]
        assert len(values) > 1 or not bases_of(path), path


def test_each_name_stands_for_one_config():
    """``mim`` finds a config by its file's name alone, in any folder."""
    names = [path.name for path in CONFIGS if path.name != 'pipeline.py']
    assert len(names) == len(set(names))


def test_each_recipe_is_listed_once():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    listed = [
        model
        for metafile in index['Import']
        for model in yaml.safe_load((ROOT / metafile).read_text())['Models']
    ]
    folders = {Path(metafile).parent.name for metafile in index['Import']}
    recipes = [path for path in CONFIGS if path.parent.name in folders]
    assert sorted(model['Config'] for model in listed) == sorted(
        str(path.relative_to(ROOT)) for path in recipes
    )
    assert [model['Name'] for model in listed] == [Path(model['Config']).stem for model in listed]


@pytest.mark.parametrize('folder', FOLDERS)
def test_the_folder_explains_every_config(folder):
    text = (ROOT / 'configs' / folder / 'README.md').read_text()
    named = set(re.findall(r'`([\w.-]+\.py)`', text))
    assert named >= {path.name for path in CONFIGS if path.parent.name == folder}
    wrong = {name for name in named if not list(ROOT.glob(f'configs/**/{name}'))}
    assert not wrong


def snippets():
    """Configs in the READMEs: how a reader changes a recipe."""
    for folder in FOLDERS:
        text = (ROOT / 'configs' / folder / 'README.md').read_text()
        for block in re.findall(r'```python\n(_base_ = .*?)```', text, re.DOTALL):
            yield pytest.param(folder, block, id=f'{folder}: {block.splitlines()[0]}')


@pytest.mark.parametrize('folder, block', list(snippets()))
def test_a_change_that_a_readme_shows(folder, block, tmp_path):
    """It loads, and what it replaces is replaced."""
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    path = tmp_path / 'mine.py'
    path.write_text(re.sub(r"_base_ = '(\S+)'", rf"_base_ = 'configs/{folder}/\1'", block))
    cfg = Config.fromfile(path)
    dataset = cfg.train_dataloader.dataset
    if 'coco' in block:
        assert {dataset.data_root, cfg.val_dataloader.dataset.data_root} == {'data/coco'}
        assert dataset.metainfo is None and cfg.model.head.num_classes == 80
    elif 'full_masks' in block:
        assert dataset.type == 'ppl_mm.VOCLayoutDataset' and 'label_dir' not in dataset
    else:
        assert cfg.model.neck.type == 'ppl_mm.MixedPatchLearning'
        assert cfg.model.backbone.depth == 50
