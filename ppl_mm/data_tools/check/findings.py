"""Everything that is wrong with a data set, the worst first."""

from .file_findings import FILE_CHECKS
from .finding import LEVELS, Finding
from .label_findings import LABEL_CHECKS
from .scan import DatasetScan


def find_all(scan: DatasetScan) -> list[Finding]:
    """Return all findings: errors, warnings, notes.

    Args:
        scan: The data set.
    """
    found = [finding for check in LABEL_CHECKS + FILE_CHECKS for finding in check(scan)]
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))
