import pytest

from ppl_mm.errors import UserError
from studies.report.chapters import fill_tables
from studies.report.numbers import Study

PAGE = """# Chapter

<!-- table cpu voc6 final | pl plain | {columns} -->
old
<!-- end -->

After.
"""


@pytest.fixture
def fill(records):
    def make(text):
        return fill_tables(text, dict(cpu=Study(records)))

    return make


def test_a_table_has_the_rows_and_columns_that_its_comment_names(fill):
    text = fill(PAGE.format(columns='row, random seeds, mIoU, vs. plain, val vs. plain'))
    lines = text.splitlines()
    assert '| row | random seeds | mIoU | vs. plain | val vs. plain |' in lines
    assert '| pl | 2 | 54.0 ± 2.8 | +5.0 ± 1.4 | +4.0 ± 4.2 |' in lines
    assert '| plain | 2 | 49.0 ± 1.4 |  |  |' in lines
    assert 'old' not in text and lines[-1] == 'After.'
    # Python-Markdown needs a blank line between a comment and a table.
    assert lines[3] == '' and lines[-4] == ''


def test_filling_again_changes_nothing(fill):
    text = fill(PAGE.format(columns='row, method, epochs'))
    assert fill(text) == text


def test_a_page_without_tables_stays(fill):
    assert fill('# a\n<!-- end -->\n') == '# a\n<!-- end -->\n'


@pytest.mark.parametrize(
    'old, new, match',
    [
        ('cpu', 'gpu', 'gpu must be one of cpu'),
        ('pl plain', 'pl none', 'no results of a row none'),
        ('final', 'half', 'no results of a row pl'),
        ('{columns}', 'row, mIuO', "column 'mIuO' must be one of row, "),
    ],
)
def test_what_is_unknown_is_named(fill, old, new, match):
    with pytest.raises(UserError, match=match):
        fill(PAGE.replace(old, new).format(columns='row'))
