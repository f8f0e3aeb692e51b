import fcntl

import pytest

from ppl_mm.errors import UserError
from studies.engine.plan import make_runs
from studies.engine.queue import Queue
from studies.engine.results import ResultsFile
from studies.engine.steps import StepFailed


@pytest.fixture
def queue(data, tmp_path):
    """A queue whose work is a fake that notes what it was given."""

    def make(rows, work=None, **options):
        done = []

        def default(run):
            done.append(run.id)
            return dict(measured=dict(split='train', mIoU=0.5))

        made = Queue(
            make_runs(rows, data),
            ResultsFile(tmp_path / 'r.jsonl'),
            tmp_path,
            work or default,
            **options,
        )
        made.worked = done
        return made

    return make


def test_runs_once_and_in_order(queue, row):
    rows = [row(seeds=(0, 1)), row('other')]
    first = queue(rows)
    assert first.run() == 0
    assert first.worked == ['tiny/plain/screen/0', 'tiny/plain/screen/1', 'tiny/other/screen/0']
    again = queue(rows)
    assert again.run() == 0 and again.worked == []
    assert len(again.results.read()) == 3


def test_limit_leaves_the_rest(queue, row):
    rows = [row('a'), row('b')]
    queue(rows, stop_after=1).run()
    assert [run.row.name for run in queue(rows).pending()] == ['b']


def test_failure_is_recorded_and_the_queue_continues(queue, row):
    def work(run):
        if run.row.name == 'bad':
            raise StepFailed('train failed', 1)
        return dict(measured=dict(split='train', mIoU=0.5))

    rows = [row('bad'), row('good')]
    assert queue(rows, work).run() == 1
    bad, good = queue(rows).results.read()
    assert (bad['status'], bad['error']) == ('failed', 'StepFailed: train failed')
    assert good['status'] == 'done'
    # Not tried again but with retry; then the failure has a successor.
    assert queue(rows).pending() == []
    retried = queue(rows, retry=True)
    assert retried.run() == 0 and retried.worked == ['tiny/bad/screen/0']
    assert retried.results.latest()['tiny/bad/screen/0']['status'] == 'done'


def test_interrupt_leaves_no_record(queue, row):
    def work(run):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        queue([row()], work).run()
    assert queue([row()]).results.read() == []
    assert len(queue([row()]).pending()) == 1


def test_changed_row_needs_a_new_name(queue, row):
    queue([row()]).run()
    with pytest.raises(UserError, match='another epochs .* another name'):
        queue([row(epochs=3)]).run()


def test_what_another_queue_is_at_is_left_to_it(queue, row, tmp_path):
    mine = queue([row('a'), row('b', epochs=3)])
    lock_path = tmp_path / 'locks' / mine.runs[0].training_key
    lock_path.parent.mkdir()
    with open(lock_path, 'wb') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mine.run()
    assert mine.worked == ['tiny/b/screen/0']


def test_the_list_guesses_the_time_by_runs_of_the_same_kind(queue, row):
    def work(run):
        parts = dict(train=dict(seconds=60.0), export=dict(seconds=40.0))
        if run.row.kind == 'pipeline':
            parts = dict(
                pipeline=dict(seconds=7200.0), train_cam=parts['train'], train_seg=parts['export']
            )
        return dict(steps=parts, measured=dict(split='train', mIoU=0.5))

    done = [row('plain'), row('whole', kind='pipeline')]
    queue(done, work).run()
    left = [row('plain', epochs=2, round='half'), row('whole', kind='pipeline', round='half')]
    *_, plain, whole, _ = queue([*done, *left], work).table()
    assert plain.endswith('about 2:40') and whole.endswith('about 2:00:00')
