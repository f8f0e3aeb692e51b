"""The study of progressive patch learning: see studies/README.md.

python benchmarks/study.py --quick     # in miniature, under 40 seconds
python benchmarks/study.py --report    # from the committed results

The same as ``python -m studies.ppl``. Both end with one line of JSON.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ppl_mm.utils.cli import run
from studies.ppl.cli import main

if __name__ == '__main__':
    run(main)
