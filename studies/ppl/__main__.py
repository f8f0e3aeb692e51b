"""``python -m studies.ppl``: see :mod:`studies.ppl.cli`."""

from ppl_mm.utils.cli import run

from .cli import main

if __name__ == '__main__':
    run(main)
