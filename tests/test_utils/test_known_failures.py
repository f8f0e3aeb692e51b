import os
import signal

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from ppl_mm.utils.known_failures import explain_failure


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


def test_memory_errors_of_python():
    assert 'batch_size' in explain_failure(MemoryError())


def test_what_may_be_a_bug_is_not_explained():
    assert explain_failure(RuntimeError('mat1 and mat2 shapes cannot be multiplied')) is None
    assert torch.OutOfMemoryError.__mro__[1] is RuntimeError  # it is caught, too
