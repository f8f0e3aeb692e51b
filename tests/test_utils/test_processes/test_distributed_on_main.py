import os
import subprocess
import sys

import pytest

from ppl_mm.errors import UserError
from ppl_mm.utils.processes.distributed import on_main_process

RANK = """
import sys
from torch import distributed
from ppl_mm.errors import UserError
from ppl_mm.utils.processes.distributed import on_main_process

rank, group = int(sys.argv[1]), sys.argv[2]
distributed.init_process_group('gloo', init_method=f'file://{group}', rank=rank, world_size=2)
print(on_main_process(lambda: rank + 10))


def fails():
    raise UserError(f'line of {rank}')


try:
    on_main_process(fails)
except UserError as error:
    print(error, flush=True)
distributed.barrier()
distributed.destroy_process_group()
"""


def test_one_process_calls_it_itself():
    assert on_main_process(lambda: 3) == 3
    for kind in (UserError, OSError, ValueError):
        with pytest.raises(kind, match='why'):
            on_main_process(lambda kind=kind: (_ for _ in ()).throw(kind('why')))


@pytest.mark.slow
def test_two_processes_have_the_result_and_the_error_of_the_first(tmp_path):
    ranks = [
        subprocess.Popen(
            [sys.executable, '-c', RANK, str(rank), tmp_path / 'group'],
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ, OMP_NUM_THREADS='1'),
        )
        for rank in range(2)
    ]
    printed = [rank.communicate(timeout=120)[0] for rank in ranks]
    assert printed == ['10\nline of 0\n'] * 2
