import sys

import pytest

from benchmarks.large_images import peak_memory

ALLOCATES = 'import time; values = b"x" * 200_000_000; time.sleep(1)'


def test_memory_is_that_of_a_command_and_of_what_it_starts():
    alone = peak_memory([sys.executable, '-c', ALLOCATES])[1]
    both = f'import subprocess, sys; subprocess.run([sys.executable, "-c", {ALLOCATES!r}])'
    assert 0.2 < alone < 0.3
    assert 0.2 < peak_memory([sys.executable, '-c', both])[1] < 0.3


def test_a_command_that_fails_ends_the_benchmark():
    with pytest.raises(SystemExit, match='broken'):
        peak_memory([sys.executable, '-c', 'raise ValueError("broken")'])


@pytest.mark.slow
def test_every_image_gets_a_mask(run_script):
    assert run_script('large_images', '--images', '3')['figures']['images'] == 6
