"""One finding about a data set."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .scan import DatasetScan

#: What findings are, the worst first.
LEVELS = ('error', 'warning', 'note')


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or worth to know.

    Args:
        level: 'error', which stops training or measuring; 'warning'; 'note'.
        text: What it is, with the number of cases.
        advice: The way out.
        items: The cases. Defaults to ().
    """

    level: str
    text: str
    advice: str
    items: tuple[str, ...] = ()


def some(level: str, items: Iterable[str], text: str, advice: str) -> Iterator[Finding]:
    """One finding if there are cases; ``{n}`` in the text is how many."""
    items = tuple(items)
    if items:
        yield Finding(level, text.format(n=len(items)), advice, items)


Check = Callable[[DatasetScan], Iterator[Finding]]
