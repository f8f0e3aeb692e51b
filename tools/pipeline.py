"""Run all steps from image-level labels to a measured segmentation network.

Trains the methods that the config names, exports and measures their maps,
trains a segmentation network on the pseudo-labels of the last method, tests
it, and ends with a table and a report in DIR: report.md, report.html,
report.json, panel.png. An interrupted run continues when the same command is
given again. Nothing is measured where the data have no masks and the config
allows for it. docs/pipeline.md says what the numbers mean.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from pathlib import Path

from ppl_mm.gallery.tables import read_report, terminal_report
from ppl_mm.pipeline import Pipeline, load_settings
from ppl_mm.utils.cli import make_parser, run
from ppl_mm.utils.runner_arguments import add_config_options


def parse_args() -> argparse.Namespace:
    """Return the arguments of the command."""
    parser = make_parser(__doc__)
    parser.add_argument('config', help='e.g. configs/demo/pipeline.py')
    parser.add_argument(
        '--work-dir',
        metavar='DIR',
        help='where to write (default: work_dirs/<name of the pipeline>, with '
        '_seed<N> where --seed is given)',
    )
    parser.add_argument(
        '--seed', type=int, metavar='N', help="of every training (default: the config's)"
    )
    add_config_options(parser, 'data_root=data/mine')
    part = parser.add_mutually_exclusive_group()
    part.add_argument('--until', metavar='STEP', help='stop after this step')
    part.add_argument(
        '--only', metavar='STEP', help='run only this step; those that it needs must be finished'
    )
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help='list the steps, their state and commands, and do nothing else',
    )
    return parser.parse_args()


def main() -> None:
    """Run the pipeline and print its table."""
    args = parse_args()
    settings = load_settings(args.config, args.cfg_options, args.seed)
    suffix = '' if args.seed is None else f'_seed{args.seed}'
    work_dir = Path(args.work_dir or f'work_dirs/{settings.name}{suffix}')
    pipeline = Pipeline(settings, work_dir, Path(__file__).parent)
    if args.dry_run:
        pipeline.show(args.until, args.only)
        return
    pipeline.run(args.until, args.only)
    if not args.until and not args.only:
        print(terminal_report(read_report(work_dir)))
        print(
            f'\nThe report: {work_dir}/report.html (also report.md, report.json and the pictures)'
            f'\nAll images: {work_dir}/gallery/index.html'
        )


if __name__ == '__main__':
    run(main)
