import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ppl_mm.errors import UserError
from ppl_mm.pipeline import work_folder
from ppl_mm.pipeline.step import Step
from ppl_mm.pipeline.work_folder import WorkFolder
from ppl_mm.utils.weights.last_checkpoint import last_checkpoint


@pytest.fixture
def folder(tmp_path):
    return WorkFolder(tmp_path / 'work', dict(name='a', seed=0), {})


@pytest.fixture
def step(folder):
    place = folder.path / 'train'
    return Step(
        name='train', title='train', command=['x'], outputs=(place,), folder=place, kind='train'
    )


def save_checkpoint(step, name='epoch_1.pth'):
    step.folder.mkdir(parents=True, exist_ok=True)
    (step.folder / name).write_bytes(b'weights')
    (step.folder / 'last_checkpoint').write_text(f'/once/here/{name}')


def test_its_own_folder_is_taken_again(folder):
    folder.claim().close()
    folder.claim().close()
    found = json.loads((folder.path / 'pipeline.json').read_text())
    assert found == dict(name='a', seed=0)


def test_another_runs_folder_is_refused(folder):
    folder.claim().close()
    other = WorkFolder(folder.path, dict(name='a', seed=1), {})
    with pytest.raises(UserError, match='seed 0 there, 1 here'):
        other.claim()


def test_one_run_at_a_time(folder, monkeypatch):
    monkeypatch.setattr(work_folder, '_PATIENCE', 0.3)
    with folder.claim(), pytest.raises(UserError, match='another run is at work'):
        folder.claim()
    folder.claim().close()


def test_a_finished_step_is_remembered_while_its_files_are_there(folder, step):
    assert folder.finished(step) is None
    assert folder.begin(step, 'abc') is False
    save_checkpoint(step)
    assert folder.finished(step) is None
    folder.finish(step, 'result', 2.0)
    record = folder.finished(step)
    assert record['fingerprint'] == 'abc' and record['result'] == 'result'
    assert record['seconds'] == pytest.approx(2, abs=0.1)
    (step.folder / 'epoch_1.pth').unlink()
    assert folder.finished(step) is None


def test_an_interrupted_step_goes_on(folder, step):
    folder.begin(step, 'abc')
    save_checkpoint(step)
    assert folder.begin(step, 'abc') is True
    assert last_checkpoint(step.folder).name == 'epoch_1.pth'


def test_its_earlier_time_counts(folder, step):
    folder.begin(step, 'abc')
    save_checkpoint(step)
    log = folder.log_path(step)
    log.parent.mkdir()
    log.touch()
    os.utime(log, (time.time() + 60,) * 2)  # it wrote for a minute
    folder.begin(step, 'abc')
    assert folder.finish(step, 'x', 5.0)['seconds'] == pytest.approx(65, abs=2)


@pytest.mark.parametrize(
    'harm',
    [
        lambda step: (step.folder / 'epoch_1.pth').unlink(),
        lambda step: (step.folder / 'epoch_1.pth').write_bytes(b''),
        lambda step: (step.folder / 'epoch_1.pth').write_bytes(b'PK\x03\x04 half of it'),
    ],
)
def test_a_training_without_a_whole_checkpoint_starts_again(folder, step, harm):
    folder.begin(step, 'abc')
    save_checkpoint(step)
    harm(step)
    assert folder.begin(step, 'abc') is False
    assert not step.folder.exists()


@pytest.mark.parametrize('harm', [lambda note: note.write_text(''), lambda note: note.unlink()])
def test_a_training_whose_note_was_lost_goes_on(folder, step, harm):
    folder.begin(step, 'abc')
    save_checkpoint(step)
    harm(step.folder / 'last_checkpoint')
    assert folder.begin(step, 'abc') is True


def test_a_changed_step_starts_from_nothing(folder, step):
    folder.begin(step, 'abc')
    save_checkpoint(step)
    folder.finish(step, 'result', 2.0)
    assert folder.begin(step, 'def') is False
    assert folder.finished(step) is None and not step.folder.exists()


def test_without_its_records_a_step_starts_from_nothing(folder, step):
    folder.begin(step, 'abc')
    save_checkpoint(step)
    folder.finish(step, 'result', 2.0)
    for path in (folder.path / 'steps').iterdir():
        path.unlink()
    assert folder.begin(step, 'abc') is False and not step.folder.exists()


def test_an_export_that_cuts_the_same_maps_keeps_them(folder, step):
    folder.begin(step, 'abc', maps='m')
    save_checkpoint(step)
    folder.finish(step, 'result', 2.0)
    assert folder.begin(step, 'def', maps='m') is True
    assert folder.finished(step) is None and step.folder.exists()
    assert folder.begin(step, 'ghi', maps='n') is False
    assert not step.folder.exists()


def test_broken_records_count_as_none(folder, step):
    folder.begin(step, 'abc')
    save_checkpoint(step)
    folder.finish(step, 'result', 2.0)
    (folder.path / 'steps' / 'train.json').write_text('{"finger')
    assert folder.finished(step) is None


def test_a_foreign_file_stops_a_changed_step_and_changes_nothing(folder, step):
    folder.begin(step, 'abc')
    save_checkpoint(step)
    folder.finish(step, 'result', 2.0)
    (step.folder / 'notes.txt').write_text('mine')
    with pytest.raises(UserError, match=r'notes\.txt: the pipeline did not write it'):
        folder.begin(step, 'def')
    assert folder.finished(step)['fingerprint'] == 'abc'
    (step.folder / 'notes.txt').unlink()
    assert folder.begin(step, 'def') is False


def test_copies_of_the_configs_that_it_had_before_are_known(folder, step):
    before = replace(step, configs=(Path('configs/old.py'),))
    after = replace(step, configs=(Path('configs/new.py'),))
    folder.begin(before, 'abc')
    save_checkpoint(step)
    (step.folder / 'old.py').touch()
    folder.begin(after, 'def')
    assert not step.folder.exists()


def test_killed_while_it_clears_it_starts_anew(folder, step, monkeypatch):
    folder.begin(step, 'abc')
    save_checkpoint(step)
    folder.finish(step, 'result', 2.0)

    def killed(paths):
        paths[0].unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(work_folder, 'remove', killed)
        folder.begin(step, 'def', maps='m')
    assert folder.finished(step) is None
    assert folder.begin(step, 'abc', maps='m') is False
    assert not step.folder.exists()


def test_a_step_may_write_to_another_disk(folder, step, tmp_path):
    """A link to an empty folder stays; what lies behind a link is never removed."""
    disk = tmp_path / 'disk'
    disk.mkdir()
    step.folder.parent.mkdir(parents=True)
    step.folder.symlink_to(disk)
    folder.begin(step, 'abc')
    save_checkpoint(step)
    assert folder.begin(step, 'abc') is True
    with pytest.raises(UserError, match='is a link'):
        folder.begin(step, 'def')
    assert (disk / 'epoch_1.pth').exists()


def test_an_export_without_its_record_starts_anew(folder):
    """Its command would refuse the folder as that of something else."""
    place = folder.path / 'export'
    record, label = place / 'export.json', place / 'labels/a.png'
    step = Step(name='export', title='export', command=['x'], outputs=(record,), folder=place)
    folder.begin(step, 'now')
    label.parent.mkdir(parents=True)
    label.touch()
    record.touch()
    assert folder.begin(step, 'now') and label.is_file()
    record.unlink()
    assert not folder.begin(step, 'now') and not label.exists()
