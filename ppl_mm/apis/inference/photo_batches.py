"""Batches of views of photos, for a network."""

from collections.abc import Callable, Iterable, Iterator

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

    Args:
        samples: Photos that have been read; they are asked for as they are needed.
        pipeline: Makes the views of one.
        batch_size: The most photos of a batch.
        skip: What to do about a photo that gets no views. Defaults to None: the error is raised.
        **changes: Keys of every sample.

    Raises:
        UserError: If a batch has no photo; later, if a view gets too small.
    """
    if batch_size < 1:
        raise UserError(f'batch_size {batch_size}: give 1 or more')
    changed = ({**sample, **changes} for sample in samples)
    return map(pseudo_collate, _of_equal_size(_views(changed, pipeline, skip), batch_size))


def _views(
    samples: Iterable[dict], pipeline: Callable, skip: Skip | None
) -> Iterator[tuple[Size, dict]]:
    """Yield the size (H, W) of each photo, and its views."""
    for sample in samples:
        try:
            views = _views_of(sample, pipeline)
        except UserError as error:
            if skip is None:
                raise
            skip(error)
            continue
        yield sample['ori_shape'], views


def _views_of(sample: dict, pipeline: Callable) -> dict:
    try:
        return pipeline(dict(sample))
    except (ValueError, cv2.error) as error:
        line = explain_failure(error)
        if not line:
            raise
        raise UserError(f'{sample.get("img_path", "input")}: {line}') from error


def _of_equal_size(views: Iterable[tuple[Size, dict]], batch_size: int) -> Iterator[list[dict]]:
    batch: list[dict] = []
    size: Size | None = None
    for one_size, view in views:
        if batch and (len(batch) == batch_size or one_size != size):
            yield batch
            batch = []
        batch.append(view)
        size = one_size
    if batch:
        yield batch
