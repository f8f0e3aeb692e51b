import re

import pytest

from benchmarks.browser import HOW

SCRIPT, QUOTED = '<script>alert(1)</script>', '"quoted" & \'single\''
PAGES = ('#overview', '#images', '#classes', '#classes?class=cat', '#run', '#images?open=val+1')


def names(page):
    return page.locator('.grid .name').all_inner_texts()


def status(page):
    return page.locator('#status').inner_text()


def choose(page, name, value):
    page.locator(f'#tools [name={name}]').select_option(value)


def opacity(page, where):
    return float(page.locator(where).first.evaluate('(node) => getComputedStyle(node).opacity'))


@pytest.mark.parametrize('address', PAGES)
@pytest.mark.parametrize('width', [390, 1280])
def test_pages_open_without_errors_and_never_scroll_sideways(open_page, gallery, address, width):
    page = open_page(gallery, address, width=width, height=844)
    page.wait_for_load_state('networkidle')
    assert page.locator('.page:visible').count() == 1
    assert page.evaluate('document.documentElement.scrollWidth') <= width
    wide = page.evaluate(
        'innerWidth => [...document.querySelectorAll("dialog[open] .side")].filter('
        'node => node.scrollWidth > node.clientWidth).length',
        width,
    )
    assert wide == 0


def test_names_are_shown_as_they_are(open_page, gallery):
    page = open_page(gallery, '#images')
    assert {'<img src=x onerror=alert(1)>', 'a "quote" \'and\' more', 'кошка 猫'} < set(names(page))
    assert SCRIPT in page.locator('#legend').inner_text()
    loaded = page.locator('.grid img').evaluate_all(
        'async (all) => { await Promise.all(all.map((one) => one.decode())); '
        'return all.map((one) => one.naturalWidth); }'
    )
    assert loaded and all(loaded)


@pytest.mark.parametrize('name', ['cat', SCRIPT, QUOTED, 'кошка 猫'])
def test_filter_by_class(open_page, gallery, name):
    page = open_page(gallery, '#images')
    choose(page, 'class', name)
    shown = names(page)
    assert 2 <= len(shown) < 12 and status(page) == f'{len(shown)} of 12 images'
    for text in shown:
        page.locator('.card', has=page.get_by_text(text, exact=True)).first.click()
        facts = page.locator('#facts').inner_text()
        assert name in facts and not {'null', 'undefined', 'NaN'} & set(facts.split())
        page.keyboard.press('Escape')


def test_filters_by_split_labels_findings_and_names(open_page, gallery):
    page = open_page(gallery, '#images')
    choose(page, 'split', 'val')
    assert names(page) == ['val 1', 'val 2']
    page.get_by_role('button', name='Reset').click()
    assert status(page) == '12 images'
    choose(page, 'labelled', 'negative')
    assert names(page) == ['negative']
    choose(page, 'labelled', 'unknown')
    assert names(page) == ['not labelled']
    choose(page, 'labelled', '')
    choose(page, 'finding', 'flooded')
    assert names(page) == ['flooded']
    choose(page, 'class', 'cat')
    choose(page, 'split', 'unlabelled')
    assert names(page) == [] and page.locator('#nothing').is_visible()
    page.get_by_role('button', name='Reset').click()
    page.locator('#tools [name=name]').fill('PHOTO')
    assert names(page) == ['photo 2', 'photo 10']


def test_sorting(open_page, gallery):
    page = open_page(gallery, '#images')
    first = names(page)
    assert first.index('photo 2') < first.index('photo 10')
    choose(page, 'order', 'down')
    assert names(page) == first[::-1]
    choose(page, 'sort', 'coverage')
    assert names(page)[0] == 'flooded' and names(page)[-1] == 'not labelled'
    covered = [
        int(text.split()[0]) for text in page.locator('.under').all_inner_texts() if '%' in text
    ]
    assert covered == sorted(covered, reverse=True)
    choose(page, 'sort', 'iou-refined')
    choose(page, 'order', 'up')
    assert names(page)[0] == 'flooded'
    choose(page, 'sort', 'agree-label')
    assert set(names(page)) == set(first)


def test_the_slider_blends(open_page, gallery):
    page = open_page(gallery, '#images')
    assert opacity(page, '.grid .over') == pytest.approx(0.6)
    page.locator('#tools [name=blend]').fill('0')
    assert opacity(page, '.grid .over') == 0
    page.locator('.card').first.click()
    page.locator('#viewer-blend').fill('85')
    assert opacity(page, '#picture .over') == pytest.approx(0.85)
    page.keyboard.press('Escape')
    page.mouse.move(0, 0)
    assert opacity(page, '.grid .over') == pytest.approx(0.85)


def test_keys(open_page, gallery):
    page = open_page(gallery, '#images')
    order = names(page)
    page.locator('.card').nth(1).press('Enter')
    name = page.locator('#viewer-name')
    name.wait_for()
    assert name.inner_text() == order[1]
    page.keyboard.press('ArrowRight')
    assert name.inner_text() == order[2]
    for _ in range(3):
        page.keyboard.press('ArrowLeft')
    assert name.inner_text() == order[-1]  # round from the first
    page.keyboard.press('ArrowRight')
    for key, layer in (('1', 'cam'), ('2', 'label'), ('3', 'refined'), ('4', 'prediction')):
        page.keyboard.press(key)
        assert f'layers/{layer}/' in page.locator('#picture .over').get_attribute('src')
    page.keyboard.press('0')
    assert page.locator('#picture .over').count() == 0
    page.keyboard.press('3')
    page.keyboard.press('Space')
    assert page.locator('#picture .over').count() == 0
    page.keyboard.press('Space')
    assert 'refined' in page.locator('#picture .over').get_attribute('src')
    page.keyboard.press('ArrowUp')
    assert opacity(page, '#picture .over') == pytest.approx(0.7)
    shown = name.inner_text()
    page.keyboard.press('Escape')
    assert not page.locator('#viewer').is_visible()
    assert page.evaluate('document.activeElement.innerText').startswith(shown)


def test_arrow_keys_go_through_the_grid(open_page, gallery):
    page = open_page(gallery, '#images')
    order = names(page)
    focused = 'document.activeElement.querySelector(".name").innerText'
    page.locator('.card').first.focus()
    page.keyboard.press('ArrowRight')
    assert page.evaluate(focused) == order[1]
    page.keyboard.press('End')
    assert page.evaluate(focused) == order[-1]
    page.keyboard.press('Home')
    page.keyboard.press('ArrowDown')
    columns = page.evaluate(
        'new Set([...document.querySelectorAll(".grid li")].map((one) => '
        'Math.round(one.getBoundingClientRect().left))).size'
    )
    assert page.evaluate(focused) == order[columns]


def test_the_address_brings_the_page_back(open_page, gallery):
    page = open_page(gallery, '#images')
    choose(page, 'class', QUOTED)
    choose(page, 'show', 'cam')
    page.locator('.card').nth(1).click()
    name, address = page.locator('#viewer-name').inner_text(), page.url
    again = open_page(gallery, address[address.index('#') :])
    assert again.locator('#viewer-name').inner_text() == name
    assert '/cam/' in again.locator('#picture .over').get_attribute('src')
    page.go_back()
    assert not page.locator('#viewer').is_visible()
    assert page.locator('#tools [name=class]').input_value() == QUOTED


def test_what_looks_wrong_leads_to_the_images(open_page, gallery):
    page = open_page(gallery)
    page.get_by_role('link', name=re.compile('1 image has a pseudo-label that covers')).click()
    assert names(page) == ['flooded']


def test_the_page_of_a_class(open_page, gallery):
    page = open_page(gallery, '#classes')
    page.locator('#class-pages table').get_by_role('link', name=SCRIPT).click()
    assert page.locator('#class-pages h3').inner_text() == SCRIPT
    assert page.locator('.bins rect').count() == 20
    cards = page.locator('.sheet .card')
    assert cards.count() == 3
    cards.first.click()
    assert page.locator('#viewer').is_visible()
    assert SCRIPT in page.locator('#facts').inner_text()


@pytest.mark.parametrize('address', PAGES)
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_axe_finds_no_barrier(open_page, gallery, address, scheme):
    pytest.importorskip('axe_playwright_python', reason=HOW)
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(gallery, address, color_scheme=scheme)
    found = Axe().run(page, options=dict(preload=False)).response['violations']
    assert [(one['id'], one['nodes'][0]['html'][:200]) for one in found] == []


def test_without_scripts_the_numbers_are_there(browser, gallery):
    page = browser.new_page(java_script_enabled=False)
    page.goto(gallery.as_uri())
    assert page.get_by_role('heading', name='Scores by class').is_visible()
    assert 'off in this browser' in page.locator('noscript').inner_text()
    page.close()
