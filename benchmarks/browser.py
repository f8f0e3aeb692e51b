"""A headless Chromium, for what is measured and tested in a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ppl_mm.errors import UserError

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
HOW = 'apt-get install chromium; python -m pip install -r requirements/tests.txt'


@contextmanager
def start_browser() -> Iterator[Any]:
    """Yield a browser of Playwright.

    Raises:
        UserError: If Playwright or a Chromium is missing; the line says how to install them.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise UserError(f'no Chromium: {HOW}')
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise UserError(f'no Playwright: {HOW}') from error
    # Chromium refuses its sandbox to root, as in a container.
    options = ['--no-sandbox'] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        try:
            yield browser
        finally:
            browser.close()
