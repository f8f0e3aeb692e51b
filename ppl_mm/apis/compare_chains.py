"""Comparing chains of refiners on the images of a split."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..evaluation import confusion_matrix, summarize
from ..formats.export_record import ExportRecord
from ..formats.ground_truth import GroundTruth
from ..refine import RefinerChain
from ..refine.config import CHAIN_KEYS, ChainSettings, build_chain, chain_settings, used_files
from ..utils.claims import check_record
from ..utils.files import write_json
from ..utils.locks import lock_file, release
from ..utils.processes.worker_pool import WorkerPool, default_workers
from ..utils.progress import track
from ..version import __version__
from .exporting.cam_folder import CamFolder
from .refining.image_refiner import describe_error, refine_image

# What the numbers of a file belong to. Its chains may change, this may not.
_IDENTITY = ('checkpoint_sha256', 'data_root', 'split', 'num_images', 'classes')


#: The name of the chain that a config has beside its ``chains``.
OWN = 'own'


def read_chains(cfg: Mapping, where: str, record: ExportRecord) -> dict[str, ChainSettings]:
    """Return the chains of a config: the unrefined maps, its own chain, and others.

    Args:
        cfg: With ``refiners``, see :func:`chain_settings`, or ``chains``: by name, dicts of
            ``refiners`` and optional ``label`` and ``max_pixels``; or both. And
            ``custom_imports``.
        where: Where it stands, for messages.
        record: The record of the export; without a threshold there is no chain ``raw``.

    Raises:
        UserError: If no chain is given, or one is invalid.
    """
    return {
        name: chain_settings(
            dict(chain, custom_imports=cfg.get('custom_imports')), f'{where}: chains.{name}', record
        )
        for name, chain in named_chains(cfg, where, record).items()
    }


def named_chains(cfg: Mapping, where: str, record: ExportRecord) -> dict[str, dict]:
    """Return the same chains as the config writes them."""
    own = {key: cfg[key] for key in CHAIN_KEYS if key in cfg}
    chains = cfg.get('chains') or {}
    if not isinstance(chains, dict) or not (chains or own):
        raise UserError(
            f'{where}: chains must be a dict, as dict(crf=dict('
            "refiners=[dict(type='ppl_mm.DenseCRF'), ..]))"
        )
    named = {}
    if record.map_threshold is not None:
        named['raw'] = dict(refiners=[dict(type='ppl_mm.ConstantBackground')])
    return named | ({OWN: own} if own else {}) | chains


class ChainMeter:
    """Runs a chain on an image and measures it by a mask; made anew in each worker process."""

    def __init__(
        self, chains: Mapping[str, ChainSettings], folder: CamFolder, mask_dir: Path
    ) -> None:
        self.chains, self.folder = chains, folder
        self.truth = GroundTruth(mask_dir, classes=folder.classes)
        self._last: tuple[str, RefinerChain] | None = None

    def __call__(self, item: tuple[str, str]) -> tuple[np.ndarray, float]:
        """Measure the chain of a name on an image.

        Returns:
            The confusion matrix, and the seconds of processor time that the chain took.

        Raises:
            UserError: If something is wrong with either of them.
        """
        name, image_id = item
        chain = self.chain(name)
        image, cam_file = self.folder.read(image_id)
        mask = self.truth.read(image_id, cam_file.size)
        begin = time.process_time()
        try:
            label, _ = refine_image(chain, image, cam_file)
        except UserError as error:
            raise UserError(f'chain {name}: {error}') from error
        except Exception as error:
            raise UserError(f'chain {name} on image {image_id}: {describe_error(error)}') from error
        seconds = time.process_time() - begin
        try:
            return confusion_matrix(label, mask, len(self.folder.classes)), seconds
        except ValueError as error:
            raise UserError(f'{self.truth.path(image_id)}: does not fit: {error}') from error

    def chain(self, name: str) -> RefinerChain:
        """Return a chain by name; only the last one is kept in memory."""
        if self._last is None or self._last[0] != name:
            self._last = None  # free the memory of the last one first
            self._last = name, build_chain(self.chains[name])
        return self._last[1]


class ChainComparison:
    """Measures chains on a split, and keeps what it has measured in a file.

    A second run measures only chains that are new or have changed.

    Args:
        chains: From :func:`read_chains`.
        folder: Where CAMs and images are.
        split: A list in ``ImageSets/Segmentation``, of images with masks in ``SegmentationClass``.
        out: The JSON.
        limit: Only the first images. Defaults to None.
    """

    def __init__(
        self,
        chains: Mapping[str, ChainSettings],
        folder: CamFolder,
        split: str,
        out: str | os.PathLike,
        limit: int | None = None,
    ) -> None:
        self.chains, self.folder, self.out = chains, folder, Path(out)
        self.image_ids: Sequence[str] = folder.image_ids(split)[:limit]
        self.mask_dir = folder.layout.mask_dir
        record = folder.record
        self.report: dict[str, Any] = dict(
            ppl_mm=__version__,
            source_dir=str(folder.root),
            config=record.config,
            checkpoint=record.checkpoint,
            checkpoint_sha256=record.checkpoint_sha256,
            data_root=str(folder.data_root),
            split=split,
            num_images=len(self.image_ids),
            classes=list(folder.classes),
        )

    def _earlier(self) -> dict:
        """Return what an earlier run has measured on these images."""
        if not self.out.is_file():
            return {}
        identity = {key: self.report[key] for key in _IDENTITY}
        found = check_record(self.out, identity, 'measurements of chains')
        chains = found.get('chains')
        if not isinstance(chains, dict) or not all(isinstance(c, dict) for c in chains.values()):
            raise UserError(
                f'{self.out}: not readable as the record of measurements of chains; '
                'remove it, or give another one'
            )
        return chains

    def run(self, workers: int | None = None) -> dict:
        """Measure every chain that is not measured yet.

        Args:
            workers: Processes; 0 or 1 for only this one. Defaults to None: one for each CPU.

        Returns:
            What the file holds: ``chains``, by name, have ``settings``, ``seconds_per_image`` (of
            processor time) and the scores of :func:`ppl_mm.evaluation.summarize`.

        Raises:
            UserError: If the file holds measurements of other images, or another run writes it; a
                chain cannot be built, or an image or a mask cannot be used.
        """
        with lock_file(self.out) as lock:
            try:
                self.report['chains'] = self._earlier()
                return self._run(workers)
            finally:
                release(lock)

    def _run(self, workers: int | None) -> dict:
        pending = [name for name in self.chains if not self._is_known(name)]
        for name in pending:
            build_chain(self.chains[name])  # before hours of work
        workers = default_workers() if workers is None else workers
        args = (self.chains, self.folder, self.mask_dir)
        with WorkerPool(ChainMeter, args, workers) as pool:
            for name in pending:
                self.report['chains'][name] = self._measure(pool, name)
                write_json(self.out, self.report)
        return self.report

    def _origin(self, name: str) -> dict:
        """Return what the numbers of a chain depend on."""
        settings = self.chains[name].chain()
        return dict(settings=settings, files=used_files(settings))

    def _is_known(self, name: str) -> bool:
        known = self.report['chains'].get(name, {})
        return self._origin(name).items() <= known.items()

    def _measure(self, pool: WorkerPool, name: str) -> dict:
        total: Any = 0  # (n + 1, n + 2)
        seconds = 0.0
        results = pool.map((name, image_id) for image_id in self.image_ids)
        for confusion, spent in track(results, name, total=len(self.image_ids)):
            total, seconds = total + confusion, seconds + spent
        return dict(
            self._origin(name),
            seconds_per_image=seconds / len(self.image_ids),
            **summarize(total, self.folder.record.label_names),
        )
