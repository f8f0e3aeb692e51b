"""docs/tutorial.ipynb: its cells run, on fewer images and for fewer epochs."""

import json

import forked_commands
import matplotlib
import pytest

#: What makes it fast; each must be in the notebook.
FASTER = {'--out data/demo': '--out data/demo --train 32 --val 8', 'EPOCHS = 9': 'EPOCHS = 3'}


@pytest.fixture(scope='module')
def notebook(request):
    return json.loads((request.config.rootpath / 'docs/tutorial.ipynb').read_text('utf-8'))


def source(notebook, kind):
    return [''.join(cell['source']) for cell in notebook['cells'] if cell['cell_type'] == kind]


@pytest.mark.slow
def test_the_cells_run(notebook, tmp_path, monkeypatch, request, capsys):
    for name in ('tools', 'configs'):
        (tmp_path / name).symlink_to(request.config.rootpath / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('PYTHONPATH', str(request.config.rootpath))
    monkeypatch.setattr('subprocess.Popen', forked_commands.Popen)
    matplotlib.use('agg')
    code = '\n'.join(source(notebook, 'code'))
    for old, new in FASTER.items():
        assert old in code
        code = code.replace(old, new)
    exec(compile(code, 'tutorial.ipynb', 'exec'), {})
    assert capsys.readouterr().out.count('\nmean ') == 3
    assert len(list((tmp_path / 'work_dirs/tutorial/refined/labels').glob('*.png'))) == 8


def test_it_was_run_from_top_to_bottom(notebook):
    """Its outputs are those of its code: no cell was run twice, left out, or failed."""
    cells = [cell for cell in notebook['cells'] if cell['cell_type'] == 'code']
    assert [cell['execution_count'] for cell in cells] == list(range(1, 1 + len(cells)))
    outputs = [output for cell in cells for output in cell['outputs']]
    assert not [output for output in outputs if output['output_type'] == 'error']
    assert sum('image/png' in output.get('data', ()) for output in outputs) == 4
