"""The runner, with steps that take no time."""

import sys

import pytest

from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.errors import UserError
from ppl_mm.pipeline import Pipeline, load_settings, run
from ppl_mm.pipeline.step import Step


@pytest.fixture
def start(mini, tmp_path, monkeypatch):
    """Makes a pipeline of the steps a <- b, and c, which needs nothing.

    Each copies its config, and adds what it needs.
    """
    write_demo_data(mini.folder / 'data', train=2, val=1, size=32)
    work_dir = tmp_path / 'work'
    for name in 'abc':
        (tmp_path / f'{name}.py').write_text(f'x = "{name}"\n')

    def step(name, *needs):
        out, config = work_dir / name / 'scores.json', tmp_path / f'{name}.py'
        inputs = [config, *(work_dir / one / 'scores.json' for one in needs)]
        code = (
            'import sys, pathlib\n*read, out = map(pathlib.Path, '
            'sys.argv[1:])\nout.parent.mkdir(exist_ok=True)\n'
            'text = "".join(one.read_text() for one in read)\n'
            'exec(text)\nif "number" in vars(): 1 / number\n'
            'if "quiet" in vars(): sys.exit()\nout.write_text(text)'
        )
        script = tmp_path / f'do_{name}.py'
        script.write_text(code)
        return Step(
            name=name,
            title=f'do {name}',
            needs=needs,
            outputs=(out,),
            folder=out.parent,
            configs=(config,),
            command=[sys.executable, str(script), *map(str, [*inputs, out])],
        )

    def make(work_dir=work_dir):
        monkeypatch.setattr(run, 'make_plan', lambda *args: [step('a'), step('b', 'a'), step('c')])
        monkeypatch.setattr(run, 'report_paths', lambda *args: {})
        return Pipeline(load_settings(mini.config), work_dir, 'tools')

    return make


def done(capsys):
    """The steps that were run, of what was printed since."""
    lines = capsys.readouterr().out.splitlines()
    return [line.split(':')[1].split()[1] for line in lines if ': done in' in line]


def test_each_step_once(start, capsys, tmp_path):
    start().run()
    assert done(capsys) == ['a', 'b', 'c']
    assert (tmp_path / 'work/b/scores.json').read_text() == ('x = "b"\nx = "a"\n')
    start().run()
    assert done(capsys) == []


@pytest.mark.parametrize('changed, expected', [('a', ['a', 'b']), ('b', ['b']), ('c', ['c'])])
def test_a_change_redoes_what_depends_on_it(start, capsys, tmp_path, changed, expected):
    start().run()
    done(capsys)
    (tmp_path / f'{changed}.py').write_text('x = 5\n')
    (tmp_path / f'work/{changed}/export.json').touch()
    start().run()
    assert done(capsys) == expected
    assert not (tmp_path / f'work/{changed}/export.json').exists()


def test_what_depends_on_a_change_is_announced(start, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(Pipeline, '_costs', lambda self: {})
    start().run()
    (tmp_path / 'a.py').write_text('x = 5\n')
    capsys.readouterr()
    start().announce()
    said = capsys.readouterr().out.splitlines()
    assert said[0] == '2 of 3 steps to do:'
    assert [line.split(',')[0] for line in said[1:-1]] == ['  do a', '  do b']


def test_what_is_made_again_the_same_redoes_nothing_else(start, capsys, tmp_path):
    start().run()
    done(capsys)
    (tmp_path / 'work/a/scores.json').unlink()
    start().run()
    assert done(capsys) == ['a']


def test_changed_data_redo_all(start, capsys, mini):
    start().run()
    done(capsys)
    with open(mini.folder / 'data/image_labels.csv', 'a') as file:
        file.write('\n')
    start().run()
    assert done(capsys) == ['a', 'b', 'c']


def test_parts(start, capsys):
    with pytest.raises(UserError, match='step b needs a, which is not'):
        start().run(only='b')
    start().run(until='a')
    assert done(capsys) == ['a']
    start().run(only='b')
    assert done(capsys) == ['b']
    start().run()
    assert done(capsys) == ['c']


def test_after_a_failure_it_goes_on_there(start, capsys, tmp_path):
    (tmp_path / 'b.py').write_text('number = 0\n')
    with pytest.raises(UserError) as caught:
        start().run()
    assert str(caught.value).startswith(
        'step 2 of 3 (b) failed: ZeroDivisionError: division by zero; its whole output is in'
    )
    assert done(capsys) == ['a']
    (tmp_path / 'b.py').write_text('x = 1\n')
    start().run()
    assert done(capsys) == ['b', 'c']


def test_a_step_that_made_nothing_has_failed(start, tmp_path):
    (tmp_path / 'a.py').write_text('quiet = 1\n')
    with pytest.raises(UserError, match=r'step 1 of 3 \(a\) failed'):
        start().run()


def test_a_dry_run_does_nothing(start, capsys, tmp_path):
    start().show()
    assert capsys.readouterr().out.count(': to do\n') == 3
    assert not (tmp_path / 'work').exists()
    start().run(until='b')
    (tmp_path / 'a.py').write_text('x = 7\n')
    capsys.readouterr()
    start().show()
    states = [
        line.split(': ')[-1] for line in capsys.readouterr().out.splitlines() if line[:4] == 'step'
    ]
    assert states == ['to do again, something has changed'] * 2 + ['to do']
