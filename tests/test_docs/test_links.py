"""Links between the pages, and to files beside them."""

import posixpath
import re

from ppl_mm.utils.troubleshooting import PAGE, TOPICS

#: [text](target), and images; a title after the target is not used here.
LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')


def slug(heading):
    """The anchor that GitHub makes of a heading."""
    text = re.sub(r'[*`]|\[([^\]]*)\]\([^)]*\)', r'\1', heading).strip().lower()
    return re.sub(r'[^\w\- ]', '', text).replace(' ', '-')


def anchors(text):
    return [slug(line.lstrip('#')) for line in text.splitlines() if re.match(r'#+ ', line)]


def links(text):
    return [target for target in LINK.findall(re.sub(r'`[^`\n]+`', '', text)) if '//' not in target]


def test_every_link_leads_somewhere(pages, root, without_blocks):
    dead = []
    for name, text in pages.items():
        for target in links(without_blocks(text)):
            path, _, anchor = target.partition('#')
            to = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if not (root / to).exists():
                dead.append(f'{name}: {target}: no such file')
            elif anchor and anchor not in anchors(without_blocks(pages.get(to, ''))):
                dead.append(f'{name}: {target}: no such heading')
    assert not dead, '\n'.join(dead)


def test_a_page_has_no_heading_twice(pages, without_blocks):
    """Its second anchor would be another one on GitHub than on the site."""
    for name, text in pages.items():
        if name != 'CHANGELOG.md':  # each version has its Added and Fixed
            found = anchors(without_blocks(text))
            assert len(found) == len(set(found)), name


def test_code_names_pages_and_headings_that_exist(root, pages, without_blocks):
    named = {f'{PAGE}#{anchor}' for anchor in TOPICS.values()}
    for folder in ('ppl_mm', 'tools', 'configs'):
        for path in (root / folder).rglob('*.py'):
            named |= set(re.findall(r'docs/[\w/]+\.md(?:#[\w-]+)?', path.read_text('utf-8')))
    assert len(named) > len(TOPICS) + 5
    for target in sorted(named):
        page, _, anchor = target.partition('#')
        assert page in pages, target
        assert not anchor or anchor in anchors(without_blocks(pages[page])), target


def test_each_part_of_the_page_of_problems_is_a_topic(pages, without_blocks):
    parts = anchors(without_blocks(pages[PAGE]))[1:]  # after its title
    assert sorted(parts) == sorted(TOPICS.values())


def test_the_checks_see_what_is_wrong(without_blocks):
    assert slug("The field's `cls_labels.npy`") == 'the-fields-cls_labelsnpy'
    assert slug('How-to: a [link](x.md), 2 x 2') == 'how-to-a-link-2-x-2'
    assert links('[a](b.md#c) `[x](y)` [d](https://e.f) ![g](h.png)') == ['b.md#c', 'h.png']
    text = '# a\n```sh\n# b\n[c](d)\n```\n\n    [e](f)\n\n- [g](h)\n'
    assert links(without_blocks(text)) == ['h'] and anchors(without_blocks(text)) == ['a']
