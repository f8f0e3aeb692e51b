"""Labels of images whose classes are known."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

# How much likelier than the background a class is at its likeliest pixel.
_ODDS = 2.0


def label_among(
    logits: Tensor, ids: Sequence[int], background: int | None = None, all_shown: bool = False
) -> Tensor:
    """Return the label of an image whose pixels can only be of some classes.

    A network that has learnt little finds the background likeliest everywhere, also in an image
    that does show a class. With ``all_shown`` the logits of a class are raised until it is twice as
    likely as the background at its likeliest pixel; the odds of its other pixels rise as much. So
    it gets the pixels whose odds are more than half of the best, and a class of which the network
    is sure keeps the label that it has. The factor is our choice: the share of the peak at which
    maps are usually cut.

    Args:
        logits: ``(C, H, W)``.
        ids: Channels that a pixel can be of.
        background: The channel of the background, which is one of ``ids``. Defaults to None: the
            network has none.
        all_shown: Whether the image shows each of the classes. Defaults to False.

    Returns:
        ``(H, W)``, channels of the logits.
    """
    channels = torch.tensor(sorted(ids), device=logits.device)
    some = logits[channels].float()
    if all_shown and background is not None:
        above = some - logits[background]
        missing = math.log(_ODDS) - above.amax(dim=(1, 2), keepdim=True)
        missing[channels == background] = 0.0
        some = some + missing.clamp(min=0.0)
    return channels[some.argmax(dim=0)]
