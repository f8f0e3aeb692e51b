"""How long tools/make_masks.py takes on a CPU: from a folder of drawn images to masks and gallery.

The images are those of the demo, larger, with the demo's labels and without
masks. The command runs twice; the second run finds everything done. Its first
guess at the time stands beside what it took, and the load of the machine
before and after. --quick cuts the trainings of the preset to a few steps of
smaller images.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import ROOT, finish, make_parser, print_table
from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.gallery.results import finished_steps
from ppl_mm.utils.cli import run

_OWN = ROOT / 'configs/own'
_GUESS = re.compile(r'about ([\d:]+) in all, a first guess')
# Sizes in pipelines are a quarter of the preset's.
_SMALLER = """
def smaller(part, key=''):
    if isinstance(part, dict):
        return {name: smaller(value, name) for name, value in part.items()}
    if isinstance(part, (list, tuple)):
        return type(part)(smaller(value, key) for value in part)
    return part // 4 if key in ('scale', 'crop_size', 'min_size', 'max_size') else part


train_pipeline = smaller(_base_.train_pipeline)
test_pipeline = smaller(_base_.test_pipeline)
tta_pipeline = smaller(_base_.tta_pipeline)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
"""


def write_short_preset(folder: Path, small: bool) -> Path:
    """Write the preset quick with trainings of a few steps, and on request with small images."""
    smaller = _SMALLER if small else ''
    size = 'model = dict(data_preprocessor=dict(size=(72, 72)))\n' if small else ''
    parts = dict(
        cls_cam_quick_own=f'{smaller}train_cfg = dict(max_epochs=1, val_interval=1)',
        seg_deeplab_quick_own=f'{smaller}{size}train_cfg = dict(max_iters=2, val_interval=2)',
        refine_own='',
    )
    for name, text in parts.items():
        (folder / f'{name}.py').write_text(f'_base_ = {str(_OWN / name) + ".py"!r}\n{text}\n')
    preset = folder / 'preset.py'
    pipeline = (_OWN / 'pipeline_quick.py').read_text()
    preset.write_text(pipeline.replace("'./pipeline.py'", repr(str(_OWN / 'pipeline.py'))))
    return preset


def make_masks(folder: Path, preset: str | Path) -> tuple[float, str]:
    """Run the command on the images of a folder; return its seconds and what it printed."""
    command = [sys.executable, ROOT / 'tools/make_masks.py', folder / 'drawn/JPEGImages']
    command += ['--labels', folder / 'drawn/image_labels.csv', '--out', folder / 'made']
    start = time.perf_counter()
    done = subprocess.run(
        [*command, '--preset', preset, '--device', 'cpu'],
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - start, done.stdout


def guessed_seconds(output: str) -> int:
    """Return the seconds that the command guessed at before it began."""
    found = _GUESS.search(output)
    parts = found[1].split(':') if found else ['0']
    return sum(int(part) * 60**power for power, part in enumerate(reversed(parts)))


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = make_parser(__doc__, 'few images, trainings of a few steps')
    parser.add_argument('--images', type=int, help='how many (default: 200, quick: 16)')
    parser.add_argument('--side', type=int, help='their width and height (default: 480, quick: 64)')
    parser.add_argument('--preset', default='quick', help='of make_masks.py (default: quick)')
    parser.add_argument('--dir', type=Path, help='keep everything in this new folder')
    args = parser.parse_args(argv)
    count, side = (
        args.images or (16 if args.quick else 200),
        args.side or (64 if args.quick else 480),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = args.dir or Path(name)
        write_demo_data(folder / 'drawn', train=count - 1, val=1, size=side)
        preset = write_short_preset(folder, small=True) if args.quick else args.preset
        load = os.getloadavg()[0]
        seconds, output = make_masks(folder, preset)
        load_after = os.getloadavg()[0]
        again, _ = make_masks(folder, preset)
        steps = {one['step']: one['seconds'] for one in finished_steps(folder / 'made/work')}
    print_table(('step', 'seconds'), [*steps.items(), ('in all', round(seconds))])
    ratios = dict(
        guess_over_seconds=round(guessed_seconds(output) / seconds, 2),
        second_run_over_first=round(again / seconds, 4),
    )
    figures = dict(
        images=count,
        side=side,
        seconds=round(seconds, 1),
        seconds_of_second_run=round(again, 1),
        seconds_of_steps=steps,
        load_before=round(load, 1),
        load_after=round(load_after, 1),
    )
    finish('make_masks', ratios, figures, args.out)


if __name__ == '__main__':
    run(main)
