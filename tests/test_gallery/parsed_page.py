"""A page of HTML as tests look at it."""

from html.parser import HTMLParser

VOID = ('br', 'img', 'input', 'link', 'meta')


class ParsedPage(HTMLParser):
    """The elements of a page, each of which must end.

    Attributes:
        tags: Each element with its attributes.
        texts: What is written in the elements of a tag.
        widths: The columns of each row of its tables.
    """

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.widths, self._open = [], {}, [], []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == 'tr':
            self.widths.append(0)
        if tag in ('td', 'th'):
            self.widths[-1] += int(dict(attrs).get('colspan', 1))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and data.strip():
            self.texts.setdefault(self._open[-1], []).append(data)
