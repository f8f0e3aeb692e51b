"""The pictures of docs/gallery.md, made of drawn images.

PPL_MM_SCREENSHOTS=docs/images python -m pytest tests/test_gallery/test_screenshots.py
"""

import os
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.browser import start_browser
from benchmarks.gallery import draw_folders
from ppl_mm.errors import UserError
from ppl_mm.gallery import make_gallery

SHOTS = {
    'gallery_images': ('#images', dict(width=1280, height=800), 'light'),
    'gallery_viewer': ('#images?open=drawn+0003', dict(width=1280, height=800), 'dark'),
    'gallery_overview': ('#overview', dict(width=1280, height=800), 'light'),
    'gallery_phone': ('#images', dict(width=390, height=780), 'dark'),
    'gallery_phone_viewer': ('#images?open=drawn+0003', dict(width=390, height=780), 'light'),
}


@pytest.mark.slow
def test_screenshots_for_the_docs(tmp_path, request):
    page = make_gallery(draw_folders(tmp_path / 'made', 36), tmp_path / 'drawn')
    out = tmp_path / 'shots'
    if 'PPL_MM_SCREENSHOTS' in os.environ:
        out = request.config.rootpath / os.environ['PPL_MM_SCREENSHOTS']
    try:
        with start_browser() as browser:
            for name, shot in SHOTS.items():
                take(browser, page, out / f'{name}.jpg', *shot)
    except UserError as error:
        pytest.skip(str(error))
    for name, (_, viewport, _) in SHOTS.items():
        with Image.open(out / f'{name}.jpg') as picture:
            assert picture.size == (viewport['width'], viewport['height'])
            assert len(picture.resize((50, 50)).getcolors(2500)) > 100
        assert (out / f'{name}.jpg').stat().st_size < 200_000


def take(browser, page: Path, path: Path, address, viewport, scheme):
    phone = viewport['width'] < 500
    opened = browser.new_page(
        viewport=viewport, color_scheme=scheme, has_touch=phone, is_mobile=phone
    )
    opened.goto(page.as_uri() + address)
    opened.evaluate('Promise.all([...document.images].map((one) => one.decode().catch(() => 0)))')
    opened.screenshot(path=path, type='jpeg', quality=80)
    opened.close()
