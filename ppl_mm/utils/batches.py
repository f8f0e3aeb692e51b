"""Check the batches of an epoch."""

from typing import Any

from torch.utils.data import DataLoader

from ..errors import UserError


def require_batches(loader: DataLoader) -> None:
    """Refuse an epoch without a batch, which would train nothing."""
    if not loader.drop_last or len(loader):
        return
    sampler: Any = getattr(loader.batch_sampler, 'sampler', loader.sampler)
    raise UserError(
        f'train_dataloader: {len(sampler)} images in a process are fewer than '
        f'batch_size={loader.batch_size}, and drop_last=True drops them; lower batch_size, or '
        'set drop_last=False'
    )
