import os
import signal

import cv2
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from ppl_mm.utils.troubleshooting import TOPICS, explain_failure, with_help


@pytest.mark.parametrize('topic', TOPICS)
def test_a_line_stays_a_line_and_names_the_heading(topic):
    line = with_help('a.png: is black; lower the threshold', topic)
    assert line.startswith('a.png: is black; lower the threshold; see docs/')
    assert line.endswith(f'#{TOPICS[topic]}') and '\n' not in line


class KilledAtWork(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_of_a_data_loader():
    with pytest.raises(RuntimeError) as error:
        list(DataLoader(KilledAtWork(), num_workers=1))
    line = explain_failure(error.value)
    assert 'worker was killed' in line and 'train_dataloader.num_workers' in line
    assert '\n' not in line


@pytest.mark.parametrize(
    'message, words',
    [
        (
            'DataLoader worker (pid 3) is killed by signal: Bus error. It is possible that '
            "dataloader's workers are out of shared memory.",
            '/dev/shm',
        ),
        ('unable to write to file </torch_12_34>: No space left on device (28)', '/dev/shm'),
        ('unable to allocate shared memory(shm) for file </torch_1>: Success (0)', '/dev/shm'),
        ('DataLoader worker (pid(s) 3, 4) exited unexpectedly', 'worker was killed'),
        ('CUDA out of memory. Tried to allocate 2.00 GiB', 'batch_size'),
        ("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried", 'batch_size'),
    ],
)
def test_what_pytorch_says_of_a_machine_that_is_too_small(message, words):
    line = explain_failure(RuntimeError(message))
    assert words in line and line.endswith('#out-of-memory')


@pytest.mark.parametrize('side', [0, 1])
def test_views_without_room_for_an_image(side):
    image = np.zeros((48, 48, 3), np.uint8)
    with pytest.raises((ValueError, cv2.error)) as error:
        small = cv2.resize(image, (side, side))
        torch.from_numpy(small[:, ::-1].transpose(2, 0, 1))
    assert 'not even 2 pixels wide' in explain_failure(error.value)


def test_memory_errors_of_python():
    assert 'batch_size' in explain_failure(MemoryError())


def test_what_may_be_a_bug_is_not_explained():
    assert explain_failure(RuntimeError('mat1 and mat2 shapes cannot be multiplied')) is None
    assert torch.OutOfMemoryError.__mro__[1] is RuntimeError  # it is caught, too
