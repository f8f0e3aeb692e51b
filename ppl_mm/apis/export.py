"""From a trained classifier to CAM files and pseudo-labels."""

import copy
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from mmengine.config import Config
from mmengine.dist import barrier, get_rank, get_world_size, is_main_process
from mmengine.registry import init_default_scope

from ..cams import label_from_cam
from ..cams.threshold_choice import ThresholdChoice
from ..formats.cam_file import read_cam
from ..formats.class_list import NO_BACKGROUND
from ..formats.export_folder import ExportFolder
from ..formats.export_record import ExportRecord, Threshold
from ..formats.mask_file import write_label
from ..formats.pseudo_label_summary import LabelSummary, summarize_labels
from ..utils.config.building import running
from ..utils.config.scope import scope_of
from ..utils.processes.distributed import on_main, on_main_process
from ..utils.progress import track
from .exporting.cam_folder import CamFolder
from .exporting.exported_data import ExportedData
from .exporting.learnt import learn
from .exporting.negative_maps import full_scale
from .exporting.origin import check_config, describe_export
from .exporting.picked_images import pick_negatives
from .exporting.runner import export_runner
from .exporting.summary import THRESHOLD_SHEET, ExportSummary
from .thresholds.chooser import choose_by_maps, choose_by_masks
from .thresholds.sheet import write_threshold_sheet


class CAMExport:
    """Exports the CAMs and the pseudo-labels of a split into a folder.

    A second run continues: images whose CAM exists are not run again, and labels are written again
    only if the threshold has changed. In a distributed run every process calls every method.

    Args:
        cfg: Config of the classifier, with ``tta_model`` and ``tta_pipeline``.
        checkpoint: Its weights.
        out_dir: The export folder, see :class:`.ExportFolder`. Nothing is written there before
            :meth:`run`.

    Raises:
        UserError: If the config cannot export.

    Examples:
        >>> export = CAMExport(cfg, 'epoch_8.pth', 'work_dirs/export')
        >>> export.run('train', ThresholdChoice(split='val')).threshold
        '0.42'
    """

    def __init__(self, cfg: Config, checkpoint: str, out_dir: str | os.PathLike) -> None:
        check_config(cfg, 'test_dataloader')
        self.cfg, self.checkpoint = cfg, checkpoint
        self.folder = ExportFolder(out_dir)
        init_default_scope(scope_of(cfg))
        self._data = ExportedData(cfg)

    def cam_folder(self) -> CamFolder:
        """Return the maps that were written, each beside its image."""
        return CamFolder(self.folder.root, image_dir=self._data.image_dir)

    def run(self, split: str | None = None, choice: ThresholdChoice | None = None) -> ExportSummary:
        """Write the CAMs and the labels of a split.

        Args:
            split: See :class:`ImageLabelDataset`. Defaults to None: the one of the config's
                ``test_dataloader``.
            choice: How the threshold is chosen. Defaults to None: IRN's. Where every pixel belongs
                to a class, nothing is cut and no choice made.

        Raises:
            UserError: If the folder holds something else or another run is at work there, the
                checkpoint does not fit the config, an image cannot be read, or a mask that is to
                choose the threshold is missing.
        """
        record = describe_export(self.cfg, self.checkpoint, self._data.build(split))
        choice = _fitting(choice or ThresholdChoice(), record, self.cfg)
        choice.check_names(record.classes)
        if choice.split is not None:
            self._data.check_masks(choice.split)
        record = learn('reference', record, self.folder, self.cfg, self.checkpoint)
        record = self._weigh_maps(record)
        record = learn('probe', record, self.folder, self.cfg, self.checkpoint)
        with on_main(self.folder.claim(record)) as self._record:
            self._write_record()
            choice = self._choose(choice, split)
            ids = self._export_cams(split)
            labels = self._write_labels(ids, split, choice)
            on_main_process(lambda: _write_sheet(self.cam_folder(), ids, choice))
            warnings = labels.warnings(self._record.classes)
            record = self._record
            return ExportSummary(ids, record.threshold_text, warnings, record.threshold_origin)

    def _weigh_maps(self, record: ExportRecord) -> ExportRecord:
        """Dim maps as weak as those of negatives, if the config names any."""
        tta, split = self.cfg.tta_model, self.cfg.get('export_negatives')
        if split is None or tta.get('full_scale') is not None or not record.background:
            return record
        on_main_process(lambda: self.folder.check(record, unknown=('full_scale', 'probe')))
        cfg = copy.deepcopy(self.cfg)
        cfg.tta_model.classes = 'all'
        negatives = CAMExport(cfg, self.checkpoint, self.folder.negatives.root)
        strength = negatives.strength_of_negatives(split, record.reference)
        if strength is not None:
            tta.full_scale = strength
        return replace(record, full_scale=strength)

    def strength_of_negatives(self, split: str, reference: dict | None) -> list[float] | None:
        """Export maps of a split that shows none of the classes, and see how strong they are.

        Returns:
            See :func:`.negative_maps.full_scale`; None where there are too few of them.
        """
        dataset = self._data.build(split)
        chosen = pick_negatives(dataset)
        if not chosen:
            return None
        record = replace(describe_export(self.cfg, self.checkpoint, dataset), reference=reference)
        with on_main(self.folder.claim(record)) as self._record:
            self._write_record()
            ids = self._export_cams(split, chosen)
            paths = [self.folder.cam_path(image_id) for image_id in ids]
            classes, probabilities = len(record.classes), bool(record.softmax)
            return on_main_process(lambda: full_scale(map(read_cam, paths), classes, probabilities))

    def _write_record(self, **changes: Any) -> None:
        self._record = replace(self._record, **changes)
        if is_main_process():
            self.folder.write(self._record)

    def _export_cams(self, split: str | None, chosen: Sequence[int] | None = None) -> list[str]:
        """Write the missing CAMs of a split, or of some of its images; return the image ids."""
        dataset = self._data.build(split)
        places = range(len(dataset)) if chosen is None else chosen
        ids = [dataset.get_data_info(k)['image_id'] for k in places]
        done = [self.folder.cam_path(name).is_file() for name in ids]
        pending = [k for k, has_cam in zip(places, done, strict=True) if not has_cam]
        barrier()  # all have counted the same files
        if pending:
            dataset = dict(self._data.config(split), indices=pending)
            runner = export_runner(self.cfg, self.checkpoint, self.folder, dataset)
            with running(self.cfg):
                runner.test()
        return ids

    def _choose(self, choice: ThresholdChoice, split: str | None) -> ThresholdChoice:
        """Replace what chooses the threshold by the threshold, which takes CAMs."""
        by_maps, masks_of, classes = None, choice.split, self._record.classes
        if choice.auto:
            shown, boxes = self._export_cams(split), self._data.box_shares()
            probed = self._record.probe is not None
            by_maps = on_main_process(
                lambda: choose_by_maps(self.folder, shown, classes, choice, boxes, probed)
            )
        if masks_of is None:
            return by_maps or choice
        ids, truth = self._export_cams(masks_of), self._data.ground_truth()
        return on_main_process(
            lambda: choose_by_masks(self.folder, truth, ids, classes, masks_of, by_maps)
        )

    def _write_labels(
        self, ids: Sequence[str], split: str | None, choice: ThresholdChoice
    ) -> LabelSummary:
        """Write the pseudo-labels of images whose CAMs exist.

        All labels of a folder are of one threshold: where it has changed, those of other splits
        are written again, too.
        """
        known, threshold = self.folder.label_ids(), choice.threshold(self._record.classes)
        same = self._record.threshold == threshold
        todo = sorted(set(ids) - known if same else known.union(ids))
        barrier()  # all have seen the same files
        # If this is interrupted, the next run starts again.
        self._write_record(threshold=None, finished=False)
        _label(self.folder, todo[get_rank() :: get_world_size()], self._record, threshold)
        barrier()
        paths = {image_id: self.folder.label_path(image_id) for image_id in ids}
        record = self._record
        labels = on_main_process(
            lambda: summarize_labels(
                paths,
                len(record.classes),
                lambda: self._data.build(split).negatives(),
                background=record.background,
            )
        )
        self._write_record(
            threshold=threshold,
            threshold_from=choice.origin,
            split=split,
            num_images=len(ids),
            label_summary=asdict(labels),
            finished=True,
        )
        return labels


def _write_sheet(folder: CamFolder, ids: Sequence[str], choice: ThresholdChoice) -> None:
    """Show other thresholds where the maps chose one; remove the sheet of an earlier choice."""
    sheet = folder.root / THRESHOLD_SHEET
    if choice.auto:
        write_threshold_sheet(sheet, folder, ids)
    else:
        sheet.unlink(missing_ok=True)


def _fitting(choice: ThresholdChoice, record: ExportRecord, cfg: Config) -> ThresholdChoice:
    """Return a choice of data with a background as it is; else nothing is cut."""
    if record.background:
        return choice
    cfg.tta_model.background = False
    return ThresholdChoice(0.0, NO_BACKGROUND)


def _label(
    folder: ExportFolder, ids: Sequence[str], record: ExportRecord, threshold: Threshold
) -> None:
    """Write the pseudo-labels of this process's share of the images."""
    for image_id in track(ids, 'writing labels', is_main_process()):
        cam_file = read_cam(folder.cam_path(image_id))
        label = label_from_cam(cam_file, threshold, record.background)
        write_label(folder.label_path(image_id), label)
