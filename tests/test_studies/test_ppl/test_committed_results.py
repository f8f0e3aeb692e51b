"""The committed results: each is of a row as it is now, and the pages follow from them."""

import re

import pytest

from studies.engine.plan import make_runs
from studies.engine.record import changed_settings
from studies.engine.results import ResultsFile
from studies.ppl.cli import RESULTS, fill_pages
from studies.ppl.rows import DATA, ROWS
from studies.report.page import write_report

FILES = [RESULTS, RESULTS.with_name('study_gpu.jsonl')]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def results(request, monkeypatch):
    monkeypatch.chdir(request.config.rootpath)
    return ResultsFile(request.param)


def test_what_is_done_counts_as_done(results):
    """Random seeds beyond the row's own are of runs with --seeds."""
    rows = {(row.data, row.name, row.round): row for row in ROWS}
    done = [one for one in results.latest().values() if one['status'] == 'done']
    assert len(done) > 70
    for record in done:
        row = rows[record['data'], record['name'], record['round']]
        (run,) = make_runs([row], DATA, seeds=[record['seed']])
        assert run.id == record['id']
        assert not changed_settings(run, record)


def test_records_are_slim(results):
    assert results.path.stat().st_size < 5000 * len(results.read())


def test_the_page_is_what_the_records_say(results, tmp_path, monkeypatch):
    monkeypatch.setattr('studies.report.page.draw_all', lambda *_: {})
    records = list(results.latest().values())
    page = tmp_path / results.path.with_suffix('.md').name
    write_report(records, results.path, page, 'voc6', ROWS)
    committed = results.path.with_suffix('.md').read_text()
    without_plots = [line for line in committed.splitlines() if not line.startswith('![')]
    assert [line for line in page.read_text().splitlines() if line] == [
        line for line in without_plots if line
    ]


def test_plots_of_the_page_are_there(results):
    page = results.path.with_suffix('.md')
    folder = page.with_suffix('')
    assert {path.name for path in folder.iterdir()} == {
        line.split('/')[-1].rstrip(')')
        for line in page.read_text().splitlines()
        if line.startswith('![')
    }


def test_tables_in_hand_written_pages_are_what_the_records_say(request, monkeypatch):
    monkeypatch.chdir(request.config.rootpath)
    pages = fill_pages()
    assert len(pages) > 8
    stale = [str(path) for path, text in pages.items() if path.read_text() != text]
    assert not stale, 'run python -m studies.ppl --report'


def test_every_result_file_is_in_the_index(request, monkeypatch):
    monkeypatch.chdir(request.config.rootpath)
    index = RESULTS.with_name('README.md').read_text()
    for path in RESULTS.parent.rglob('*.json*'):
        assert f'`{path.relative_to(RESULTS.parent)}`' in index
    listed = re.findall(r'`((?:pipelines|refiners|labels|study)[\w/]*\.jsonl?)`', index)
    assert all((RESULTS.parent / name).is_file() for name in listed)
    assert len(listed) > 15
