"""From a trained classifier to CAM files and pseudo-labels."""

import copy
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config
from mmengine.dist import barrier, broadcast_object_list, get_rank, get_world_size, is_main_process
from mmengine.hooks import PrepareTTAHook
from mmengine.registry import DATASETS, init_default_scope
from mmengine.runner import Runner

from ..cams import label_from_cam
from ..datasets import ImageLabelDataset
from ..errors import UserError
from ..evaluation import evaluate_folder, summarize
from ..formats.cam_file import cam_path, read_cam
from ..formats.ground_truth import GroundTruth
from ..formats.mask_file import label_path, write_label
from ..utils.checkpoints import check_checkpoint
from ..utils.config import building
from ..utils.files import file_sha256, write_json
from ..utils.progress import track
from ..version import __version__
from .cam_folder import read_export

#: IRN's fixed background score (Ahn et al., CVPR 2019, run_sample.py), used
#: where no threshold is given and no mask may choose one.
DEFAULT_THRESHOLD = 0.15

# What makes the CAMs what they are: a folder holds those of one such run.
_IDENTITY = (
    'checkpoint_sha256',
    'data_root',
    'classes',
    'class_source',
    'views',
    'cam_stride',
    'relu',
    'softmax',
    'network',
)
# What those were made with that say nothing of it.
_OLDER = dict(softmax=False)


class CAMExport:
    """Exports the CAMs and the pseudo-labels of a split into a folder.

    A second run continues: images whose CAM is there are not run again, and
    labels are written anew only if the threshold has changed. All methods are
    to be called by every process of a distributed run.

    Args:
        cfg (Config): Of the classifier, with ``tta_model`` and
            ``tta_pipeline``.
        checkpoint (str): Its weights.
        out_dir (str | PathLike): The export folder: ``cams/<image>.npz``,
            ``labels/<image>.png``, ``export.json``.

    Raises:
        UserError: If the config can't export, or the folder holds another
            run's.
    """

    def __init__(self, cfg: Config, checkpoint: str, out_dir: str | os.PathLike) -> None:
        for key in ('tta_model', 'tta_pipeline', 'test_dataloader'):
            if not cfg.get(key):
                raise UserError(
                    f'{cfg.filename}: no {key}; add the one of configs/_base_ to export CAMs'
                )
        self.cfg, self.checkpoint = cfg, checkpoint
        self.out_dir = Path(out_dir)
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
        self._check_dataset()
        self.info = self._describe()
        self._claim_folder()

    def _check_dataset(self) -> None:
        """Only image-level labels say whose maps to keep."""
        kind = self.cfg.test_dataloader.dataset.type
        found = DATASETS.get(kind) if isinstance(kind, str) else kind
        if found and not issubclass(found, ImageLabelDataset):
            raise UserError(
                f'{self.cfg.filename}: test_dataloader.dataset is a {kind}, '
                'which has no image-level labels; exporting takes a '
                'ppl_mm.ImageLabelDataset (for a segmentation network see '
                'configs/voc6/maps_seg_voc6.py)'
            )

    def _describe(self) -> dict:
        dataset = self._dataset(self.cfg.test_dataloader.dataset.get('split'))
        tta = self.cfg.tta_model
        views = [
            step['transforms']
            for step in self.cfg.tta_pipeline
            if step['type'].endswith('TestTimeAug')
        ]
        if not views:
            raise UserError(
                f'{self.cfg.filename}: tta_pipeline has no '
                'TestTimeAug; take the one of configs/_base_'
            )
        return dict(
            ppl_mm=__version__,
            config=str(self.cfg.filename),
            checkpoint=self.checkpoint,
            checkpoint_sha256=file_sha256(self.checkpoint),
            data_root=os.path.normpath(dataset.data_root),
            classes=list(dataset.metainfo['classes']),
            class_source=tta.get('classes', 'labels'),
            views=json.loads(json.dumps(views[0])),  # tuples become lists
            cam_stride=tta.get('cam_stride', 4),
            relu=tta.get('relu', 'each'),
            softmax=tta.get('softmax', False),
            network=self._network(),
        )

    def _network(self) -> str:
        """SHA-256 of the model's settings: weights alone make no map.

        Strides, borders, the size of the images' values: none of them is in
        the checkpoint.
        """
        parts = {key: self.cfg.get(key) for key in ('model', 'data_preprocessor')}
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _claim_folder(self) -> None:
        """Refuse a folder with something else; else write who it is for."""
        path = self.out_dir / 'export.json'
        # Without a CAM it is what a run left that failed at once.
        if path.is_file() and any(self.out_dir.glob('cams/**/*.npz')):
            found = _OLDER | dict(network=self.info['network'])
            found |= read_export(self.out_dir)
            for key in _IDENTITY:
                if found.get(key) != self.info[key]:
                    raise UserError(
                        f'{self.out_dir}: holds another export ({key} '
                        f'differs, see {path}); give another --out-dir or '
                        'remove this one'
                    )
            self.info = found
        elif not path.is_file() and self._holds_something():
            raise UserError(
                f'{self.out_dir}: is not empty and not an export folder; give another --out-dir'
            )
        barrier()  # nobody writes before all have looked
        self._record()

    def _holds_something(self) -> bool:
        """Whether more is there than what others write at this moment."""
        return self.out_dir.is_dir() and any(
            not path.name.startswith('.') for path in self.out_dir.iterdir()
        )

    def _save(self) -> None:
        write_json(self.out_dir / 'export.json', self.info)

    def _dataset(self, split: str | None):
        dataset = dict(self.cfg.test_dataloader.dataset, pipeline=[])
        if self._predicts_classes():
            dataset['ann_file'] = ''
        if split is not None:
            dataset['split'] = split
        return DATASETS.build(dataset)

    def _predicts_classes(self) -> bool:
        """Whether the classes are predicted, so labels are not looked at."""
        return self.cfg.tta_model.get('classes') == 'predicted'

    def export_cams(self, split: str | None) -> list[str]:
        """Write the CAM of each image of a split that has none yet.

        Args:
            split (str | None): As of ``ImageLabelDataset``; None for the one
                of the config's ``test_dataloader``.

        Returns:
            list[str]: The ids of all images of the split.
        """
        dataset = self._dataset(split)
        ids = [dataset.get_data_info(i)['image_id'] for i in range(len(dataset))]
        pending = [i for i, name in enumerate(ids) if not cam_path(self.out_dir, name).is_file()]
        barrier()  # all have counted the same files
        if pending:
            self._runner(split, pending).test()
        return ids

    def _runner(self, split: str | None, indices: list[int]) -> Runner:
        cfg = copy.deepcopy(self.cfg)
        cfg.load_from, cfg.resume = self.checkpoint, False
        # Every worker process and every image costs; training is not needed.
        for part in ('train', 'val'):
            for key in (f'{part}_dataloader', f'{part}_cfg'):
                cfg[key] = None
        cfg.val_evaluator = cfg.optim_wrapper = cfg.param_scheduler = None
        cfg.custom_hooks = []
        cfg.work_dir = str(self.out_dir / 'log')
        dataset = cfg.test_dataloader.dataset
        dataset.update(indices=indices, pipeline=cfg.tta_pipeline)
        if split is not None:
            dataset.split = split
        if self._predicts_classes():
            dataset.ann_file = ''
        cfg.test_evaluator = dict(type='ppl_mm.CAMWriter', out_dir=str(self.out_dir))
        with building(cfg):
            runner = Runner.from_cfg(cfg)
            runner.test_loop  # noqa: B018  (built now, to tell its faults)
        check_checkpoint(runner.model, self.checkpoint)
        # Wraps the model once its weights are loaded.
        runner.register_hook(PrepareTTAHook(cfg.tta_model))
        return runner

    def check_masks(self, split: str) -> None:
        """Refuse a split on which no threshold can be chosen.

        Args:
            split (str): As of :meth:`export_cams`.

        Raises:
            UserError: If an image of it has no mask, and is not a negative.
        """
        dataset, truth = self._dataset(split), self._ground_truth()
        for i in range(len(dataset)):
            sample = dataset.get_data_info(i)
            if not truth.is_known(sample['image_id']):
                raise UserError(
                    f'split {split}: no threshold can be chosen on it, '
                    f'{sample["img_path"]} has no mask in {self._mask_dir()} '
                    '(test_dataloader.dataset.data_prefix.seg_map_path); give '
                    '--threshold, or a split with masks'
                )

    def choose_threshold(self, ids: Sequence[str], split: str) -> float:
        """The threshold of the best mIoU on a split with masks.

        Args:
            ids (Sequence[str]): Its images, exported.
            split (str): Its name, for the record.

        Returns:
            float: The threshold; ``export.json`` keeps how it was chosen.
        """
        chosen = [None]
        if is_main_process():
            try:
                chosen = [self._best_threshold(ids, split)]
            except UserError as error:  # the others must not wait forever
                chosen = [error]
        broadcast_object_list(chosen)
        if isinstance(chosen[0], UserError):
            raise chosen[0]
        self.info['threshold_from'] = chosen[0]
        return chosen[0]['threshold']

    def _best_threshold(self, ids: Sequence[str], split: str) -> dict:
        sweep = evaluate_folder(
            self.out_dir / 'cams', self._ground_truth(), ids, len(self.info['classes'])
        )
        try:
            threshold, miou = sweep.best()
        except ValueError as error:
            raise UserError(
                f'split {split}: no threshold can be chosen on it, its masks '
                'hold nothing but void; give --threshold, or another split'
            ) from error
        names = ['background', *self.info['classes']]
        return dict(
            split=split,
            num_images=len(ids),
            negatives_without_mask=sweep.num_assumed,
            threshold=threshold,
            mIoU=miou,
            curve=sweep.curve(),
            scores=summarize(sweep.confusion(threshold), names),
        )

    def _mask_dir(self) -> Path:
        dataset = self.cfg.test_dataloader.dataset
        folder = (dataset.get('data_prefix') or {}).get('seg_map_path', '')
        return Path(dataset.get('data_root', ''), folder)

    def _ground_truth(self) -> GroundTruth:
        dataset = self.cfg.test_dataloader.dataset
        labels = dataset.get('ann_file', 'image_labels.csv')
        root = dataset.get('data_root', '')
        return GroundTruth(self._mask_dir(), Path(root, labels) if labels else None)

    def write_labels(self, ids: Sequence[str], split: str | None, threshold: float) -> None:
        """Write the pseudo-labels of images whose CAMs are there.

        All labels of a folder are of one threshold: where it has changed,
        those of other splits are written anew, too.

        Args:
            ids (Sequence[str]): The images.
            split (str | None): Their split, for the record.
            threshold (float): Score of the background.
        """
        names = set(ids)
        if self.info.get('threshold') == threshold:
            names -= self._labelled()
        else:
            names |= self._labelled()
        barrier()  # all have seen the same files
        self._record(threshold=None)  # if this is interrupted, start again
        todo = sorted(names)[get_rank() :: get_world_size()]
        for name in track(todo, 'writing labels', is_main_process()):
            label = label_from_cam(read_cam(cam_path(self.out_dir, name)), threshold)
            write_label(label_path(self.out_dir, name), label)
        barrier()
        self._record(threshold=threshold, split=split, num_images=len(ids))

    def _labelled(self) -> set[str]:
        folder = self.out_dir / 'labels'
        return {
            path.relative_to(folder).with_suffix('').as_posix() for path in folder.rglob('*.png')
        }

    def _record(self, **changes) -> None:
        self.info.update(changes)
        if is_main_process():
            self._save()
