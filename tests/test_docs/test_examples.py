"""The examples in docstrings give what they say."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / 'ppl_mm'
# These show how to use trained networks and whole data sets, which an example does not have.
NEED_FILES = {
    'CAMExport',
    'CAMInferencer',
    'CAMPseudoLabelDataset',
    'FolderRefinement',
    'ImageLabelDataset',
    'SegInferencer',
    'VOCLayoutDataset',
    'predict_images',
}
MODULES = [
    '.'.join(path.relative_to(PACKAGE.parent).with_suffix('').parts)
    for path in sorted(PACKAGE.rglob('*.py'))
    if '>>> ' in path.read_text(encoding='utf-8')
]


@pytest.mark.parametrize('name', MODULES)
def test_examples_are_right(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = []
    for example in doctest.DocTestFinder(exclude_empty=True).find(import_module(name)):
        if example.name.rpartition('.')[2] not in NEED_FILES:
            doctest.DocTestRunner().run(example, out=said.append)
    assert not said, ''.join(said)


def test_examples_that_do_not_run_exist():
    text = ''.join(path.read_text(encoding='utf-8') for path in PACKAGE.rglob('*.py'))
    assert all(re.search(rf'^(class|def) {name}\b', text, re.MULTILINE) for name in NEED_FILES)
