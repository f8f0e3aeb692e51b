"""Where an error or a warning sends its reader for more."""

PAGE = 'docs/troubleshooting.md'
#: Headings of the page, as anchors, by a short name.
TOPICS = {
    'flooded': 'masks-flood-the-background',
    'narrow': 'masks-show-only-heads-and-wheels',
    'wrong thing': 'masks-cover-the-wrong-thing',
    'black': 'labels-are-black',
    'nowhere': 'a-class-is-nowhere',
    'threshold': 'which-threshold',
    'negatives': 'images-without-any-class',
    'memory': 'out-of-memory',
    'versions': 'versions-do-not-fit',
    'checkpoint': 'a-checkpoint-is-refused',
    'numbers': 'numbers-are-not-reproduced',
}


def with_help(line: str, topic: str) -> str:
    """Return a line of an error or a warning, and where the page helps, by a key of `TOPICS`.

    Examples:
        >>> with_help('labels are void; ignore less', 'black')
        'labels are void; ignore less; see docs/troubleshooting.md#labels-are-black'
    """
    return f'{line}; see {PAGE}#{TOPICS[topic]}'
