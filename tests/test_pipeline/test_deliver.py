"""The folder of a network holds what is delivered, and what its user has put there."""

import json

import pytest
import torch

from ppl_mm.pipeline.deliver import deliver_model


@pytest.fixture
def training(tmp_path):
    """Makes the work folder of a training of so many iterations."""

    def make(name, iterations):
        folder = tmp_path / name
        folder.mkdir()
        content = dict(meta={}, state_dict=dict(a=torch.ones(2)), optimizer={})
        torch.save(content, folder / f'iter_{iterations}.pth')
        (folder / f'{name}.py').write_text('model = dict()\n')
        return folder

    return make


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith('.'))


def test_only_what_was_delivered_is_removed(training, tmp_path):
    out = tmp_path / 'model'
    deliver_model(training('quick', 10), out)
    (out / 'mine.py').write_text('print(1)')
    (out / 'mine.pth').write_text('mine')
    deliver_model(training('best', 20), out)
    assert names(out) == ['best.py', 'iter_20.pth', 'mine.pth', 'mine.py']


def test_a_record_that_leads_elsewhere_removes_nothing_there(training, tmp_path):
    out, victim = tmp_path / 'model', tmp_path / 'victim.txt'
    victim.write_text('mine')
    out.mkdir()
    (out / '.model.json').write_text(json.dumps(dict(files=['../victim.txt', str(victim)])))
    deliver_model(training('quick', 10), out)
    assert victim.is_file() and names(out) == ['iter_10.pth', 'quick.py']


def test_a_link_is_replaced_and_not_written_through(training, tmp_path):
    out, victim = tmp_path / 'model', tmp_path / 'victim.py'
    victim.write_text('mine')
    out.mkdir()
    (out / 'quick.py').symlink_to(victim)
    deliver_model(training('quick', 10), out)
    assert victim.read_text() == 'mine' and 'model' in (out / 'quick.py').read_text()
