"""Looking closely: the size of the grid, the photo alone, zooming, swiping."""

import pytest

BOX = (
    '(node) => { const box = node.getBoundingClientRect(); return [box.left, box.top, box.width]; }'
)
SWIPE = """([across, down]) => {
    const stage = document.getElementById('stage');
    const at = (x, y) => new Touch({ identifier: 1, target: stage, clientX: x, clientY: y });
    const send = (kind, one, list) => stage.dispatchEvent(
        new TouchEvent(kind, { touches: list, changedTouches: [one], bubbles: true }));
    send('touchstart', at(200, 200), [at(200, 200)]);
    send('touchend', at(200 + across, 200 + down), []);
}"""


def width(page, where):
    return page.locator(where).first.evaluate(BOX)[2]


def name(page):
    return page.locator('#viewer-name').inner_text()


@pytest.mark.parametrize('screen', [390, 1280])
def test_the_size_of_the_grid(open_page, gallery, screen):
    page = open_page(gallery, '#images', width=screen)
    before = width(page, '.card')
    if screen < 500:  # closed on a phone
        page.locator('#filters summary').click()
    page.locator('#tools [name=side]').fill('408')
    assert width(page, '.card') > 1.4 * before
    assert 'photos/' in page.locator('.card img').first.get_attribute('src')  # sharp
    assert page.evaluate('document.documentElement.scrollWidth') <= screen
    page.locator('.card').first.click()
    page.keyboard.press('Escape')
    assert width(page, '.card') > 1.4 * before  # the address remembers it


def test_pointing_at_an_image_shows_the_photo_alone(open_page, gallery):
    page = open_page(gallery, '#images')
    opacity = '(node) => getComputedStyle(node).opacity'
    over = page.locator('.card .over').first
    assert over.evaluate(opacity) == '0.6'
    page.locator('.card').first.hover()
    assert over.evaluate(opacity) == '0'


def test_a_slash_searches_and_nothing_found_leads_back(open_page, gallery):
    page = open_page(gallery, '#images')
    page.keyboard.press('/')
    page.keyboard.type('no such name/')
    assert page.locator('#nothing').is_visible()
    assert page.locator('#filters summary').inner_text() == 'Filter and sort (1 set)' or (
        not page.locator('#filters summary').is_visible()
    )
    page.get_by_role('button', name='Show all images').click()
    assert page.locator('.card').count() == 12 and page.locator('#nothing').is_hidden()


def test_zooming(open_page, gallery):
    page = open_page(gallery, '#images?open=val+1')
    picture = page.locator('#picture .stack')
    left, top, before = picture.evaluate(BOX)
    page.keyboard.press('+')
    assert width(page, '#picture .stack') == pytest.approx(1.5 * before, rel=0.01)
    page.keyboard.press('2')  # another layer of the same part
    assert width(page, '#picture .stack') == pytest.approx(1.5 * before, rel=0.01)
    page.keyboard.press('-')
    assert picture.evaluate(BOX) == pytest.approx([left, top, before], abs=1)
    page.mouse.move(left + before / 4, top + 10)
    page.mouse.wheel(0, -400)
    page.wait_for_function('document.getElementById("stage").classList.contains("zoomed")')
    now = picture.evaluate(BOX)
    assert now[2] == pytest.approx(2.718 * before, rel=0.02)
    assert now[0] + now[2] / 4 == pytest.approx(left + before / 4, abs=2)  # what is under it stays
    page.mouse.down()
    page.mouse.move(left + before / 4 - 40, top + 10)
    page.mouse.up()
    assert picture.evaluate(BOX)[0] == pytest.approx(now[0] - 40, abs=2)
    page.keyboard.press('ArrowRight')  # a new image is seen whole
    assert page.evaluate('document.querySelectorAll(".zoomed").length') == 0


def test_a_double_click_zooms_and_back(open_page, gallery):
    page = open_page(gallery, '#images?open=val+1')
    before = width(page, '#picture .stack')
    page.locator('#picture').dblclick()
    assert width(page, '#picture .stack') == pytest.approx(3 * before, rel=0.01)
    page.locator('#picture').dblclick()
    assert width(page, '#picture .stack') == pytest.approx(before, rel=0.01)


def test_swiping_on_a_phone(open_page, gallery):
    page = open_page(gallery, '#images?open=val+1', width=390, has_touch=True)
    first = name(page)
    page.evaluate(SWIPE, [-120, 10])
    second = name(page)
    assert second != first
    page.evaluate(SWIPE, [120, 10])
    assert name(page) == first
    page.evaluate(SWIPE, [-60, 200])  # scrolling is no swipe
    assert name(page) == first
