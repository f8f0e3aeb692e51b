"""Tables within hand-written pages, filled from the results.

A page says which table belongs where, in a comment that its reader does not
see; what lies between the two comments is generated:

    <!-- table study voc6 screen | plain pl_13_k4 | row, mIoU, vs. plain CAM -->
    <!-- end -->

The parts are: results file without its ending, data set, round; the names of
the rows; the columns of :func:`studies.report.columns.column`.
"""

import re
from collections.abc import Mapping

from ppl_mm.errors import UserError

from .columns import table
from .groups import Group
from .numbers import Study

_TABLE = re.compile(r'(<!-- table ([^|>]+)\|([^|>]+)\|([^|>]+) -->\n).*?(<!-- end -->)', re.DOTALL)


def fill_tables(text: str, studies: Mapping[str, Study]) -> str:
    """Return a page with its tables made anew.

    Args:
        text: The page, Markdown.
        studies: Results by the name of their file.

    Raises:
        UserError: If a comment names an unknown file, row or column.
    """

    def fill(match: re.Match) -> str:
        """Return a table between its comments."""
        start, where, names, columns, end = match.groups()
        file, data, round_name = where.split()
        if file not in studies:
            raise UserError(f'table {where}: {file} must be one of {", ".join(studies)}')
        groups = [_find(studies[file], data, round_name, name) for name in names.split()]
        headings = [column.strip() for column in columns.split(',')]
        return f'{start}\n{table(studies[file], groups, headings)}\n{end}'

    return _TABLE.sub(fill, text)


def _find(study: Study, data: str, round_name: str, name: str) -> Group:
    group = study.find(data, round_name, name)
    if group is None:
        raise UserError(f'table {data} {round_name}: no results of a row {name}')
    return group
