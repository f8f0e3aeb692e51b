"""Make the pictures of docs/own_images.md: python -m docs.site.tutorial.pictures WORK.

WORK gets drawings and everything that is made of them, by the commands of the page with the
settings of pipeline.py beside this; on two idle cores that takes some minutes.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.browser import start_browser
from ppl_mm.formats.images.image_file import read_image
from ppl_mm.formats.mask_file import read_mask
from ppl_mm.visualization import overlay_label

ROOT = Path(__file__).parents[3]
OUT = ROOT / 'docs/images'
#: Its mask is corrected.
CORRECTED = 'train_00006'
SHOTS = {
    'tutorial_gallery': ('#images', (1180, 640)),
    'tutorial_viewer': (f'#images?open={CORRECTED}', (1180, 640)),
}


def main() -> None:
    """Make everything that is missing, then the pictures."""
    work = Path(sys.argv[1]).absolute()
    drawn, new, masks = work / 'drawn', work / 'new', work / 'my_masks'
    data = 'dataset_converters/make_demo_data'
    _run(data, '--out', drawn, '--train', 72, '--val', 8, '--size', 192)
    _run(data, '--out', new, '--seed', 1, '--train', 4, '--val', 1, '--size', 192)
    preset = Path(__file__).with_name('pipeline.py')
    labels = ['--labels', drawn / 'image_labels.csv', '--preset', preset]
    _run('make_masks', drawn / 'JPEGImages', '--out', masks, *labels)
    _run('predict', new / 'JPEGImages', masks, '--out', work / 'new_masks', '--overlays')
    draw_photos(drawn)
    draw_thresholds(masks)
    draw_correction(drawn, masks)
    draw_predictions(work / 'new_masks')
    take_shots(masks / 'gallery/index.html')


def _run(tool: str, *arguments: object) -> None:
    command = [sys.executable, ROOT / f'tools/{tool}.py', *arguments]
    subprocess.run(list(map(str, command)), check=True)


def draw_photos(drawn: Path) -> None:
    """Draw six images with the labels that they have."""
    rows = (drawn / 'image_labels.csv').read_text().splitlines()[1:7]
    pairs = [row.split(',') for row in rows]
    images = [read_image(drawn / f'JPEGImages/{name}.jpg') for name, _ in pairs]
    _row('tutorial_photos', images, [label.replace(' ', ', ') for _, label in pairs])


def draw_thresholds(masks: Path) -> None:
    """Show the upper part of the sheet of thresholds."""
    with Image.open(masks / 'work/export_cam/thresholds.jpg') as sheet:
        part = sheet.crop((0, 0, sheet.width, round(0.388 * sheet.height)))
        part.save(OUT / 'tutorial_thresholds.jpg', quality=75)


def draw_correction(drawn: Path, masks: Path) -> None:
    """Draw an image, its mask, and the mask that a person would draw."""
    image = read_image(drawn / f'JPEGImages/{CORRECTED}.jpg')
    found = read_mask(masks / f'masks/{CORRECTED}.png')
    right = read_mask(drawn / f'SegmentationClass/{CORRECTED}.png')
    pictures = [image, overlay_label(image, found), overlay_label(image, right)]
    _row('tutorial_correct', pictures, ['image', 'mask that was made', 'mask that you correct'])


def draw_predictions(folder: Path) -> None:
    """Draw masks of images that no training has seen."""
    paths = sorted((folder / 'overlays').iterdir())
    _row('tutorial_predict', list(map(read_image, paths)), [path.stem for path in paths])


def _row(name: str, pictures: Sequence[np.ndarray], titles: Sequence[str]) -> None:
    figure = Figure(figsize=(1.8 * len(pictures), 2.1), layout='constrained')
    for axes, picture, title in zip(
        np.ravel(figure.subplots(1, len(pictures))), pictures, titles, strict=True
    ):
        axes.imshow(picture)
        axes.set_title(title, fontsize=9)
        axes.set_axis_off()
    figure.savefig(OUT / f'{name}.jpg', dpi=100, pil_kwargs=dict(quality=80))


def take_shots(page: Path) -> None:
    """Take the pictures of the gallery."""
    with start_browser() as browser:
        for name, (address, (width, height)) in SHOTS.items():
            opened = browser.new_page(viewport=dict(width=width, height=height))
            opened.goto(page.as_uri() + address)
            opened.wait_for_timeout(1000)
            opened.screenshot(path=OUT / f'{name}.jpg', type='jpeg', quality=75)
            opened.close()


if __name__ == '__main__':
    main()
