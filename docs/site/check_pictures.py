"""Make the pictures of the check in docs/check.md: python -m docs.site.check_pictures WORK.

WORK gets drawings, some of them with copies in val, and the report of the check.
"""

import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
OUT = ROOT / 'docs/images'
#: An image of val, and the training image that it becomes a copy of.
COPIES = {'val_00001': 'train_00004', 'val_00005': 'train_00031'}
_WIDTH = 1100


def main() -> None:
    """Draw the data, copy some of them, check, and take the pictures."""
    work = Path(sys.argv[1])
    drawn, report = work / 'drawn', work / 'check'
    _run('make_demo_data', '--out', drawn, '--train', 72, '--val', 8, '--size', 192)
    for copy, source in COPIES.items():
        crop_copy(drawn, source, copy)
    _run('check_dataset', drawn, '--out', report)
    for name in ('classes', 'near_copies'):
        with Image.open(report / f'{name}.jpg') as sheet:
            sheet.thumbnail((_WIDTH, sheet.height))
            sheet.save(OUT / f'check_{name}.jpg', quality=75)


def crop_copy(data: Path, source: str, copy: str) -> None:
    """Replace an image, its mask and its label by a part of another, and that one's."""
    labels = data / 'image_labels.csv'
    rows = dict(row.split(',') for row in labels.read_text().splitlines())
    rows[copy] = rows[source]
    labels.write_text(''.join(f'{image_id},{names}\n' for image_id, names in rows.items()))
    for folder, suffix in (('JPEGImages', '.jpg'), ('SegmentationClass', '.png')):
        with Image.open(data / folder / f'{source}{suffix}') as image:
            width, height = image.size
            part = image.crop((width // 20, height // 30, width, height))
            part.save(data / folder / f'{copy}{suffix}')


def _run(tool: str, *arguments: object) -> None:
    command = [sys.executable, ROOT / f'tools/dataset_converters/{tool}.py', *arguments]
    subprocess.run(list(map(str, command)), check=True)


if __name__ == '__main__':
    main()
