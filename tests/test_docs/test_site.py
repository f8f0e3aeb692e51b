"""The website: what its strict build, `make docs`, does not see."""


def test_nothing_is_loaded_from_a_network(root):
    """Material's fonts would be; scripts and styles from elsewhere need an address."""
    text = (root / 'mkdocs.yml').read_text(encoding='utf-8')
    assert 'font: false' in text
    assert '//' not in text


def test_readers_of_the_repository_find_the_pages(pages):
    """README links every page of docs/, but for the API and generated tables."""
    linked = pages['README.md']
    for name in pages:
        if name.startswith('docs/') and name.count('/') == 1:
            assert f']({name})' in linked, name
