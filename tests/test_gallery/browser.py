"""Pages in a headless Chromium."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
HOW = 'no Chromium: apt-get install chromium; python -m pip install -r requirements/tests.txt'


@contextmanager
def start_browser() -> Iterator:
    """Yield a browser, or skip the test and say how to get one."""
    sync_api = pytest.importorskip('playwright.sync_api', reason=HOW, exc_type=ImportError)
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(HOW)
    # Chromium refuses its sandbox to root, as in a container.
    options = ['--no-sandbox'] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        try:
            yield browser
        finally:
            browser.close()


class Pages:
    """Opens pages, and keeps what went wrong in them.

    Attributes:
        problems: Errors of the console, of scripts and of files, and dialogs.
    """

    def __init__(self, browser) -> None:
        self.browser, self.problems, self.open_pages = browser, [], []

    def __call__(self, page: Path, address: str = '', width=1280, height=900, **options):
        viewport = dict(width=width, height=height)
        opened = self.browser.new_page(viewport=viewport, **options)
        self.open_pages.append(opened)
        opened.on('console', lambda message: self._note(message.type, message.text))
        opened.on('pageerror', lambda error: self._note('error', str(error)))
        opened.on('requestfailed', lambda request: self._note('error', request.url))
        opened.on('dialog', lambda dialog: self._note('error', dialog.message))
        opened.goto(page.as_uri() + address)
        return opened

    def _note(self, kind: str, text: str) -> None:
        if kind in ('error', 'warning'):
            self.problems.append(text)

    def close(self) -> None:
        for page in self.open_pages:
            page.close()
