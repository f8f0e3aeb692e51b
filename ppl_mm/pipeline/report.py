"""The report of a pipeline: one table, in words, in pictures, in JSON, and the gallery.

The last step of tools/pipeline.py.
"""

import argparse
from pathlib import Path

from ..gallery.page import html_report
from ..gallery.pictures import draw_images, draw_pictures
from ..gallery.results import collect_results
from ..gallery.tables import markdown_report
from ..gallery.write import write_gallery
from ..utils.cli import run
from ..utils.files import write_bytes, write_json


def write_report(work_dir: Path, gallery: bool = False) -> None:
    """Write ``report.json``, ``.md``, ``.html`` and the pictures, and perhaps ``gallery/``."""
    report = collect_results(work_dir)
    report['panel'] = draw_pictures(work_dir, report)
    write_json(work_dir / 'report.json', report)
    if gallery:
        write_gallery(work_dir, work_dir / 'gallery')
    texts = {'report.md': markdown_report(report), 'report.html': html_report(work_dir, report)}
    for name, text in texts.items():
        write_bytes(work_dir / name, text.encode())


def main() -> None:
    """Write the report of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', type=Path, help='the folder of a pipeline that is done')
    parser.add_argument(
        '--without-photos',
        type=Path,
        metavar='FILE',
        help='only draw the panel, on black instead of the photographs, for '
        'photographs that may not be shown',
    )
    parser.add_argument(
        '--gallery', action='store_true', help='also draw DIR/gallery, with all images'
    )
    args = parser.parse_args()
    if args.without_photos:
        draw_images(
            args.work_dir, collect_results(args.work_dir), args.without_photos, photos=False
        )
        return
    write_report(args.work_dir, args.gallery)


if __name__ == '__main__':
    run(main)
