import shutil

import pytest
import torch
from mmengine.model import BaseTTAModel, MMDistributedDataParallel
from networks import saved
from torch import nn

from ppl_mm.errors import UserError
from ppl_mm.utils.weights.loading import check_checkpoint, resolve_checkpoint


def network(width=4):
    return nn.Sequential(nn.Conv2d(3, width, 1), nn.BatchNorm2d(width))


@pytest.mark.parametrize(
    'pack',
    [
        lambda state: state,
        lambda state: dict(state_dict=state, meta=dict(epoch=3)),
        lambda state: dict(state_dict={f'module.{k}': v for k, v in state.items()}),
        lambda state: dict(state_dict={k: v for k, v in state.items() if 'num_batches' not in k}),
    ],
)
def test_checkpoint_that_fits(tmp_path, pack):
    model = network()
    assert check_checkpoint(model, saved(tmp_path / 'a.pth', pack(model.state_dict()))) is None


def test_wrappers_are_looked_through(tmp_path):

    class Wrapper(BaseTTAModel):
        def __init__(self, module):
            nn.Module.__init__(self)
            self.module = module

        def merge_preds(self, data_samples_list):
            raise NotImplementedError

    class Parallel(MMDistributedDataParallel):
        def __init__(self, module):
            nn.Module.__init__(self)
            self.module = module

    path = saved(tmp_path / 'a.pth', network().state_dict())
    check_checkpoint(Wrapper(network()), path)
    check_checkpoint(Parallel(Wrapper(network())), path)


def test_every_difference_is_named_in_one_line(tmp_path):
    state = network(8).state_dict()
    del state['1.bias']
    state['head.weight'] = torch.zeros(1)
    with pytest.raises(UserError) as caught:
        check_checkpoint(network(), saved(tmp_path / 'a.pth', state))
    message = str(caught.value)
    assert '\n' not in message and 'a.pth' in message
    assert '1 missing (1.bias)' in message
    assert '1 unexpected (head.weight)' in message
    assert '5 of another shape (0.weight (8, 3, 1, 1) instead of (4, 3, 1, 1), ' in message
    assert message.count(' instead of ') == 3


def test_a_part_may_end_earlier_than_the_checkpoint(tmp_path):

    def model(*layers):
        return nn.ModuleDict(
            dict(
                backbone=nn.ModuleDict(
                    {
                        name: nn.Sequential(*[nn.Linear(2, 2) for _ in range(count)])
                        for name, count in layers
                    }
                ),
                head=nn.Linear(2, 2),
            )
        )

    deep = saved(tmp_path / 'a.pth', model(('one', 2), ('two', 1)).state_dict())
    check_checkpoint(model(('one', 2)), deep, whole=False)
    with pytest.raises(UserError, match='2 unexpected'):
        check_checkpoint(model(('one', 2)), deep)
    with pytest.raises(UserError, match='2 unexpected'):  # another depth
        check_checkpoint(model(('one', 1)), deep, whole=False)
    with pytest.raises(UserError, match='2 missing'):
        check_checkpoint(model(('one', 2), ('three', 1)), deep, whole=False)


def noted(folder, number):
    """A work folder as mmengine leaves it: with an absolute path."""
    folder.mkdir()
    path = folder / f'epoch_{number}.pth'
    path.write_bytes(b'weights')
    (folder / 'last_checkpoint').write_text(str(path.absolute()))
    return folder


def test_a_work_folder_that_was_copied_has_its_own_checkpoint(tmp_path):
    old = noted(tmp_path / 'old', 1)
    copy = shutil.copytree(old, tmp_path / 'copy')
    assert resolve_checkpoint(copy) == str(copy / 'epoch_1.pth')
    moved = old.rename(tmp_path / 'moved')
    assert resolve_checkpoint(moved) == str(moved / 'epoch_1.pth')


def test_a_folder_without_a_checkpoint_is_one_line(tmp_path):
    with pytest.raises(UserError, match='no checkpoint is there'):
        resolve_checkpoint(tmp_path)


def test_the_classes_of_a_checkpoint_that_does_not_fit_are_named(tmp_path):
    meta = dict(dataset_meta=dict(classes=('cat', 'cow')))
    path = saved(tmp_path / 'a.pth', dict(state_dict=network(8).state_dict(), meta=meta))
    with pytest.raises(UserError, match=r'data \(OWN_DATA\): the classes were cat, cow; see docs/'):
        check_checkpoint(network(), path)
