"""Refuse scores that are not numbers before anything is measured with them."""

from collections.abc import Mapping

import torch

from ..errors import UserError

# Where models of mmpretrain, mmseg and this project put what they have computed.
_SCORES = ('pred_score', 'cam', 'seg_logits')


def require_finite(sample: Mapping) -> None:
    """Refuse the prediction for an image with NaN or infinite scores: an argmax would hide them.

    Raises:
        UserError: If a score is not finite.
    """
    for name in _SCORES:
        value = sample.get(name)
        value = value.get('data') if isinstance(value, Mapping) else getattr(value, 'data', value)
        if torch.is_tensor(value) and not value.isfinite().all():
            raise UserError(
                f'{sample.get("img_path")}: the model predicts NaN or infinite scores ({name}); '
                'its training has diverged, or numbers overflow in half precision'
            )
