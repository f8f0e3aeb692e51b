"""Chains of refiners measured on the images of a split, beside each other."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..evaluation import confusion_matrix, summarize
from ..formats.ground_truth import GroundTruth
from ..refine import RefinerChain
from ..refine.config import build_chain, chain_settings, used_files
from ..utils.files import write_json
from ..utils.progress import track
from ..utils.worker_pool import WorkerPool, default_workers
from ..version import __version__
from .cam_folder import CamFolder
from .image_refiner import describe_error, refine_image

# What the numbers of a file are of: chains may come and go, these may not.
_IDENTITY = ('checkpoint_sha256', 'data_root', 'split', 'num_images', 'classes')


def read_chains(cfg: Mapping, where: str, threshold: float | None) -> dict:
    """The chains of a config, the unrefined maps first.

    Args:
        cfg (Mapping): With ``chains``: by name, dicts of ``refiners`` and
            optional ``label`` and ``max_pixels``; and ``custom_imports``.
        where (str): Where it stands, for messages.
        threshold (float | None): Of the export; None for no chain ``raw``.

    Returns:
        dict: Settings by name, see :func:`chain_settings`.

    Raises:
        UserError: If there is no chain, or one of them is none.
    """
    chains = cfg.get('chains')
    if not isinstance(chains, dict) or not chains:
        raise UserError(
            f'{where}: chains must be a dict, as dict(crf=dict('
            "refiners=[dict(type='ppl_mm.DenseCRF'), ..]))"
        )
    named = {}
    if threshold is not None:
        named['raw'] = dict(refiners=[dict(type='ppl_mm.ConstantBackground', threshold=threshold)])
    named.update(chains)
    return {
        name: chain_settings(
            dict(chain, custom_imports=cfg.get('custom_imports')), f'{where}: chains.{name}'
        )
        for name, chain in named.items()
    }


class ChainMeter:
    """Runs a chain on an image and counts; made anew in each worker process.

    Args:
        chains (dict): From :func:`read_chains`.
        folder (CamFolder): Where CAMs and images are.
        mask_dir (Path): Holds ``<stem>.png``.
    """

    def __init__(self, chains: dict, folder: CamFolder, mask_dir: Path) -> None:
        self.chains, self.folder, self.truth = chains, folder, GroundTruth(mask_dir)
        self._name, self._chain = None, None

    def __call__(self, item: tuple[str, str]) -> tuple[np.ndarray, float]:
        """Measure one chain on one image.

        Args:
            item (tuple[str, str]): Names of both.

        Returns:
            tuple[np.ndarray, float]: The confusion matrix, and the seconds of
            processor time that the chain took.

        Raises:
            UserError: If something is wrong with either of them.
        """
        name, stem = item
        chain = self.chain(name)
        image, cam_file = self.folder.read(stem)
        mask = self.truth.read(stem, cam_file.size)
        begin = time.process_time()
        try:
            label, _ = refine_image(chain, image, cam_file)
        except UserError as error:
            raise UserError(f'chain {name}: {error}') from error
        except Exception as error:
            raise UserError(f'chain {name} on image {stem}: {describe_error(error)}') from error
        seconds = time.process_time() - begin
        try:
            return confusion_matrix(label, mask, len(self.folder.classes)), seconds
        except ValueError as error:
            raise UserError(f'{self.truth.path(stem)}: does not fit: {error}') from error

    def chain(self, name: str) -> RefinerChain:
        """A chain; only the last one is kept in memory.

        Args:
            name (str): Its name.

        Returns:
            RefinerChain: The chain.
        """
        if name != self._name:
            self._chain = None  # free its memory first
            self._chain = build_chain(self.chains[name])
            self._name = name
        return self._chain


class ChainComparison:
    """Measures chains on a split, and keeps what it has measured in a file.

    A second run measures only chains that are new or have changed.

    Args:
        chains (dict): From :func:`read_chains`.
        folder (CamFolder): Where CAMs and images are.
        split (str): A list in ``ImageSets/Segmentation``, of images with
            masks in ``SegmentationClass``.
        out (str | PathLike): The JSON.
        limit (int, optional): Only the first images. Defaults to None.

    Raises:
        UserError: If a chain can't be built, or the file is of other images.
    """

    def __init__(
        self,
        chains: dict,
        folder: CamFolder,
        split: str,
        out: str | os.PathLike,
        limit: int | None = None,
    ) -> None:
        self.chains, self.folder, self.out = chains, folder, Path(out)
        self.stems: Sequence[str] = folder.stems(split)[:limit]
        self.mask_dir = folder.data_root / 'SegmentationClass'
        record = folder.record
        self.report = dict(
            ppl_mm=__version__,
            source_dir=str(folder.root),
            **{key: record.get(key) for key in ('config', 'checkpoint', 'checkpoint_sha256')},
            data_root=str(folder.data_root),
            split=split,
            num_images=len(self.stems),
            classes=folder.classes,
            chains=self._earlier(split),
        )

    def _earlier(self, split: str) -> dict:
        """What an earlier run has measured of these images."""
        if not self.out.is_file():
            return {}
        try:
            found = json.loads(self.out.read_text())
            chains = dict(found['chains'])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f'{self.out}: not readable as measurements of chains; give another --out'
            ) from error
        now = dict(
            self.folder.record,
            split=split,
            num_images=len(self.stems),
            data_root=str(self.folder.data_root),
        )
        for key in _IDENTITY:
            if found.get(key) != now.get(key):
                raise UserError(
                    f'{self.out}: holds measurements of other '
                    f'images ({key} differs); give another --out'
                )
        return chains

    def run(self, workers: int | None = None) -> dict:
        """Measure every chain that is not measured yet.

        Args:
            workers (int, optional): Processes; 0 or 1 for none but this one.
                Defaults to None: one for each CPU.

        Returns:
            dict: What the file holds: ``chains``, by name, have ``settings``,
            ``seconds_per_image`` (of processor time) and the scores of
            :func:`ppl_mm.evaluation.summarize`.

        Raises:
            UserError: If a chain or an image makes it impossible.
        """
        pending = [name for name in self.chains if not self._is_known(name)]
        for name in pending:
            build_chain(self.chains[name])  # before hours of work
        workers = default_workers() if workers is None else workers
        args = (self.chains, self.folder, self.mask_dir)
        with WorkerPool(ChainMeter, args, workers) as pool:
            for name in pending:
                self.report['chains'][name] = self._measure(pool, name)
                self._save()
        return self.report

    def _origin(self, name: str) -> dict:
        """What the numbers of a chain depend on."""
        settings = self.chains[name]
        return dict(settings=settings, files=used_files(settings))

    def _is_known(self, name: str) -> bool:
        known = self.report['chains'].get(name, {})
        return self._origin(name).items() <= known.items()

    def _measure(self, pool: WorkerPool, name: str) -> dict:
        total, seconds = 0, 0.0
        results = pool.map((name, stem) for stem in self.stems)
        for confusion, spent in track(results, name, total=len(self.stems)):
            total, seconds = total + confusion, seconds + spent
        return dict(
            self._origin(name),
            seconds_per_image=seconds / len(self.stems),
            **summarize(total, ['background', *self.folder.classes]),
        )

    def _save(self) -> None:
        write_json(self.out, self.report)
