"""What an export learns of many images before it makes the maps of each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import DATASETS

from ...formats.export_folder import ExportFolder
from ...formats.export_record import ExportRecord
from ...utils.processes.distributed import on_main_process
from .background_cells import write_background
from .picked_images import MAX_IMAGES, MAX_PROBED, pick_images
from .probed_maps import write_probe


@dataclass(frozen=True)
class Learnt:
    """Something that an export learns.

    Args:
        module: Reads it, as a part of the ``tta_model``.
        write: Looks at images and writes the module's file.
        most: How many images it looks at.
        later: Fields of the record that are known only afterwards.
    """

    module: str
    write: Callable
    most: int
    later: tuple[str, ...] = ()


#: By the name that record and ``tta_model`` have for it: what the background looks like, and what
#: all maps have in common.
LEARNT = dict(
    reference=Learnt(
        'ppl_mm.NegativeReference', write_background, MAX_IMAGES, ('full_scale', 'probe')
    ),
    probe=Learnt('ppl_mm.LinearProbe', write_probe, MAX_PROBED),
)


def learnt_module(name: str, folder: ExportFolder, record: ExportRecord) -> dict:
    """Return the settings of the module that reads what an export has learnt."""
    what = LEARNT[name]
    return dict(type=what.module, path=str(folder.learnt_path(name, record, what.later)))


def learn(
    name: str, record: ExportRecord, folder: ExportFolder, cfg: Config, checkpoint: str
) -> ExportRecord:
    """Learn something of a split, if the config's ``export_<name>`` names one.

    The ``tta_model`` then has its module. In a distributed run every process calls this.

    Args:
        name: A key of :data:`LEARNT`.
        record: What is known of the export.
        folder: That of the export, in which the file is kept.
        cfg: Config of the classifier.
        checkpoint: Its weights.

    Returns:
        The record, which says of what it was learnt.

    Raises:
        UserError: If the folder holds something else.
    """
    what, tta, split = LEARNT[name], cfg.tta_model, cfg.get(f'export_{name}')
    if not (split and record.background) or tta.get(name):
        return record
    settings = dict(cfg.test_dataloader.dataset, split=split)
    dataset = DATASETS.build(dict(settings, pipeline=cfg.tta_pipeline))
    chosen = pick_images(dataset, what.most)
    if not chosen:
        return record
    found: dict = {name: dict(split=split, images=len(chosen))}
    record = replace(record, **found)
    module = learnt_module(name, folder, record)
    path = Path(module['path'])
    on_main_process(lambda: folder.check(record, unknown=what.later))
    on_main_process(lambda: what.write(path, cfg, checkpoint, dataset, chosen))
    tta[name] = module
    return record
