"""From the CAMs of a folder to refined pseudo-labels in another one."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmengine.dist import all_gather_object, barrier, get_rank, get_world_size, is_main_process

from ..errors import UserError
from ..refine.config import build_chain, chain_settings, used_files
from ..utils.files import write_json
from ..utils.progress import track
from ..utils.worker_pool import WorkerPool, default_workers
from ..version import __version__
from .cam_folder import CamFolder, read_export, stems_below
from .image_refiner import ImageRefiner, Outcome

# Fewer images than this are not worth a worker process more.
_PER_WORKER = 16

# What makes the labels what they are: a folder holds those of one such run.
_IDENTITY = (
    'checkpoint_sha256',
    'data_root',
    'classes',
    'source',
    'refiners',
    'label',
    'max_pixels',
    'files',
)
# What an export says about itself, or a refinement where that is refined.
_OF_SOURCE = (
    'class_source',
    'views',
    'cam_stride',
    'relu',
    'refiners',
    'label',
    'max_pixels',
    'files',
)


@dataclass
class RefinementSummary:
    """How a refinement went.

    Args:
        num_images (int): Asked for.
        kept (int): Whose label was there before.
        failed (dict[str, str]): Why an image has no label, by its name.
        blank (list[str]): Images of which no map says anything.
    """

    num_images: int
    kept: int
    failed: dict[str, str] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)

    def lines(self, out_dir: str | os.PathLike, shown: int = 20) -> list[str]:
        """What to tell the user.

        Args:
            out_dir (str | PathLike): The refined folder.
            shown (int): How many failures to list. Defaults to 20.

        Returns:
            list[str]: Lines.
        """
        refined = self.num_images - self.kept - len(self.failed)
        lines = [
            f'{self.num_images} images, {out_dir}: {refined} refined, '
            f'{self.kept} were there, {len(self.failed)} failed'
        ]
        if self.blank:
            lines.append(
                f'note: {len(self.blank)} have no class or only zero maps, so '
                f'they are all background (first: {self.blank[0]})'
            )
        names = sorted(self.failed)
        lines += [f'failed: {name}: {self.failed[name]}' for name in names[:shown]]
        if len(names) > shown:
            lines.append(
                f'.. and {len(names) - shown} more, see failed in {Path(out_dir) / "export.json"}'
            )
        return lines


class FolderRefinement:
    """Refines the CAMs of an export folder.

    A second run continues: images whose label is there are not done again. In
    a distributed run every process calls every method.

    Args:
        cfg (Mapping): With ``refiners``, see :func:`chain_settings`.
        folder (CamFolder): The CAMs and their images.
        out_dir (str | PathLike): Gets ``labels/<image>.png`` and
            ``export.json``, so that it can stand wherever an export can.
        save_scores (bool): Write the refined maps to ``cams/<image>.npz``.
            Defaults to False.

    Raises:
        UserError: If the chain can't be built, or the folder holds something
            else.

    Examples:
        >>> folder = CamFolder('work_dirs/export_cam')
        >>> refinement = FolderRefinement(
        ...     read_config('refine.py'), folder, 'work_dirs/refined')
        >>> summary = refinement.run(folder.stems('train'), workers=4)
    """

    def __init__(
        self, cfg: Mapping, folder: CamFolder, out_dir: str | os.PathLike, save_scores: bool = False
    ) -> None:
        where = str(getattr(cfg, 'filename', None) or 'config')
        self.settings = chain_settings(cfg, where)
        build_chain(self.settings)  # says what is wrong before any image
        self.folder, self.out_dir = folder, Path(out_dir)
        self.save_scores = save_scores
        self.info = self._describe(where)
        self._claim_folder()

    def _describe(self, where: str) -> dict:
        record = self.folder.record
        return dict(
            ppl_mm=__version__,
            **{key: record.get(key) for key in ('config', 'checkpoint', 'checkpoint_sha256')},
            data_root=str(self.folder.data_root),
            classes=self.folder.classes,
            source_dir=str(self.folder.root),
            source={key: record[key] for key in _OF_SOURCE if key in record},
            refine_config=where,
            **self.settings,
            files=used_files(self.settings),
            # No threshold cuts refined maps: the label rule has decided.
            threshold=None,
            threshold_from=None,
            failed={},
        )

    def _claim_folder(self) -> None:
        """Refuse a folder with something else."""
        path = self.out_dir / 'export.json'
        if path.is_file():
            found = read_export(self.out_dir)
            other = next((key for key in _IDENTITY if found.get(key) != self.info[key]), None)
            # Without a label it is what a run left that failed at once.
            if other and ('refiners' not in found or self._labelled()):
                raise UserError(
                    f'{self.out_dir}: holds another refinement or an export '
                    f'({other} differs, see {path}); give another --out-dir '
                    'or remove this one'
                )
            if not other:
                self.info['failed'] = found.get('failed') or {}
        elif self.out_dir.exists() and (not self.out_dir.is_dir() or any(self.out_dir.iterdir())):
            raise UserError(
                f'{self.out_dir}: is not empty and not a folder '
                'of refined labels; give another --out-dir'
            )
        barrier()  # nobody writes before all have looked

    def _labelled(self) -> set[str]:
        return stems_below(self.out_dir / 'labels', '.png')

    def run(
        self, stems: Sequence[str], split: str | None = None, workers: int | None = None
    ) -> RefinementSummary:
        """Refine the images that have no label yet.

        Args:
            stems (Sequence[str]): The images.
            split (str, optional): Their split, for the record.
            workers (int, optional): Processes that refine; 0 or 1 for none
                but this one. Defaults to None: one for each CPU, fewer
                for few images.

        Returns:
            RefinementSummary: The same in every process.

        Raises:
            UserError: If the chain can't work on any image, nothing can be
                written, or a worker process was ended.
        """
        done = self._labelled()
        if self.save_scores:
            done &= stems_below(self.out_dir / 'cams', '.npz')
        todo = [stem for stem in stems if stem not in done]
        barrier()  # all have seen the same files
        self._record(finished=False, split=split, num_images=len(stems))
        mine = todo[get_rank() :: get_world_size()]
        outcomes = [one for one in self._outcomes(mine, workers) if one.failure or one.blank]
        outcomes = [one for part in all_gather_object(outcomes) for one in part]
        summary = RefinementSummary(
            len(stems),
            len(stems) - len(todo),
            {one.stem: one.failure for one in outcomes if one.failure},
            sorted(one.stem for one in outcomes if one.blank),
        )
        earlier = {
            stem: line for stem, line in self.info['failed'].items() if stem not in set(stems)
        }
        self._record(finished=True, failed=dict(sorted({**earlier, **summary.failed}.items())))
        barrier()  # the record is there for all
        return summary

    def _outcomes(self, stems: Sequence[str], workers: int | None) -> Iterator[Outcome]:
        """Refine this process's share."""
        if not stems:
            return
        if workers is None:
            # Starting one takes as long as refining some images.
            workers = min(default_workers(), len(stems) // _PER_WORKER)
        args = (self.settings, self.folder, self.out_dir, self.save_scores)
        with WorkerPool(ImageRefiner, args, min(workers, len(stems))) as pool:
            yield from track(pool.map(stems), 'refining', is_main_process(), total=len(stems))

    def _record(self, **changes) -> None:
        self.info.update(changes)
        if is_main_process():
            write_json(self.out_dir / 'export.json', self.info)
