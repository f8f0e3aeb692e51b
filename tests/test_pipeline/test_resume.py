"""What an earlier run has left to do."""

from types import SimpleNamespace

import pytest

from ppl_mm.pipeline.resume import Resume

STEP = SimpleNamespace(name='train', needs=(), can_resume=lambda: True)


@pytest.mark.parametrize(
    'finished, begun, said',
    [
        (None, None, 'to do'),
        (None, 'now', 'to continue'),
        (None, 'before', 'to do'),
        ('now', 'now', 'finished'),
        ('before', 'before', 'to do again, something has changed'),
    ],
)
def test_what_is_said_of_a_step(monkeypatch, finished, begun, said):
    """Of the hashes that were kept when it ended and began, where it is now 'now'."""
    folder = SimpleNamespace(
        finished=lambda step: finished and dict(fingerprint=finished),
        begun=lambda step: begun and dict(fingerprint=begun),
    )
    resume = Resume([STEP], folder, None, {})
    monkeypatch.setattr(resume, 'fingerprint', lambda step: 'now')
    monkeypatch.setattr(resume, 'maps', lambda step: None)
    assert resume.state(STEP, resume.settled()) == said


@pytest.mark.parametrize(
    'record, changed',
    [(dict(fingerprint='before'), 'to do again, something has changed'), (None, 'to do')],
)
def test_an_export_cut_elsewhere_keeps_its_maps(monkeypatch, record, changed):
    """Finished or killed."""
    folder = SimpleNamespace(
        finished=lambda step: record, begun=lambda step: dict(fingerprint='before', maps='same')
    )
    resume = Resume([STEP], folder, None, {})
    monkeypatch.setattr(resume, 'fingerprint', lambda step: 'now')
    monkeypatch.setattr(resume, 'maps', lambda step: 'same')
    assert resume.state(STEP, ()) == 'to cut again, its maps stay'
    assert resume.is_cut(STEP, ()) == (record is not None)  # a killed one may lack maps
    monkeypatch.setattr(resume, 'maps', lambda step: 'other')
    assert resume.state(STEP, ()) == changed and not resume.is_cut(STEP, ())


def test_what_starts_anew_does_not_continue(monkeypatch):
    """A training without a checkpoint, an export without its record."""
    step = SimpleNamespace(name='train', needs=(), can_resume=lambda: False)
    begun = dict(fingerprint='now', maps='same')
    folder = SimpleNamespace(finished=lambda step: None, begun=lambda step: begun)
    resume = Resume([step], folder, None, {})
    monkeypatch.setattr(resume, 'fingerprint', lambda step: 'now')
    monkeypatch.setattr(resume, 'maps', lambda step: 'same')
    assert resume.state(step, ()) == 'to do'


def test_maps_of_a_network_that_will_be_trained_again_are_not_only_cut(monkeypatch):
    export = SimpleNamespace(name='export', needs=('train', 'cut'))
    train, cut = (SimpleNamespace(name=name, needs=(), kind=name) for name in export.needs)
    found = dict(fingerprint='before', maps='same')
    folder = SimpleNamespace(finished=lambda step: found, begun=lambda step: found)
    resume = Resume([train, cut, export], folder, None, {})
    monkeypatch.setattr(resume, 'fingerprint', lambda step: 'now')
    monkeypatch.setattr(resume, 'maps', lambda step: 'same')
    assert resume.is_cut(export, {'train'})
    assert not resume.is_cut(export, {'cut'})


def test_a_step_is_settled_if_all_before_it_are(monkeypatch):
    needs = dict(a=(), b=('a',), c=(), d=('b', 'c'), e=('c',))
    steps = [SimpleNamespace(name=name, needs=before) for name, before in needs.items()]
    folder = SimpleNamespace(finished=lambda step: dict(fingerprint='old' * (step.name == 'a')))
    resume = Resume(steps, folder, None, {})
    monkeypatch.setattr(resume, 'fingerprint', lambda step: '')
    assert [*resume.settled()] == ['c', 'e']
