"""Segmentation networks that pad images inside, and what mmseg must know of it."""

import math
from collections.abc import Iterator
from typing import Any

from ...errors import UserError


def check_padding(network: Any) -> None:
    """Refuse a segmentor of mmseg whose maps would be stretched over the image.

    Patch embeddings and mergings pad what they do not divide at the bottom and right. mmseg lays
    the padded logits on the unpadded image, unless its preprocessor has padded the image before:
    that padding it cuts off.

    Raises:
        UserError: The preprocessor does not pad to what the backbone divides.
    """
    backbone = getattr(network, 'backbone', network)
    parts: Iterator[Any] = backbone.modules()
    needed = math.prod(
        max(part.stride)
        for part in parts
        # mmcv, mmpretrain and mmseg have a class of this name each.
        if type(part).__name__ == 'AdaptivePadding' and part.padding == 'corner'
    )
    preprocessor = getattr(network, 'data_preprocessor', None)
    given = (getattr(preprocessor, 'test_cfg', None) or {}).get('size_divisor') or 1
    if given % needed:
        raise UserError(
            f'backbone {type(backbone).__name__}: pads images to multiples of {needed} pixels '
            'and its maps would be stretched; set model.data_preprocessor.test_cfg='
            f'dict(size_divisor={needed})'
        )
