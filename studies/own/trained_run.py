"""A row of the study of preset quick: trained, exported, measured, in this process."""

import copy
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.runner import Runner

from ppl_mm.apis import SegInferencer
from ppl_mm.apis.export import CAMExport
from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.refine import FolderRefinement
from ppl_mm.apis.stage_choice import choose_by_maps
from ppl_mm.cams.threshold_choice import ThresholdChoice
from ppl_mm.formats.export_record import Threshold, threshold_text
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.utils.config.reading import read_config
from ppl_mm.utils.weights.last_checkpoint import last_checkpoint
from studies.engine.run import Run

from .maps import measure_labels, measure_maps

#: Folders of a run.
MAPS, FIRST_LABELS = 'maps', 'first_labels'
SEGMENTATION = 'configs/own/seg_deeplab_quick_own.py'
REFINEMENT = 'configs/own/refine_own.py'
#: Data sets of which half is negatives.
PAINTED = ('tiles_defect',)


class TrainedRun:
    """Does a run and returns what to record; after a kill its finished trainings stay.

    Args:
        run: The run.
        work_dir: Work folder of the study.
        steps: Give an epoch so many steps only, to try the study out.
    """

    def __init__(self, run: Run, work_dir: Path, steps: int | None = None) -> None:
        self.run, self.steps = run, steps
        self.folder = Path(work_dir).absolute() / run.id.replace('/', '_') / run.settings_key
        self.device = 'cuda' if torch.cuda.is_available() else 'cpu'
        # Configs of configs/own read their classes there.
        os.environ['OWN_DATA'] = run.data.root

    @property
    def _classes(self) -> list[str]:
        return list(VOCLayout(self.run.data.root).read_classes())

    def __call__(self) -> dict:
        """Return the scores of train; of a final those of val, and of networks, too."""
        cfg, data = self.run.config(for_test=True), self.run.data
        before = None
        if self.run.previous:
            before = self._label()
            cfg.train_dataloader.dataset.label_dir = str(self.folder / FIRST_LABELS)
            cfg.load_from = str(last_checkpoint(self.folder / 'previous'))
        checkpoint = self._train(cfg, 'train')
        measured, cut = self._measure(cfg, checkpoint, data.masked)
        record = dict(measured=measured)
        if before:
            record |= self._compare(before)
        if self.run.row.round == 'final':
            record['val'], _ = self._measure(cfg, checkpoint, data.val, cut)
            if self.run.seed == 0:
                record |= self._networks(cfg, checkpoint, cut)
        shutil.rmtree(self.folder, ignore_errors=True)
        return record

    def _train(self, cfg: Config, name: str) -> Path:
        """Train without validation, unless that is done, and return the checkpoint."""
        cfg = copy.deepcopy(cfg)
        done = self.folder / name / last_name(cfg.train_cfg)
        if done.is_file():
            return done
        cfg.work_dir = str(self.folder / name)
        # One of the same name would be that of the run before, whose folder is gone.
        cfg.visualizer.name = cfg.work_dir
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.test_cfg = cfg.test_dataloader = cfg.test_evaluator = None
        cfg.default_hooks.pop('maps', None)
        if self.steps:
            cfg.train_dataloader.dataset.indices = self.steps * cfg.train_dataloader.batch_size
        Runner.from_cfg(cfg).train()
        return done

    def _label(self) -> CamFolder:
        """Train the row's first round, label all training images by its maps, return these."""
        previous, extra = self.run.previous, self.run.row.extra
        cfg = previous.config(for_test=True)
        cfg.merge_from_dict(extra['views'])
        checkpoint = self._train(cfg, 'previous')
        maps = self._export(cfg, checkpoint, 'train', name='first_maps')
        self._refine(extra['refine'], maps, 'train', FIRST_LABELS)
        return maps

    def _compare(self, before: CamFolder) -> dict:
        """Return the scores of the first round, and which of both stages a user would keep."""
        split, after = self.run.data.masked, CamFolder(self.folder / MAPS, self.run.data.root)
        scores = measure_maps(before, split, before.record.threshold, self.device)
        return dict(first=scores, kept=asdict(choose_by_maps(before, after, split, 1)))

    def _export(
        self,
        cfg: Config,
        checkpoint: Path,
        split: str,
        cut: Threshold | None = None,
        name: str = '',
    ) -> CamFolder:
        """Export the maps of a split, cut where the config says; return the folder."""
        out = self.folder / (name or MAPS)
        choice = ThresholdChoice.given(str(cfg.export_threshold))
        if cut is not None:
            choice = ThresholdChoice.given(threshold_text(cut, self._classes))
        elif areas := self.run.row.extra.get('areas'):
            choice = choice.knowing(areas)
        CAMExport(copy.deepcopy(cfg), str(checkpoint), out).run(split, choice)
        return CamFolder(out, self.run.data.root)

    def _refine(self, config: str, maps: CamFolder, split: str, name: str) -> Path:
        """Label a split by a config of tools/refine.py, and return the folder."""
        cfg = on_device(read_config(Path(config)).to_dict(), self.device)
        FolderRefinement(cfg, maps, self.folder / name).run(maps.image_ids(split), split, workers=0)
        return self.folder / name

    def _measure(
        self, cfg: Config, checkpoint: Path, split: str, cut: Threshold | None = None
    ) -> tuple[dict, Threshold]:
        """Measure the maps of a split; return the scores, and the threshold."""
        maps = self._export(cfg, checkpoint, split, cut)
        cut = maps.record.threshold
        scores = measure_maps(maps, split, cut, self.device)
        if self.run.row.data in PAINTED:
            seen = self._predicted(maps, cfg, checkpoint, split, cut)
            scores['predicted'] = measure_maps(seen, split, cut, self.device)
        return scores, cut

    def _predicted(
        self, maps: CamFolder, cfg: Config, checkpoint: Path, split: str, cut: Threshold
    ) -> CamFolder:
        """Export the maps of predicted classes: is anything painted where nothing is?"""
        cfg = copy.deepcopy(cfg)
        cfg.tta_model.classes = 'predicted'
        cfg.tta_model.full_scale = maps.record.full_scale
        cfg.export_negatives = None
        return self._export(cfg, checkpoint, split, cut, 'predicted')

    def _networks(self, cfg: Config, checkpoint: Path, cut: Threshold) -> dict:
        """Train the preset's network on refined labels, or on masks, of train; measure val.

        Both start from the classifier, as the pipeline's does.
        """
        tasks, found = self.run.row.extra.get('networks', ()), {}
        if 'labels' in tasks:
            maps = self._export(cfg, checkpoint, 'train', cut)
            labels = self._refine(REFINEMENT, maps, 'train', 'labels')
            found['network'] = self._network('network', checkpoint, label_dir=str(labels))
        if 'masks' in tasks:
            masks = dict(
                type='ppl_mm.VOCLayoutDataset',
                data_root=self.run.data.root,
                data_prefix=dict(seg_map_path='SegmentationClass'),
            )
            found['full'] = self._network('full', checkpoint, _delete_=True, **masks)
        return found

    def _network(self, name: str, start: Path, **data) -> dict:
        cfg = read_config(Path(SEGMENTATION))
        keep = dict(ann_file=cfg.train_dataloader.dataset.ann_file, pipeline=cfg.train_pipeline)
        cfg.merge_from_dict({'train_dataloader.dataset': keep | data})
        if loss := self.run.row.extra.get('loss'):
            cfg.model.decode_head.loss_decode = loss
        cfg.randomness.seed, cfg.load_from = self.run.seed, str(start)
        if self.steps:
            cfg.train_cfg.max_iters = self.steps
        checkpoint = self._train(cfg, name)
        network = SegInferencer(cfg, checkpoint, self.device)
        return measure_labels(network, self.run.data.root, self.run.data.val)


def last_name(train_cfg: Mapping) -> str:
    """Return the name of the last checkpoint of a training."""
    if 'max_epochs' in train_cfg:
        return f'epoch_{train_cfg["max_epochs"]}.pth'
    return f'iter_{train_cfg["max_iters"]}.pth'


def on_device(part: object, device: str) -> object:
    """Return a part of a config; its PAMR steps, wherever they are, now run on a device."""
    if isinstance(part, dict):
        for value in part.values():
            on_device(value, device)
        if part.get('type') == 'ppl_mm.PAMR':
            part['device'] = device
    elif isinstance(part, list):
        for value in part:
            on_device(value, device)
    return part
