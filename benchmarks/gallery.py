"""A gallery of many images in headless Chromium: opening, scrolling, filtering.

Some images are drawn, with map, label, refined label and prediction; their
files stand for all images of the gallery, under names of their own. Opening
counts from the address to the moment when every picture in sight is decoded.
Scrolling moves the page by a screen's height in each half second, from
the first image to the last, or for as long as ``--scroll`` says; a frame is
late if it takes more than twice 1/60 s; other work on the machine makes frames
late. It does not change the processor time of the page's thread, which is
measured beside it: a thread that is busy all the time draws no frame in time.
All is measured without a GPU, so Chromium draws with the same cores.

open_over_limit     seconds to open over the 2 s that are wanted
late_frames         share of the frames that are late
busy                processor time of the page's thread over the time of scrolling
cards_over_images   elements of images in the page over images
rerun_over_first    drawing a gallery again, unchanged, over drawing it
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ppl_mm  # noqa: F401
from benchmarks.browser import start_browser
from benchmarks.common import finish, make_parser, print_table, timed
from ppl_mm.data_tools.demo.drawing import CLASSES, draw_sample
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord, RefinementRecord
from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.voc_layout import VOCLayout, write_lists
from ppl_mm.gallery import make_gallery
from ppl_mm.gallery.from_folders import read_folders
from ppl_mm.gallery.image_record import ImagePaths
from ppl_mm.gallery.site import write_site
from ppl_mm.gallery.source import GallerySource
from ppl_mm.utils.cli import run
from ppl_mm.utils.files import read_json

DRAWN, QUICK_DRAWN, SIDE = 40, 10, 320
LIMIT, FRAME = 2.0, 1 / 60
#: Waits until every picture in sight is decoded.
SETTLED = """() => Promise.all([...document.querySelectorAll('.grid img')].map(
    (one) => one.decode().catch(() => 0))).then((all) => all.length)"""
#: Scrolls, and returns the milliseconds of each frame.
SCROLL = """(seconds) => new Promise((done) => {
    const times = [], end = document.documentElement.scrollHeight - innerHeight;
    let first = null, last = null;
    function frame(now) {
        if (last === null) first = now; else times.push(now - last);
        last = now;
        scrollTo(0, Math.min(end, (now - first) / 500 * innerHeight));
        if (scrollY >= end || now - first > 1000 * seconds) done(times);
        else requestAnimationFrame(frame);
    }
    requestAnimationFrame(frame);
})"""
FILTER = """(name) => {
    const start = performance.now(), box = document.querySelector('#tools [name=class]');
    box.value = name;
    box.dispatchEvent(new Event('input', { bubbles: true }));
    return performance.now() - start;
}"""


def draw_folders(root: Path, count: int, side: int = SIDE) -> GallerySource:
    """Write a made-up data set, with what a pipeline makes of it; return it as a gallery's source.

    Args:
        root: An empty folder.
        count: Images; every fifth is of val.
        side: Height and width in pixels.
    """
    layout, labels = VOCLayout(root / 'data'), {}
    export, rng = ExportFolder(root / 'export'), np.random.default_rng(0)
    layout.image_dir.mkdir(parents=True)
    names = [f'drawn {number:04}' for number in range(count)]
    for name in names:
        sample = draw_sample(rng, side)
        Image.fromarray(sample.image).save(layout.image_path(name), quality=90)
        labels[name] = [CLASSES[k] for k in sorted({k for k, _ in sample.objects})]
        _write_labels(export, root, name, sample.mask, rng)
        write_label(layout.mask_path(name), sample.mask)
    splits = dict(train=[name for k, name in enumerate(names) if k % 5], val=names[::5])
    write_lists(layout.root, CLASSES, splits, labels)
    common: dict[str, Any] = dict(classes=CLASSES, data_root=str(layout.root), finished=True)
    export.write(ExportRecord(**common, threshold=0.3))
    export.refined.write(RefinementRecord(**common))
    return read_folders(export.root, predictions=root / 'predictions')


def _write_labels(
    export: ExportFolder, root: Path, name: str, mask: np.ndarray, rng: np.random.Generator
) -> None:
    """Write a coarse map, the label cut from it, a label with rough borders, and a better one."""
    ids = [int(value) - 1 for value in np.unique(mask) if value]
    maps = [_blurred(mask == k + 1, 24 + 24 * rng.random()) for k in ids]
    cam = np.stack(maps).astype(np.float16)
    write_cam(export.cam_path(name), CamFile(ids, cam[:, ::8, ::8], mask.shape))
    best = cam.argmax(axis=0)
    cut = np.where(cam.max(axis=0) > 0.3, np.array(ids)[best] + 1, 0).astype(np.uint8)
    write_label(export.label_path(name), cut)
    for folder, size in ((export.refined.label_dir, 12), (root / 'predictions', 5)):
        shift = rng.integers(-size, size + 1, size=2)
        write_label(folder / f'{name}.png', np.roll(mask, shift, axis=(0, 1)))


def _blurred(mask: np.ndarray, sigma: float) -> np.ndarray:
    """Return a mask (H, W) as a smooth map whose maximum is 1."""
    found = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma)
    return found / max(float(found.max()), 1e-6)


def multiply(source: GallerySource, drawn: Path, out: Path, count: int) -> Path:
    """Write a gallery of many images from the files of a few.

    Args:
        source: The few.
        drawn: Their gallery.
        out: An empty folder.
        count: How many images.

    Returns:
        The page to open.
    """
    few, many = ImagePaths(drawn), ImagePaths(out)
    maker_records = [read_json(few.record(few.key(image))) for image in source.split_of()]
    records = []
    for number in range(count):
        record = dict(maker_records[number % len(maker_records)])
        old, image = record['key'], f'image {number:05}'
        record |= dict(image=image, key=many.key(image))
        pairs = [
            (few.photo(old), many.photo(record['key'])),
            (few.thumb(old), many.thumb(record['key'])),
        ]
        pairs += [(few.layer(one, old), many.layer(one, record['key'])) for one in record['layers']]
        for path, link in pairs:
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, link)
        records.append(record)
    splits = dict(train=[record['image'] for record in records])
    values = vars(source) | dict(splits=splits, title=f'{count} images')
    return write_site(GallerySource(**values), records, out)


def measure(browser: Any, page: Path, seconds: float) -> dict:
    """Open a gallery, scroll it, filter it.

    Args:
        browser: From :func:`.start_browser`.
        page: The page of the gallery.
        seconds: How long to scroll at most.

    Returns:
        Seconds and counts.
    """
    opened = browser.new_page(viewport=dict(width=1280, height=900))
    start = time.perf_counter()
    opened.goto(page.as_uri() + '#images')
    opened.evaluate(SETTLED)
    seen = time.perf_counter() - start
    thread = opened.context.new_cdp_session(opened)
    thread.send('Performance.enable', dict(timeDomain='threadTicks'))
    before = _busy_seconds(thread)
    frames = [one / 1000 for one in opened.evaluate(SCROLL, seconds)]
    busy = _busy_seconds(thread) - before
    cards = opened.locator('.grid .card').count()
    filtered = opened.evaluate(FILTER, CLASSES[0]) / 1000
    opened.close()
    return dict(
        open_seconds=round(seen, 3),
        cards=cards,
        frames=len(frames),
        median_frame=round(statistics.median(frames), 4),
        longest_frame=round(max(frames), 4),
        late_frames=round(sum(one > 2 * FRAME for one in frames) / len(frames), 4),
        busy=round(busy / sum(frames), 3),
        filter_seconds=round(filtered, 4),
        data_megabytes=round((page.parent / 'data.js').stat().st_size / 1e6, 2),
    )


def _busy_seconds(thread: Any) -> float:
    """Return the processor time of all tasks of a page's thread so far."""
    metrics = thread.send('Performance.getMetrics')['metrics']
    return next(one['value'] for one in metrics if one['name'] == 'TaskDuration')


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__ or '', quick='few images drawn, 5 seconds of scrolling')
    parser.add_argument('--images', type=int, nargs='+', default=[100, 5000])
    parser.add_argument('--scroll', type=float, default=60.0, help='seconds (default: %(default)s)')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Draw, open, scroll; print the table and the line of JSON."""
    args = parse_args(argv)
    seconds = min(5.0, args.scroll) if args.quick else args.scroll
    drawn = QUICK_DRAWN if args.quick else DRAWN
    with tempfile.TemporaryDirectory() as folder, start_browser() as browser:
        root = Path(folder)
        source = draw_folders(root, drawn)
        make = partial(timed, make_gallery, source, root / 'few', clock=time.perf_counter)
        times = [make()[1] for _ in range(2)]
        found = {
            count: measure(
                browser, multiply(source, root / 'few', root / f'{count}', count), seconds
            )
            for count in args.images
        }
    names = list(next(iter(found.values())))
    print_table(['images', *names], [[n, *one.values()] for n, one in found.items()])
    last, count = found[args.images[-1]], args.images[-1]
    ratios = dict(
        open_over_limit=round(last['open_seconds'] / LIMIT, 3),
        late_frames=last['late_frames'],
        busy=last['busy'],
        cards_over_images=last['cards'] / count,
        rerun_over_first=round(times[1] / times[0], 3),
    )
    figures = {str(n): one for n, one in found.items()}
    figures['draw'] = dict(seconds_per_image=round(times[0] / drawn, 4))
    finish('gallery', ratios, figures, args.out, browser=browser.version)


if __name__ == '__main__':
    run(main)
