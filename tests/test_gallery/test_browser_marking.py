"""Marking images and copying commands: what a person takes from the gallery to the next command."""

import shlex

import pytest

from ppl_mm.gallery.page import render


def saved(page, tmp_path):
    """The list as it is downloaded."""
    with page.expect_download() as found:
        page.locator('#marked-list').click()
    assert found.value.suggested_filename == 'marked.txt'
    found.value.save_as(tmp_path / 'marked.txt')
    return (tmp_path / 'marked.txt').read_text(encoding='utf-8').splitlines()


def marked(page):
    return page.locator('.grid [aria-pressed=true]').count()


def test_the_masks_of_marked_images_are_saved_as_a_list(open_page, gallery, tmp_path):
    page = open_page(gallery, '#images')
    assert page.locator('#marked').is_hidden()
    names = page.locator('.grid .name').all_inner_texts()
    wanted = {'кошка 猫', '<img src=x onerror=alert(1)>', 'space & #hash?x=1%20'}
    for name in wanted:
        item = page.locator('.grid li').nth(names.index(name))
        item.hover()
        item.get_by_role('button', name=f'Mark {name}', exact=True).click()
    assert page.locator('#marked-list').inner_text() == 'Save the list of 3 marked'
    assert set(saved(page, tmp_path)) == {f'{name}.png' for name in wanted}


def test_the_key_marks_in_the_grid_and_in_the_viewer(open_page, gallery, tmp_path):
    page = open_page(gallery, '#images')
    page.locator('.card').nth(1).focus()
    page.keyboard.press('m')
    assert marked(page) == 1
    page.keyboard.press('m')
    assert marked(page) == 0 and page.locator('#marked').is_hidden()
    page.keyboard.press('Enter')
    name = page.locator('#viewer-name')
    name.wait_for()
    page.keyboard.press('m')
    assert page.locator('#viewer-mark button').get_attribute('aria-pressed') == 'true'
    page.keyboard.press('ArrowRight')
    assert page.locator('#viewer-mark button').get_attribute('aria-pressed') == 'false'
    page.keyboard.press('ArrowLeft')
    shown = name.inner_text()
    page.keyboard.press('Escape')
    assert marked(page) == 1 and saved(page, tmp_path) == [f'{shown}.png']


def test_marks_stay_filter_and_go(open_page, gallery):
    page = open_page(gallery, '#images')
    page.locator('.card').first.focus()
    page.keyboard.press('m')
    page.reload()
    assert marked(page) == 1
    page.get_by_role('link', name='Show them').click()
    assert page.locator('.card').count() == 1
    page.locator('#tools [name=marked]').select_option('no')
    assert page.locator('.card').count() == 11
    page.get_by_role('button', name='Unmark all').click()
    page.get_by_role('button', name='Reset').click()
    assert page.locator('.card').count() == 12 and marked(page) == 0
    assert page.locator('#marked').is_hidden()


def test_on_a_phone_a_finger_marks(open_page, gallery):
    page = open_page(gallery, '#images', width=390, has_touch=True, is_mobile=True)
    page.locator('.grid .mark').nth(2).tap()
    assert marked(page) == 1 and not page.locator('#viewer').is_visible()
    assert page.evaluate('document.documentElement.scrollWidth') <= 390


@pytest.mark.parametrize('allowed', [True, False])
def test_a_command_is_copied_or_selected(open_page, gallery, allowed):
    page = open_page(gallery, '#overview')
    written = 'window.copied = text; return Promise.resolve()' if allowed else 'throw new Error()'
    page.evaluate(f'void (navigator.clipboard.writeText = (text) => {{ {written}; }})')
    page.get_by_role('button', name='Copy', exact=True).first.click()
    page.get_by_role('button', name='Copied' if allowed else 'Selected').wait_for()
    command = page.locator('pre.command').first.inner_text()
    found = page.evaluate('window.copied' if allowed else 'getSelection().toString()')
    assert found.strip() == command.strip() and command.startswith('python tools/')


def test_commands_of_steps_are_quoted_for_a_shell():
    words = ['python', 'tools/train.py', "my photo's"]
    run = dict(name='', steps=[dict(title='train', seconds=1, command=words)], seconds=1)
    run |= dict(versions={}, command=None, configs={})
    text = render('gallery/run.html', run=run)
    assert shlex.join(words).replace("'", '&#39;').replace('"', '&#34;') in text


def test_no_mask_in_the_list_is_an_option_of_tar(open_page, gallery, tmp_path):
    page = open_page(gallery, '#images')
    page.evaluate("void (window.gallery.data.images[0].mask = '--to-command=x.png')")
    page.evaluate('window.gallery.marks.toggle(window.gallery.data.images[0])')
    assert saved(page, tmp_path) == ['./--to-command=x.png']
