import random
from types import SimpleNamespace

import numpy as np
import torch

from ppl_mm.engine.hooks import ReseedHook


def draw(runner, name='before_train_iter'):
    hook = ReseedHook()
    if name == 'before_train_epoch':
        hook.before_train_epoch(runner)
    else:
        hook.before_train_iter(runner, runner.iter)
    return random.random(), np.random.rand(), torch.rand(1).item()


def test_numbers_depend_on_seed_and_iteration_alone():
    first = draw(SimpleNamespace(seed=3, iter=7))
    torch.rand(5), np.random.rand(5), random.random()
    assert draw(SimpleNamespace(seed=3, iter=7)) == first
    assert draw(SimpleNamespace(seed=3, iter=7), 'before_train_epoch') == first
    others = [draw(SimpleNamespace(seed=s, iter=i)) for s in (3, 4) for i in (7, 8)]
    assert len(set(others)) == 4


def test_processes_draw_different_numbers(monkeypatch):
    runner = SimpleNamespace(seed=3, iter=7)
    first = draw(runner)
    monkeypatch.setattr('ppl_mm.engine.hooks.reseed_hook.get_rank', lambda: 1)
    assert draw(runner) != first
