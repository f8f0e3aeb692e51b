"""From the CAMs of a folder to refined pseudo-labels in another one."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mmengine.dist import all_gather_object, barrier, get_rank, get_world_size, is_main_process

from ..errors import UserError
from ..formats.export_folder import ExportFolder
from ..formats.export_record import RefinementRecord
from ..formats.ground_truth import read_negatives
from ..formats.image_list import normal_name
from ..formats.mask_file import check_labels, read_mask, write_label
from ..formats.pseudo_label_summary import LabelSummary, summarize_labels
from ..refine.config import CHAIN_KEYS, build_chain, chain_settings, used_files
from ..utils.files import file_sha256
from ..utils.processes.distributed import on_main, on_main_process
from ..utils.processes.worker_pool import WorkerPool, default_workers
from ..utils.progress import track
from ..utils.text import counted
from .exporting.cam_folder import CamFolder
from .refining.image_refiner import ImageRefiner, Outcome
from .refining.refused_labels import refuse_useless

#: First keys of a config of ``tools/refine.py``.
CONFIG_KEYS = {*CHAIN_KEYS, 'custom_imports', 'refuse_useless', 'chains'}
# Fewer images than this are not worth a worker process more.
_PER_WORKER = 16
_SHOWN = 20  # failures in the summary


@dataclass(frozen=True)
class RefinementSummary:
    """How a refinement went.

    Args:
        num_images: How many were asked for.
        kept: How many had a label before.
        failed: Why an image has no label, by image id.
        blank: Images whose maps are all zero or that have no class.
        warnings: What is suspicious about the labels.
    """

    num_images: int
    kept: int
    failed: dict[str, str] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def lines(self, out_dir: str | os.PathLike) -> list[str]:
        """Return what to tell the user, who has given the refined folder."""
        refined = self.num_images - self.kept - len(self.failed)
        lines = [
            f'{counted(self.num_images, "image")}, {out_dir}: {refined} refined, '
            f'{self.kept} were there, {len(self.failed)} failed'
        ]
        if self.blank:
            lines.append(
                f'note: {counted(len(self.blank), "label is", "labels are")} all background, for '
                f'want of a class or of maps above zero (first: {self.blank[0]})'
            )
        lines += [f'warning: {line}' for line in self.warnings]
        ids = sorted(self.failed)
        lines += [f'failed: {image_id}: {self.failed[image_id]}' for image_id in ids[:_SHOWN]]
        if len(ids) > _SHOWN:
            path = ExportFolder(out_dir).record_path
            lines.append(f'.. and {len(ids) - _SHOWN} more, see failed in {path}')
        return lines


class FolderRefinement:
    """Refines the CAMs of an export folder.

    A second run continues: images whose label exists are not refined again. In a distributed run
    every process calls every method.

    Args:
        cfg: A config with ``refiners``, see :func:`chain_settings`, and perhaps ``refuse_useless``:
            labels that cover implausibly much, or nearly nothing, are then an error, see
            :func:`.refused_labels.refuse_useless`.
        folder: The CAMs and their images.
        out_dir: Gets ``labels/<image>.png`` and ``export.json``, so that it can stand wherever an
            export can. Nothing is written there before :meth:`run`.
        save_scores: Write the refined maps to ``cams/<image>.npz``. Defaults to False.
        masks: Holds ``<image>.png`` of some images: masks that a person has drawn, which become
            the labels of these images as they are. Defaults to None: there are none.
        chain_from: How the chain was chosen, for the record. Defaults to None: it was given.

    Raises:
        UserError: If the chain cannot be built.

    Examples:
        >>> folder = CamFolder('work_dirs/export_cam')
        >>> refinement = FolderRefinement(
        ...     read_config('refine.py'), folder, 'work_dirs/refined')
        >>> summary = refinement.run(folder.image_ids('train'), workers=4)
    """

    def __init__(
        self,
        cfg: Mapping,
        folder: CamFolder,
        out_dir: str | os.PathLike,
        save_scores: bool = False,
        masks: str | os.PathLike | None = None,
        chain_from: dict | None = None,
    ) -> None:
        self.where = str(getattr(cfg, 'filename', None) or 'config')
        self.settings = chain_settings(cfg, self.where, folder.record)
        build_chain(self.settings)  # says what is wrong before any image
        self.source, self.folder = folder, ExportFolder(out_dir)
        self.save_scores, self.masks = save_scores, _find_masks(masks)
        self.chain_from = chain_from
        self.refuse_useless = bool(cfg.get('refuse_useless', False))

    def run(
        self, image_ids: Sequence[str], split: str | None = None, workers: int | None = None
    ) -> RefinementSummary:
        """Refine the images that have no label yet.

        Args:
            image_ids: The images.
            split: Their split, for the record.
            workers: Processes that refine; 0 or 1 for only this one. Defaults to None: one for
                each CPU, fewer for few images.

        Returns:
            The same in every process.

        Raises:
            UserError: If the folder holds something else or another run is at work there, the
                chain cannot work on any image, nothing can be written, or a worker process was
                ended; or if its labels are refused.
        """
        with on_main(self.folder.claim(self._describe())) as self._record:
            return self._run(image_ids, split, workers)

    def _describe(self) -> RefinementRecord:
        source = self.source.record
        return RefinementRecord(
            config=source.config,
            checkpoint=source.checkpoint,
            checkpoint_sha256=source.checkpoint_sha256,
            data_root=str(self.source.data_root),
            classes=self.source.classes,
            background=source.background,
            threshold=self.settings.threshold,
            threshold_from=self.settings.threshold_from,
            finished=False,
            source_dir=str(self.source.root),
            source=source.identity(),
            refine_config=self.where,
            chain_from=self.chain_from,
            **self.settings.chain(),
            files=used_files(self.settings.chain())
            | {str(path): file_sha256(path) for path in self.masks.values()},
        )

    def _run(
        self, image_ids: Sequence[str], split: str | None, workers: int | None
    ) -> RefinementSummary:
        on_main_process(lambda: self._write_given(image_ids))
        done = self._done()
        todo = [image_id for image_id in image_ids if image_id not in done]
        barrier()  # all have seen the same files
        self._write_record(finished=False, split=split, num_images=len(image_ids))
        mine = todo[get_rank() :: get_world_size()]
        outcomes = [one for one in self._outcomes(mine, workers) if one.failure or one.blank]
        outcomes = [one for part in all_gather_object(outcomes) for one in part]
        failed = {one.image_id: one.failure for one in outcomes if one.failure}
        labelled = [image_id for image_id in image_ids if image_id not in failed]
        labels = self._summarize(labelled)
        if self.refuse_useless:
            refuse_useless(labels, self.source, self.folder, labelled)
        others = {k: why for k, why in self._record.failed.items() if k not in set(image_ids)}
        self._write_record(
            finished=True,
            failed=dict(sorted({**others, **failed}.items())),
            label_summary=asdict(labels),
        )
        barrier()  # the record is there for all
        return RefinementSummary(
            len(image_ids),
            len(image_ids) - len(todo),
            failed,
            sorted(one.image_id for one in outcomes if one.blank),
            [*self._unused_masks(image_ids), *labels.warnings(self.source.classes)],
        )

    def _unused_masks(self, image_ids: Sequence[str]) -> list[str]:
        """Return a warning where no mask that was given is of these images."""
        if not self.masks or self.masks.keys() & set(image_ids):
            return []
        first = min(self.masks.values())
        return [
            f'--masks: no mask of {len(self.masks)} is of these images (first: {first}); '
            'a mask is named <image id>.png'
        ]

    def _write_given(self, image_ids: Sequence[str]) -> None:
        """Write the masks of the images that have one as their labels."""
        classes = self.source.classes
        for image_id in sorted(self.masks.keys() & set(image_ids)):
            path = self.masks[image_id]
            mask = read_mask(path)
            advice = f'the classes are {", ".join(classes)}, from 1 on'
            check_labels(mask, len(classes), path, advice, self.source.record.background)
            if mask.shape != (size := self.source.read_cam(image_id).size):
                raise UserError(f'{path}: is of {mask.shape} pixels, its image of {size}')
            write_label(self.folder.label_path(image_id), mask)

    def _done(self) -> set[str]:
        done = self.folder.label_ids()
        return done & self.folder.cam_ids() if self.save_scores else done

    def _outcomes(self, image_ids: Sequence[str], workers: int | None) -> Iterator[Outcome]:
        """Refine this process's share."""
        if not image_ids:
            return
        if workers is None:
            # Starting one takes as long as refining some images.
            workers = min(default_workers(), len(image_ids) // _PER_WORKER)
        args = (self.settings, self.source, self.folder, self.save_scores)
        with WorkerPool(ImageRefiner, args, min(workers, len(image_ids))) as pool:
            yield from track(
                pool.map(image_ids), 'refining', is_main_process(), total=len(image_ids)
            )

    def _summarize(self, image_ids: Sequence[str]) -> LabelSummary:
        labels = {image_id: self.folder.label_path(image_id) for image_id in image_ids}
        return on_main_process(
            lambda: summarize_labels(
                labels,
                len(self.source.classes),
                lambda: read_negatives(self.source.data_root),
                background=self.source.record.background,
            )
        )

    def _write_record(self, **changes: Any) -> None:
        self._record = replace(self._record, **changes)
        if is_main_process():
            self.folder.write(self._record)


def _find_masks(folder: str | os.PathLike | None) -> dict[str, Path]:
    """Return the path of each mask of a folder by image id."""
    if folder is None:
        return {}
    root = Path(folder)
    if not root.is_dir():
        raise UserError(f'--masks {root}: no such folder; give the folder of the masks')
    found = sorted(root.rglob('*.png'))
    return {normal_name(path.relative_to(root).with_suffix('').as_posix()): path for path in found}
