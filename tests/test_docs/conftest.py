"""The pages: every Markdown file and notebook that a reader is shown."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='session')
def root():
    return ROOT


@pytest.fixture(scope='session')
def pages():
    """Text of the pages by their path in the repository; templates are not pages."""
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '*.md', '*.ipynb'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return {
        name: text_of(ROOT / name)
        for name in listed
        if not name.startswith('.github/') and (ROOT / name).is_file()
    }


def text_of(path):
    """A page as Markdown; the code of a notebook is in blocks."""
    text = path.read_text(encoding='utf-8')
    if path.suffix != '.ipynb':
        return text
    forms = dict(markdown='{}\n', code='```python\n{}\n```\n')
    cells = json.loads(text)['cells']
    return '\n'.join(forms[cell['cell_type']].format(''.join(cell['source'])) for cell in cells)


@pytest.fixture(scope='session')
def without_blocks():
    """A page without its fenced and its indented blocks of code."""

    def strip(text):
        text = re.sub(r'^( *)```.*?^\1```', '', text, flags=re.DOTALL | re.MULTILINE)
        return re.sub(r'(?:(?<=\n\n)|\A)(?: {4,}\S.*\n|\n(?= {4}))+', '', text)

    return strip
