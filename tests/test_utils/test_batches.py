import pytest
import torch
from torch.utils.data import DataLoader

from ppl_mm.errors import UserError
from ppl_mm.utils.batches import require_batches


@pytest.mark.parametrize(
    'images, batch, drop_last', [(8, 8, True), (3, 8, False), (9, 8, True), (1, 1, True)]
)
def test_an_epoch_with_a_batch_is_fine(images, batch, drop_last):
    require_batches(DataLoader(torch.zeros(images), batch, drop_last=drop_last))


def test_an_epoch_without_a_batch_is_refused():
    with pytest.raises(UserError, match='3 images .* batch_size=8.*drop_last=False'):
        require_batches(DataLoader(torch.zeros(3), 8, drop_last=True))
