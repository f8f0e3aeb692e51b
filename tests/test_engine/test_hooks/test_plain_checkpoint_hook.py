import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset

from ppl_mm.engine.hooks.plain_checkpoint_hook import to_plain
from ppl_mm.errors import UserError

PLAIN = dict(type='ppl_mm.PlainCheckpointHook')


class ToyData(Dataset):
    metainfo = dict(classes=('cat', 'cow'), palette=np.eye(2))

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return torch.full((2,), float(index))


class ToyModel(BaseModel):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 1)

    def forward(self, inputs, mode='tensor'):
        out = self.linear(torch.stack(list(inputs)))
        return dict(loss=out.square().mean()) if mode == 'loss' else out


class InfoHook(Hook):
    """Puts values of numpy where a checkpoint keeps them."""

    def after_train_epoch(self, runner):
        runner.message_hub.update_info('best_score', np.float64(0.25))
        runner.message_hub.update_info('best_per_class', np.arange(2))


def train(work_dir, epochs, hooks, resume=False):
    runner = Runner(
        ToyModel(),
        work_dir=str(work_dir),
        resume=resume,
        train_dataloader=dict(
            dataset=ToyData(),
            batch_size=1,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
        ),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01, momentum=0.9)),
        param_scheduler=dict(type='MultiStepLR', milestones=[1, 5]),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        custom_hooks=[InfoHook(), *hooks],
        default_scope='mmengine',
        experiment_name=f'{Path(work_dir).name}_{epochs}_{resume}',
    )
    runner.train()
    return runner


def load_elsewhere(path):
    """Load in a process that knows torch, but neither mmengine nor ppl_mm."""
    code = (
        'import sys, torch\n'
        f'c = torch.load({str(path)!r}, weights_only=True)\n'
        'print(sorted(c), "mmengine" in sys.modules)'
    )
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)


def test_checkpoint_loads_without_us_and_resumes(tmp_path):
    first = train(tmp_path, 1, [PLAIN])
    loss, counts = first.message_hub.get_scalar('train/loss').data

    done = load_elsewhere(tmp_path / 'epoch_1.pth')
    assert done.returncode == 0, done.stderr
    assert 'state_dict' in done.stdout and 'False' in done.stdout

    second = train(tmp_path, 2, [PLAIN], resume=True)
    buffer = second.message_hub.get_scalar('train/loss')
    assert isinstance(buffer, HistoryBuffer)
    resumed_loss, resumed_counts = buffer.data
    assert len(resumed_loss) == 6
    np.testing.assert_array_equal(resumed_loss[:3], loss)
    np.testing.assert_array_equal(resumed_counts[:3], counts)
    assert resumed_loss.dtype == loss.dtype
    assert buffer.statistics('mean', 2) == buffer.mean(2)
    assert second.message_hub.get_info('best_score') == 0.25


def test_without_the_hook_it_does_not_load(tmp_path):
    train(tmp_path, 1, [])
    done = load_elsewhere(tmp_path / 'epoch_1.pth')
    assert done.returncode == 1 and 'not an allowed' in done.stderr


@pytest.mark.parametrize('missing', ['meta', 'message_hub', 'optimizer'])
def test_a_file_of_weights_alone_cannot_be_resumed(tmp_path, missing):
    train(tmp_path, 1, [PLAIN])
    saved = torch.load(tmp_path / 'epoch_1.pth')
    del saved[missing]
    torch.save(saved, tmp_path / 'epoch_1.pth')
    with pytest.raises(
        UserError, match=rf'{tmp_path.name}.*: cannot .* weights only \(no {missing}\)'
    ):
        train(tmp_path, 2, [PLAIN], resume=True)


@pytest.mark.parametrize('epoch', ['three', -1, None, True])
def test_a_checkpoint_that_does_not_say_how_far_it_was_cannot_be_resumed(tmp_path, epoch):
    train(tmp_path, 1, [PLAIN])
    saved = torch.load(tmp_path / 'epoch_1.pth')
    saved['meta']['epoch'] = epoch
    torch.save(saved, tmp_path / 'epoch_1.pth')
    with pytest.raises(UserError, match=rf'cannot be resumed, its meta\.epoch is {epoch!r}; start'):
        train(tmp_path, 2, [PLAIN], resume=True)


def test_links_are_replaced_and_what_they_lead_to_is_left_alone(tmp_path):
    theirs = tmp_path / 'theirs'
    theirs.write_text('precious')
    work = tmp_path / 'work'
    work.mkdir()
    for name in ('epoch_1.pth', 'last_checkpoint'):
        (work / name).symlink_to(theirs)
    train(work, 1, [PLAIN])
    assert theirs.read_text() == 'precious'
    assert not (work / 'epoch_1.pth').is_symlink()
    assert (work / 'last_checkpoint').read_text().endswith('epoch_1.pth')


def test_a_checkpoint_is_whole_or_not_there(tmp_path, monkeypatch):
    """An error while it is written leaves the one that was there."""
    train(tmp_path, 1, [PLAIN])
    before = (tmp_path / 'epoch_1.pth').read_bytes()
    monkeypatch.setattr('os.replace', lambda *names: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(tmp_path, 1, [PLAIN])
    assert (tmp_path / 'epoch_1.pth').read_bytes() == before
    assert not list(tmp_path.glob('.epoch_1*'))


def test_live_history_is_left_alone(tmp_path):
    runner = train(tmp_path, 1, [PLAIN])
    scalars = runner.message_hub.log_scalars
    assert scalars and all(isinstance(value, HistoryBuffer) for value in scalars.values())


def test_checkpoint_of_a_run_without_the_hook_resumes_with_it(tmp_path):
    train(tmp_path, 1, [])
    runner = train(tmp_path, 2, [PLAIN], resume=True)
    assert len(runner.message_hub.get_scalar('train/loss').data[0]) == 6


Point = namedtuple('Point', 'x y')


@pytest.mark.parametrize(
    'value, plain',
    [
        (np.float32(0.5), 0.5),
        (np.array([[1, 2]]), [[1, 2]]),
        (ConfigDict(a=[np.int64(1)]), {'a': [1]}),
        (Point(1, np.bool_(True)), (1, True)),
        (Path('a/b'), 'a/b'),
        ('text', 'text'),
        (None, None),
    ],
)
def test_to_plain(value, plain):
    result = to_plain(value)
    assert result == plain and type(result) is type(plain)


def test_to_plain_keeps_tensors_and_copies_containers():
    tensor, inner = torch.ones(1), [1]
    result = to_plain({'t': tensor, 'l': inner})
    assert result['t'] is tensor and result['l'] is not inner
