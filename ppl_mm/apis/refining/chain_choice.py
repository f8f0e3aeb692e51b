"""The chain of a refinement, chosen by masks or as another refinement has chosen it."""

import copy
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...evaluation import mean_scores
from ...formats.export_record import RefinementRecord, read_record
from ...refine.config import CHAIN_KEYS, ChainSettings, build_chain
from ...utils.processes.worker_pool import WorkerPool, default_workers
from ...utils.progress import track
from ...utils.spread import spread
from ..compare_chains import OWN, ChainMeter, named_chains, read_chains
from ..exporting.cam_folder import CamFolder

#: mIoU by which another chain must be better than that: the best of a few masks is partly chance.
MARGIN = 0.01
#: Masks that are looked at.
MOST_MASKS = 100


def choose_chain(
    cfg: Mapping, where: str, folder: CamFolder, split: str, workers: int | None = None
) -> tuple[Mapping, dict]:
    """Return a config with the chain that is best on the masks of a split, and how it was chosen.

    Args:
        cfg: With ``refiners`` and so on, and ``chains``: others by name, as for
            ``tools/analysis_tools/eval_refiners.py``. The maps alone, ``raw``, are tried, too.
        where: Where it stands, for messages.
        folder: Maps and images.
        split: A list in ``ImageSets/Segmentation`` of images with masks; with those that a user
            has corrected for ``corrected``.
        workers: Processes; 0 or 1 for only this one. Defaults to None: one for each CPU.

    Returns:
        The config, and of JSON's types ``chain``, the name, ``split``, ``num_images``, ``mIoU``
        by chain, and ``left_out``, why chains could not be tried.

    Raises:
        UserError: If a chain is not valid, a mask is missing, or the masks show nothing but void.
    """
    chains, left_out = _buildable(read_chains(cfg, where, folder.record))
    if OWN not in chains:
        raise UserError(f'{where}: has no refiners of its own beside its chains; add some')
    ids = spread(folder.image_ids(split), MOST_MASKS)
    layout = folder.layout
    masks = layout.corrected_dir if split == layout.CORRECTED_SPLIT else layout.mask_dir
    scores = _measure(chains, (chains, folder, masks), ids, workers)
    if math.isnan(scores[OWN]):
        raise UserError(
            f'{masks}: the masks of {split} hold nothing but void; name a split with masks'
        )
    best = max(scores, key=lambda name: scores[name])
    name = best if scores[best] > scores[OWN] + MARGIN else OWN
    found: dict = dict(chain=name, split=split, num_images=len(ids), mIoU=scores)
    # As it is written: a threshold that it takes from the export stays that of the export.
    chain = named_chains(cfg, where, folder.record)[name]
    return with_chain(cfg, chain), found | dict(left_out=left_out)


def _buildable(
    chains: Mapping[str, ChainSettings],
) -> tuple[dict[str, ChainSettings], dict[str, str]]:
    """Return the chains whose packages are installed, and why the others are left out."""
    found, left_out = {}, {}
    for name, settings in chains.items():
        try:
            build_chain(settings)
            found[name] = settings
        except UserError as error:
            if name == OWN or not isinstance(error.__cause__, ImportError):
                raise
            left_out[name] = str(error)
    return found, left_out


def _measure(
    chains: Mapping[str, ChainSettings], meter: tuple, image_ids: Sequence[str], workers: int | None
) -> dict[str, float]:
    """Return the mIoU of each chain on some images."""
    scores = {}
    with WorkerPool(ChainMeter, meter, default_workers() if workers is None else workers) as pool:
        for name in chains:
            total: Any = 0
            results = pool.map((name, image_id) for image_id in image_ids)
            for confusion, _ in track(results, f'chain {name}', total=len(image_ids)):
                total = total + confusion
            scores[name] = float(mean_scores(total)['mIoU'])
    return scores


def chain_of(cfg: Mapping, path: Path) -> tuple[Mapping, dict | None]:
    """Return a config with the chain that another refinement has used, and how that chose it.

    Args:
        cfg: The config.
        path: The ``export.json`` of the other one.

    Raises:
        UserError: If it is not the record of a refinement.
    """
    record = read_record(path)
    if not isinstance(record, RefinementRecord):
        raise UserError(f'--chain-from {path}: of an export; give that of a refinement, or a split')
    keys = (*CHAIN_KEYS, 'custom_imports')
    return with_chain(cfg, {key: getattr(record, key) for key in keys}), record.chain_from


def with_chain(cfg: Mapping, chain: Mapping) -> Mapping:
    """Return a config in which a chain stands for its own."""
    changed: Any = copy.deepcopy(cfg)
    for key in CHAIN_KEYS:
        changed.pop(key, None)
    changed.update(copy.deepcopy(chain))
    return changed
