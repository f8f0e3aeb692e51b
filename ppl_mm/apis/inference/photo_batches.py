"""Batches of views of photos, for a network."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter

import cv2
from mmengine.dataset import pseudo_collate

from ...errors import UserError
from ...utils.troubleshooting import explain_failure

Size = tuple[int, int]
#: Called where a network cannot take the photo that was asked for last.
Skip = Callable[[UserError], None]


def batches_of(
    samples: Iterable[dict],
    pipeline: Callable,
    batch_size: int,
    skip: Skip | None = None,
    **changes: object,
) -> Iterator[dict]:
    """Return batches of photos that follow each other and have one size.

    Photos that have been read are asked for as they are needed; they get ``changes``. ``skip`` is
    told of one that gets no views; without it the error is raised.

    Raises:
        UserError: If a batch has no photo; later, if a view gets too small.
    """
    if batch_size < 1:
        raise UserError(f'batch_size {batch_size}: give 1 or more')
    views = _views(samples, pipeline, skip, changes)
    return map(pseudo_collate, _of_equal_size(views, batch_size))


def _views(
    samples: Iterable[dict], pipeline: Callable, skip: Skip | None, changes: dict
) -> Iterator[tuple[Size, dict]]:
    """Yield the size (H, W) of each photo, and its views."""
    for sample in samples:
        try:
            views = _views_of({**sample, **changes}, pipeline)
        except UserError as error:
            if skip is None:
                raise
            skip(error)
        else:
            yield sample['ori_shape'], views


def _views_of(sample: dict, pipeline: Callable) -> dict:
    try:
        return pipeline(sample)
    except (ValueError, cv2.error) as error:
        line = explain_failure(error)
        if not line:
            raise
        raise UserError(f'{sample.get("img_path", "input")}: {line}') from error


def _of_equal_size(views: Iterable[tuple[Size, dict]], batch_size: int) -> Iterator[list[dict]]:
    for _, alike in groupby(views, key=itemgetter(0)):
        while batch := [view for _, view in islice(alike, batch_size)]:
            yield batch
