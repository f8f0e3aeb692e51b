"""How much memory tools/make_masks.py takes for large images with bands, on a CPU.

The images are TIFFs of 4000 x 3000 pixels, four bands and 16 bits, of drawn fields
and lakes; nothing shrinks them (--max-long-side 0). The trainings are a few steps
of the preset quick. Memory is that of the command with all its processes (PSS), the
highest of all looks at it, four a second. Linux only.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import ROOT, finish, make_parser, print_table
from benchmarks.make_masks import write_short_preset
from ppl_mm.formats.mask_file import read_mask
from ppl_mm.utils.cli import run

_CLASSES = dict(field=(2, 2600), lake=(3, 150))  # the band that shows it, and its value


def write_images(folder: Path, count: int, size: tuple[int, int]) -> None:
    """Write images (height, width), ``count`` of each class."""
    rng = np.random.default_rng(0)
    height, width = size
    for name, (band, value) in _CLASSES.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            values = rng.integers(700, 1500, (height, width, 4), np.uint16)
            top, left = rng.integers(0, height // 2), rng.integers(0, width // 2)
            values[top : top + height // 3, left : left + width // 3, band] = value
            tifffile.imwrite(
                folder / f'{name}/{number}.tif',
                values,
                photometric='minisblack',
                planarconfig='contig',
            )


def peak_memory(command: list[str]) -> tuple[float, float]:
    """Run a command; return its seconds, and the most GB that it and its processes had."""
    start, most = time.perf_counter(), 0
    with tempfile.TemporaryFile('w+') as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        while process.poll() is None:
            most = max(most, sum(map(_kilobytes, _with_children(process.pid))))
            time.sleep(0.25)
        if process.returncode:
            output.seek(0)
            sys.exit(output.read())
    return time.perf_counter() - start, most / 1e6


def _with_children(pid: int) -> list[int]:
    """Return a process, and all that it and they have started."""
    found = [pid]
    for one in found:
        for path in Path(f'/proc/{one}/task').glob('*/children'):
            try:
                found += map(int, path.read_text().split())
            except OSError:  # it has ended
                continue
    return found


def _kilobytes(pid: int) -> int:
    """Return the memory of a process, its share of what others have, too."""
    try:
        text = Path(f'/proc/{pid}/smaps_rollup').read_text()
    except OSError:
        return 0
    return int(text.split('Pss:')[1].split()[0])


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = make_parser(__doc__, 'images of 400 x 300 pixels')
    parser.add_argument('--images', type=int, default=6, help='of each class (default: 6)')
    args = parser.parse_args(argv)
    size = (300, 400) if args.quick else (3000, 4000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder / 'images', args.images, size)
        command = [sys.executable, str(ROOT / 'tools/make_masks.py'), str(folder / 'images')]
        preset = write_short_preset(folder, small=args.quick)
        command += ['--out', str(folder / 'made'), '--preset', str(preset)]
        command += ['--max-long-side', '0', '--rgb-bands', '3', '2', '1', '--workers', '2']
        seconds, memory = peak_memory([*command, '--device', 'cpu'])
        masks = sorted((folder / 'made/masks').rglob('*.png'))
        shapes = {read_mask(path).shape for path in masks}
    if len(masks) != len(_CLASSES) * args.images or shapes != {size}:
        sys.exit(f'expected {len(_CLASSES) * args.images} masks of {size}, got {shapes}')
    print_table(('images', 'GB', 'seconds'), [(len(masks), f'{memory:.2f}', round(seconds))])
    finish(
        'large_images',
        dict(memory_over_4_gb=round(memory / 4, 2)),
        dict(images=len(masks), height=size[0], width=size[1], gb=round(memory, 2)),
        args.out,
        seconds=round(seconds),
    )


if __name__ == '__main__':
    run(main)
