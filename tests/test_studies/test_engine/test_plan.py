from dataclasses import replace

import pytest

from ppl_mm.errors import UserError
from studies.engine.plan import make_runs


@pytest.mark.parametrize('names, match', [(['plain', 'plain'], 'appears twice')])
def test_names_are_unique(row, data, names, match):
    with pytest.raises(UserError, match=match):
        make_runs([row(name) for name in names], data)


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
