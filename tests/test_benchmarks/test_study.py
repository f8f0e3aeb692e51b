import fcntl
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import study_cost
import study_rows
from mmengine.config import Config
from study_cam import write_config
from study_kinds import KINDS
from study_plan import make_runs, scale_stages, write_list
from study_queue import Queue
from study_results import ResultsFile
from study_steps import StepFailed, Steps, readable

from ppl_mm.errors import UserError

BENCHMARKS = Path(__file__).parents[2] / 'benchmarks'
STAGES = [dict(position=2, grid=2, epochs=1), dict(position=4, grid=2, epochs=1)]
PROGRESSIVE = dict(custom_hooks=[dict(type='ppl_mm.ProgressiveStageHook', stages=STAGES)])


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


def test_failure_is_recorded_and_the_queue_goes_on(queue, row):
    def work(run):
        if run.row.name == 'bad':
            raise StepFailed('train failed', 1, ['line'])
        return dict(measured=dict(split='train', mIoU=0.5))

    rows = [row('bad'), row('good')]
    assert queue(rows, work).run() == 1
    bad, good = queue(rows).results.read()
    assert (bad['status'], bad['log_tail']) == ('failed', ['line'])
    assert 'train failed' in bad['error'] and good['status'] == 'done'
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
    with pytest.raises(UserError, match='another name'):
        queue([row(epochs=3)]).run()


def test_what_another_queue_is_at_is_left_to_it(queue, row, tmp_path):
    mine = queue([row('a'), row('b', epochs=3)])
    lock_path = tmp_path / 'locks' / mine.runs[0].training_key
    lock_path.parent.mkdir()
    with open(lock_path, 'wb') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mine.run()
    assert mine.worked == ['tiny/b/screen/0']


def test_results_file_repairs_a_torn_line(tmp_path):
    path = tmp_path / 'r.jsonl'
    results = ResultsFile(path)
    assert results.append(dict(id='a', status='done'))
    with open(path, 'ab') as file:
        file.write(b'{"id": "torn"')
    assert [record['id'] for record in results.read()] == ['a']
    assert results.append(dict(id='b', status='done'))
    assert not results.append(dict(id='b', status='done'))
    lines = path.read_text().splitlines()
    assert [json.loads(line)['id'] for line in lines] == ['a', 'b']


def test_results_file_names_a_broken_line(tmp_path):
    path = tmp_path / 'r.jsonl'
    path.write_text('{"id": "a", "status": "done"}\n{broken}\n')
    with pytest.raises(UserError, match='line 2'):
        ResultsFile(path).read()


@pytest.mark.parametrize(
    'shares, epochs, expected',
    [
        ((1, 1, 1), 3, [1, 1, 1]),
        ((1, 1, 1), 9, [3, 3, 3]),
        ((1, 1, 4), 3, [1, 1, 1]),
        ((1, 2, 3), 12, [2, 4, 6]),
        ((1, 1), 3, [2, 1]),
        ((1, 8), 4, [1, 3]),
    ],
)
def test_stages_share_the_budget(shares, epochs, expected):
    stages = [dict(position=k, grid=2, epochs=share) for k, share in enumerate(shares)]
    scaled = scale_stages(stages, epochs, 'row')
    lengths = [stage['epochs'] for stage in scaled]
    assert sum(lengths) == epochs and min(lengths) >= 1
    assert sorted(lengths) == sorted(expected)
    assert [stage['position'] for stage in scaled] == [*range(len(shares))]


def test_more_stages_than_epochs():
    with pytest.raises(UserError, match='3 stages do not fit'):
        scale_stages(STAGES + STAGES[:1], 2, 'row')


def test_config_of_a_run(row, data, tmp_path):
    one = row(
        options=PROGRESSIVE | {'optim_wrapper.optimizer': dict(_delete_=True, type='SGD', lr=0.5)},
        test_options={'tta_model.cam_stride': 8},
        round='final',
        seeds=(7,),
    )
    (run,) = make_runs([one], data)
    path = tmp_path / 'config.py'
    write_config(run.config(), path)
    cfg = Config.fromfile(path)
    assert cfg.train_cfg.max_epochs == 4 and cfg.randomness.seed == 7
    assert [s.epochs for s in cfg.custom_hooks[0].stages] == [2, 2]
    assert cfg.optim_wrapper.optimizer.lr == 0.5
    assert 'cam_stride' not in cfg.tta_model
    assert run.config(for_test=True).tta_model.cam_stride == 8
    assert run.settings()['tta_model']['cam_stride'] == 8
    # The row itself stays as it was declared.
    assert one.options['custom_hooks'][0]['stages'] == STAGES
    assert '_delete_' in one.options['optim_wrapper.optimizer']


def test_only_what_trains_differently_is_trained_again(row, data):
    rows = [
        row('a'),
        row('b', test_options={'tta_model.cam_stride': 8}),
        row('c', options={'optim_wrapper.optimizer.lr': 0.5}),
        row('d', repeat=1),
        row('e', round='half'),
        row('f', epochs=2),
    ]
    a, b, c, d, e, f = make_runs(rows, data)
    assert a.training_key == b.training_key
    assert len({run.training_key for run in (a, c, d, e)}) == 4
    assert e.training_key == f.training_key  # both two epochs
    assert len({run.settings_key for run in (a, b, c, d, e, f)}) == 6


def test_halves_share_no_image(row, data, tmp_path, demo_root):
    def stems(part):
        (run,) = make_runs([row(measured=part)], data)
        return write_list(run, tmp_path).read_text().split()

    whole = (demo_root / 'ImageSets/Segmentation/train.txt').read_text()
    assert stems('all') == whole.split()
    assert stems('even') == whole.split()[::2]
    assert stems('odd') == whole.split()[1::2]


@pytest.mark.parametrize('names, match', [(['plain', 'plain'], 'stands twice')])
def test_names_are_unique(row, data, names, match):
    with pytest.raises(UserError, match=match):
        make_runs([row(name) for name in names], data)


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


def test_rows_are_chosen_by_name_and_data(row, data):
    rows = [row('a'), row('b'), replace(row('a'), data='other')]
    data = data | dict(other=data['tiny'])

    def chosen(*names):
        return [run.id for run in make_runs(rows, data, names)]

    assert chosen('a') == ['tiny/a/screen/0', 'other/a/screen/0']
    assert chosen('other/a') == ['other/a/screen/0']
    assert chosen('b', 'other/a') == ['tiny/b/screen/0', 'other/a/screen/0']


def test_unknown_names(row, data):
    with pytest.raises(UserError, match='--only nope'):
        make_runs([row()], data, names=['nope'])
    with pytest.raises(UserError, match="data='tiny'"):
        make_runs([row()], {})
    with pytest.raises(UserError, match='round'):
        row(round='last')
    with pytest.raises(UserError, match='measured'):
        row(measured='some')


def command(text):
    return [sys.executable, '-c', text]


def test_step_is_done_once_and_measured(tmp_path):
    steps = Steps(tmp_path, lambda *_: None)
    text = 'import time; x = bytearray(80_000_000); print("ran"); time.sleep(1.2)'
    record = steps.run('one', command(text))
    assert record['seconds'] > 1.2 and record['tries'] == 1
    assert record['peak_memory'] > 80_000_000
    assert steps.run('one', command('raise')) == record
    log = (tmp_path / 'logs/one.log').read_text()
    assert log.splitlines().count('ran') == 1


def test_interrupted_step_resumes_and_adds_up_its_time(tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    text = 'import sys, time\nif sys.argv[1:] != ["--resume"]: time.sleep(60)'
    with pytest.raises(KeyboardInterrupt):
        Steps(tmp_path, stop).run('one', command(text), ('--resume',))
    path = tmp_path / 'steps/one.json'
    path.write_text(json.dumps(json.loads(path.read_text()) | dict(seconds=100.0)))
    steps = Steps(tmp_path, lambda *_: None)
    assert steps.done('one') is None
    record = steps.run('one', command(text), ('--resume',))
    assert 100 < record['seconds'] < 130 and record['tries'] == 2


def test_failed_step_tells_why(tmp_path):
    with pytest.raises(StepFailed, match='status 2.*ValueError: no') as info:
        Steps(tmp_path, lambda *_: None).run(
            'one', command('print("ValueError: no"); raise SystemExit(2)')
        )
    assert info.value.status == 2 and info.value.tail[-1] == 'ValueError: no'


def test_readable_commands_name_no_place():
    root = BENCHMARKS.parent
    assert readable([sys.executable, f'{root}/tools/train.py', 'a b']) == (
        "python tools/train.py 'a b'"
    )


def test_cost_counts_each_stage(row, data):
    def cost(**options):
        (run,) = make_runs([row(round='final', options=options)], data)
        return study_cost.training_cost(run.config())

    plain = cost(**{'model.neck': None})
    single = cost()
    staged = cost(**PROGRESSIVE)
    assert plain['images_per_epoch'] == 8
    assert plain['flops'] == 4 * 8 * plain['flops_per_image']
    # A patch branch repeats its tail; a later cut has less to repeat.
    early, late = staged['stages']
    assert early['flops_per_image'] > late['flops_per_image'] > plain['flops_per_image']
    assert early['flops_per_image'] == single['flops_per_image']
    assert staged['flops'] == 8 * 2 * (early['flops_per_image'] + late['flops_per_image'])


def test_cost_of_an_export_counts_each_view_of_each_image(row, data):
    def cost(*scales, **flips):
        options = study_rows.views(*scales, **flips)
        (run,) = make_runs([row(test_options=options)], data)
        return study_cost.export_cost(run.config(for_test=True), 'train')

    once = cost(1.0, flips=(0.0,))
    assert once['images'] == 8
    assert cost(1.0)['flops'] == 2 * once['flops']
    # Twice the side, four times the cells: what is not a convolution is small.
    both = cost(1.0, 2.0, flips=(0.0,))['flops'] / once['flops']
    assert both == pytest.approx(5, rel=0.02)


def test_the_rows_are_sound():
    runs = make_runs(study_rows.ROWS, study_rows.DATA)
    assert len({run.id for run in runs}) == len(runs)
    for run in runs:
        assert run.row.hypothesis and run.row.kind in KINDS
        if run.row.kind == 'cam':
            assert run.config().train_cfg.max_epochs == run.epochs


@pytest.mark.slow
def test_quick(tmp_path):
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / 'study.py'), '--quick'],
        text=True,
        capture_output=True,
        check=True,
        timeout=400,
        cwd=BENCHMARKS.parent,
    )
    line = json.loads(done.stdout.splitlines()[-1])
    assert line['benchmark'] == 'study'
    assert line['figures']['runs'] == 2 and line['figures']['failed'] == 0
    assert line['figures']['best']['name'] == 'pl'
    (gain,) = line['ratios']['seed_miou_gain_each']
    assert -1 < gain < 1
