"""Everything that is wrong with a data set, the worst first."""

from .content_findings import CONTENT_CHECKS
from .file_findings import FILE_CHECKS
from .finding import LEVELS, Finding
from .label_findings import LABEL_CHECKS
from .scan import DatasetScan


def find_all(scan: DatasetScan) -> list[Finding]:
    """Return all findings: errors, warnings, notes.

    Args:
        scan: The data set.
    """
    checks = LABEL_CHECKS + CONTENT_CHECKS + FILE_CHECKS
    found = [finding for check in checks for finding in check(scan)]
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))
