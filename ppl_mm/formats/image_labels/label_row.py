"""What every reader of image-level labels returns."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ...errors import UserError
from ...utils.text import printable


class LabelRow(NamedTuple):
    """The labels of one image as a file has them.

    Attributes:
        image: Path below the image folder, with or without suffix.
        names: Names of classes; none for a negative, an image that shows none of the classes.
        path: The file.
        place: Line number, or name of the entry; '' where the file is the image's own.
        boxes: The share of the image that the boxes around its objects cover, see
            :func:`.box_share`. Defaults to None: not known.
    """

    image: str
    names: tuple[str, ...]
    path: str | os.PathLike
    place: int | str = ''
    boxes: float | None = None

    @property
    def where(self) -> str:
        """File and line or entry, for messages."""
        if isinstance(self.place, int):
            return f'{self.path} line {self.place}'
        return f'{self.path} {self.place}'.rstrip()


class LabelRows(NamedTuple):
    """The content of a label file.

    Attributes:
        rows: In the order of the file.
        classes: The classes that the file lists, in its order; None if it lists none.
        form: What kind of file it is, as people call it: 'one-hot CSV'.
        by_tail: Whether images may be named by the end of their path, as annotation tools do that
            know photos by folders of their own.
    """

    rows: list[LabelRow]
    classes: tuple[str, ...] | None = None
    form: str = ''
    by_tail: bool = False


@contextmanager
def saying_where(where: object) -> Iterator[None]:
    """Turn a ValueError of :class:`.LabelNames` into a UserError that says where it is."""
    try:
        yield
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f'{printable(where)}: {error}') from None
