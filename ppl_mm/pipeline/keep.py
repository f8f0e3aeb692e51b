"""Keep the better of two stages: the maps and labels of one of two exports, in a folder of its own.

A step of tools/pipeline.py.
"""

import argparse
import os
import shutil
from dataclasses import asdict
from pathlib import Path

from ..apis.exporting.cam_folder import CamFolder
from ..apis.stage_choice import StageChoice, choose_by_maps, choose_by_masks
from ..errors import UserError
from ..formats.export_folder import ExportFolder
from ..formats.ground_truth import GroundTruth
from ..utils.cli import run
from ..utils.files import read_json, write_json

#: What was kept, and why; beside the record of the kept export.
CHOICE = 'choice.json'


def keep_export(kept: ExportFolder, out: ExportFolder) -> None:
    """Give a folder the maps, the labels and the record of an export.

    Files are links where the file system has them, so they take no room. What was there of another
    export is removed.

    Args:
        kept: The export, finished.
        out: The folder.

    Raises:
        UserError: If the export is not finished.
    """
    record = kept.read()
    if not record.finished:
        raise UserError(f'{kept.root}: the export was not finished; run its command again')
    out.record_path.unlink(missing_ok=True)
    for ids, old, path in (
        (kept.cam_ids(), out.cam_ids(), ExportFolder.cam_path),
        (kept.label_ids(), out.label_ids(), ExportFolder.label_path),
    ):
        for image_id in old:
            path(out, image_id).unlink()
        for image_id in ids:
            _link(path(kept, image_id), path(out, image_id))
    out.write(record)  # says: done


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(source, target)


def choose_stage(args: argparse.Namespace) -> StageChoice:
    """Return the choice of an earlier run of this command, by masks, or by the maps."""
    if args.choice:
        return StageChoice(**read_json(args.choice))
    before, after = (CamFolder(folder) for folder in args.exports)
    if args.masks:
        split, folder = args.masks
        truth = GroundTruth(folder, before.layout.label_file)
        return choose_by_masks(before, after, truth, split, args.stage)
    return choose_by_maps(before, after, args.split, args.stage)


def main() -> None:
    """Choose, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('exports', type=Path, nargs=2, help='of the stage before, of the later one')
    parser.add_argument('--stage', type=int, required=True, help='number of the later one')
    parser.add_argument('--split', required=True, help='images to compare')
    parser.add_argument('--masks', nargs=2, metavar=('SPLIT', 'DIR'), help='masks that decide')
    parser.add_argument('--choice', type=Path, help=f'a {CHOICE} to follow instead')
    parser.add_argument('--out', type=Path, required=True, help='the folder to write')
    args = parser.parse_args()
    choice = choose_stage(args)
    print(choice.line())
    keep_export(ExportFolder(args.exports[choice.later]), ExportFolder(args.out))
    write_json(args.out / CHOICE, asdict(choice))


if __name__ == '__main__':
    run(main)
