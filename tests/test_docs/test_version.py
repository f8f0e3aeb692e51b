"""One version: of the package, of the citation and of the changelog."""

import re

from ppl_mm.version import __version__


def test_the_newest_section_of_the_changelog_is_the_version(pages):
    sections = re.findall(r'^## (.+)$', pages['CHANGELOG.md'], re.MULTILINE)
    assert sections[0] == 'Unreleased'
    version, _date = re.fullmatch(r'(\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)', sections[1]).groups()
    assert version == __version__


def test_the_citation_names_it(root):
    text = (root / 'CITATION.cff').read_text(encoding='utf-8')
    assert re.search(r'^version: (.+)$', text, re.MULTILINE)[1] == __version__
