import json
import os

import pytest

from ppl_mm.errors import UserError
from ppl_mm.utils.claims import Claim

IDENTITY = dict(seed=1, classes=['cat'], files=dict(a='1', b='3'), steps=[dict(t=0.4), 5])


def check(path, identity=IDENTITY, **kwargs):
    return Claim(path / 'export.json', identity, 'an export', **kwargs).check()


def claim(path, identity=IDENTITY, **kwargs):
    return Claim(path / 'export.json', identity, 'an export', **kwargs).hold()


def write(path, **record):
    path.mkdir(exist_ok=True)
    (path / 'export.json').write_text(json.dumps(IDENTITY | record))


def test_a_missing_an_empty_and_a_hidden_folder_are_free(tmp_path):
    assert check(tmp_path / 'new') is None and not (tmp_path / 'new').exists()
    assert check(tmp_path) is None
    (tmp_path / '.DS_Store').touch()
    (tmp_path / '.git').mkdir()
    assert check(tmp_path) is None


def test_a_folder_of_the_same_run_is_given_back(tmp_path):
    write(tmp_path, more=3)
    assert check(tmp_path) == IDENTITY | dict(more=3)


@pytest.mark.parametrize(
    'record, line',
    [
        (dict(seed=2), 'holds an export made with other settings (seed 2 there, 1 here)'),
        (dict(classes=['cat', 'dog']), "classes ['cat', 'dog'] there, ['cat'] here"),
        (dict(seed='x' * 1000), f'seed {"x" * 38}.. there'),
        (dict(files=dict(a='1', b='2')), '(files.b 2 there, 3 here)'),
        (dict(steps=[dict(t=0.3), 5]), '(steps.0.t 0.3 there, 0.4 here)'),
        (dict(steps=[]), "(steps [] there, [{'t': 0.4}, 5] here)"),
    ],
)
def test_the_folder_of_another_run_is_refused_by_what_differs(tmp_path, record, line):
    write(tmp_path, **record)
    with pytest.raises(UserError) as caught:
        check(tmp_path)
    assert line in str(caught.value) and str(tmp_path) in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_key_that_the_record_lacks_is_none_there(tmp_path):
    write(tmp_path)
    assert check(tmp_path, IDENTITY | dict(mode=None)) is not None
    with pytest.raises(UserError, match='mode None there'):
        check(tmp_path, IDENTITY | dict(mode='new'))


def test_a_folder_in_which_nothing_was_made_is_free_for_others(tmp_path):
    write(tmp_path, seed=2)
    assert check(tmp_path, begun=lambda: False) is None


def test_a_folder_of_something_else_is_refused_and_not_touched(tmp_path):
    (tmp_path / 'thesis.tex').touch()
    with pytest.raises(UserError, match='holds other files than an export'):
        with claim(tmp_path):
            pass
    assert os.listdir(tmp_path) == ['thesis.tex']


def test_a_file_is_refused(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(UserError, match='is a file'):
        check(tmp_path / 'file')


@pytest.mark.parametrize('text', ['', '{"seed": ', '[1]', 'null', '\xff', '[' * 100_000])
def test_a_damaged_record_is_one_line(tmp_path, text):
    (tmp_path / 'export.json').write_text(text, encoding='latin-1')
    with pytest.raises(UserError, match='export.json: not readable as the record of an export'):
        check(tmp_path)


def test_one_run_at_a_time_claims_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr('ppl_mm.utils.locks._PATIENCE', 0.2)
    with claim(tmp_path / 'out') as found:
        assert found is None
        with pytest.raises(UserError, match='another run is at work'):
            with claim(tmp_path / 'out'):
                pass
    with claim(tmp_path / 'out'):
        pass


def test_temporaries_of_killed_runs_go_and_nothing_else(tmp_path):
    write(tmp_path)
    stale = ['.export.json.abcd_123.tmp', 'cams/.a.npz.00000000.tmp', 'cams/b/.c.npz.zzzzzzzz.tmp']
    kept = ['cams/a.npz', 'cams/.a.npz.tmp', 'cams/a.12345678.tmp', 'log/.x.log.abcdefgh.tmp']
    for name in (*stale, *kept):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with claim(tmp_path, parts=['cams', 'labels']):
        pass
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob('*') if p.is_file()}
    assert left == {*kept, 'export.json', '.lock'}


def test_temporaries_behind_a_link_stay(tmp_path):
    (tmp_path / 'out/cams').mkdir(parents=True)
    (tmp_path / 'other').mkdir()
    (tmp_path / 'other/.a.npz.00000000.tmp').touch()
    (tmp_path / 'out/cams/link').symlink_to(tmp_path / 'other')
    write(tmp_path / 'out')
    with claim(tmp_path / 'out', parts=['cams']):
        pass
    assert (tmp_path / 'other/.a.npz.00000000.tmp').exists()
