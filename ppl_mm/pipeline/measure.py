"""Measure an export on splits: its maps at its threshold, and its labels.

A step of tools/pipeline.py; tools/analysis_tools/eval_cam.py does it for people.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..cams import common_cut
from ..errors import UserError
from ..evaluation import evaluate_folder, evaluate_labels, summarize
from ..evaluation.threshold_sweep import DEFAULT_THRESHOLDS
from ..formats.export_folder import ExportFolder
from ..formats.export_record import ExportRecord, Threshold
from ..formats.ground_truth import GroundTruth
from ..formats.voc_layout import VOCLayout
from ..utils.cli import run
from ..utils.files import write_json


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data-root', type=Path, required=True)
    parser.add_argument('--out', required=True, help='the JSON to write')
    parser.add_argument(
        '--split', nargs=3, action='append', required=True, metavar=('ROLE', 'SPLIT', 'EXPORT_DIR')
    )
    return parser.parse_args(argv)


def measure_export(data_root: Path, split: str, export_dir: Path) -> dict:
    """Measure what an export made of a split.

    Args:
        data_root: A data set in VOC's layout.
        split: A list in ``ImageSets/Segmentation``.
        export_dir: The finished folder of ``tools/export_cam.py`` or ``tools/refine.py``.

    Returns:
        Of JSON's types: ``split``, ``num_images``, ``negatives_without_mask`` (of them, all
        background), ``config``, ``checkpoint``, ``checkpoint_sha256``, ``classes`` with the
        background, ``threshold`` (0.5 where each class has its own: ``thresholds``, by name, else
        None) and where it is from; ``maps``: the scores of the maps cut at it, see ``summarize``;
        ``labels``: those of the PNGs; ``curve``: of all thresholds. Where the labels were refined,
        threshold, maps and curve are None, and without a background threshold and curve.

    Raises:
        UserError: If a file is missing or does not fit.
    """
    folder, layout = ExportFolder(export_dir), VOCLayout(data_root)
    record, ids = folder.read(), layout.read_split(split)
    masks = GroundTruth(layout.mask_dir, classes=record.classes)
    classes, threshold = record.label_names, record.map_threshold
    maps, curve = _measure_maps(folder, record, masks, ids)
    labels = evaluate_labels(folder.label_dir, masks, ids, len(record.classes))
    if not labels.any():
        raise UserError(
            f'{masks.mask_dir}: the masks of {split} hold nothing but void; name a split with masks'
        )
    return dict(
        split=split,
        num_images=len(ids),
        negatives_without_mask=len(masks.assumed),
        config=record.config,
        checkpoint=record.checkpoint,
        checkpoint_sha256=record.checkpoint_sha256,
        classes=list(classes),
        threshold=common_cut(threshold) if record.background and threshold is not None else None,
        thresholds=_of_classes(threshold, record.classes),
        threshold_from=None if threshold is None else record.threshold_origin,
        maps=maps,
        labels=summarize(labels, classes),
        curve=curve,
    )


def _of_classes(threshold: Threshold | None, classes: Sequence[str]) -> dict | None:
    """Return the threshold of each class that has its own, by name."""
    return dict(zip(classes, threshold, strict=True)) if isinstance(threshold, list) else None


def _measure_maps(
    folder: ExportFolder, record: ExportRecord, masks: GroundTruth, ids: Sequence[str]
) -> tuple[dict | None, dict | None]:
    """Return the scores of the maps at their threshold, and at all; see :func:`measure_export`."""
    threshold = record.map_threshold
    if threshold is None:
        return None, None
    cut, background = common_cut(threshold), record.background
    sweep = evaluate_folder(
        folder.cam_dir,
        masks,
        ids,
        len(record.classes),
        [*DEFAULT_THRESHOLDS, cut],
        background=background,
        used=threshold,
    )
    scores = summarize(sweep.confusion(cut), record.label_names)
    return scores, sweep.curve() if background else None


def main() -> None:
    """Measure and write."""
    args = parse_args()
    report = {
        role: measure_export(args.data_root, split, Path(export_dir))
        for role, split, export_dir in args.split
    }
    write_json(args.out, report)


if __name__ == '__main__':
    run(main)
