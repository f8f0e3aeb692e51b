"""The pages: every Markdown file that a reader is shown."""

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
    """Markdown files by their path in the repository; templates are no pages."""
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return {
        name: (ROOT / name).read_text(encoding='utf-8')
        for name in listed
        if not name.startswith('.github/') and (ROOT / name).is_file()
    }


@pytest.fixture(scope='session')
def without_blocks():
    """A page without its fenced and its indented blocks of code."""

    def strip(text):
        text = re.sub(r'^( *)```.*?^\1```', '', text, flags=re.DOTALL | re.MULTILINE)
        return re.sub(r'(?:(?<=\n\n)|\A)(?: {4,}\S.*\n|\n(?= {4}))+', '', text)

    return strip
