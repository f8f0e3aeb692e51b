"""One finding about a data set."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ...utils.text import counted
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


def some(
    level: str, items: Iterable[str], subject: tuple[str, str], text: str, advice: str
) -> Iterator[Finding]:
    """Yield one :class:`Finding` if there are cases.

    ``subject`` is what follows their number, for one and for several, as 'image is' and 'images
    are'; ``text`` is what is said of them.
    """
    items = tuple(items)
    if items:
        yield Finding(level, f'{counted(len(items), *subject)} {text}', advice, items)


error, warning, note = (partial(some, level) for level in LEVELS)
Check = Callable[[DatasetScan], Iterator[Finding]]
