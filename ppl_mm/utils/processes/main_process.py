"""What one process of a distributed run does for all of them."""

from collections.abc import Callable
from typing import TypeVar

from mmengine.dist import broadcast_object_list, is_main_process

from ...errors import UserError

T = TypeVar('T')


def on_main_process(call: Callable[[], T]) -> T:
    """Call a function in the main process only, and return its result in all.

    Every process must call this. An error that a user can fix is raised in all of them, so that
    none waits forever.

    Args:
        call: Takes nothing; its result can be pickled.

    Raises:
        UserError: As raised by the function.
        OSError: As raised by the function.
    """
    outcome: list = [None, None]
    if is_main_process():
        try:
            outcome[0] = call()
        except (UserError, OSError) as error:
            outcome[1] = error
    broadcast_object_list(outcome)
    if outcome[1] is not None:
        raise outcome[1]
    return outcome[0]
