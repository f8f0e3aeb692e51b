import json

from benchmarks.common import finish, make_parser, print_table


def test_the_last_line_is_json_and_the_file_has_the_same(capsys, tmp_path):
    out = tmp_path / 'deep/result.json'
    finish('speed', dict(ratio=2.0), dict(seconds=1), out, numpy='1.0')
    result = json.loads(capsys.readouterr().out)
    assert result == json.loads(out.read_text())
    assert list(result) == ['benchmark', 'ratios', 'figures', 'machine']
    assert result['benchmark'] == 'speed' and result['ratios'] == dict(ratio=2.0)
    assert result['machine']['numpy'] == '1.0' and result['machine']['cores'] > 0


def test_without_a_file_none_is_written(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    finish('speed', {}, {}, None)
    assert not list(tmp_path.iterdir())
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_every_script_has_the_same_options(tmp_path):
    args = make_parser('What it measures.').parse_args(['--quick', '--out', str(tmp_path)])
    assert args.quick and args.out == tmp_path
    assert 'What it measures.' in make_parser('What it measures.').format_help()


def test_a_table_is_aligned(capsys):
    print_table(('name', 'seconds'), [('a', 1.5), ('longer', 12)])
    assert capsys.readouterr().out.splitlines() == [
        'name    seconds',
        'a           1.5',
        'longer       12',
    ]
