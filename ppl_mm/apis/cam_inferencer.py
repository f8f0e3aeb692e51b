"""Maps and masks of single photos, from a classifier."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from ..cams import label_from_cam
from ..cams.threshold_choice import DEFAULT_THRESHOLD
from ..errors import UserError
from ..formats.cam_file import CamFile
from ..formats.class_list import check_same_classes, label_names
from ..formats.export_folder import ExportFolder
from ..formats.export_record import ExportRecord, Threshold, read_record
from ..utils.config.scope import is_segmentation
from ..utils.files import file_sha256
from .exporting.learnt import LEARNT, learnt_module
from .exporting.origin import check_config
from .inference.photo_batches import Skip, batches_of
from .inference.photo_inferencer import PhotoInferencer

# Where a map is a probability, a class above it is likelier than none.
_EVEN = 0.5


class CAMInferencer(PhotoInferencer):
    """Runs a trained classifier on photos, as ``tools/export_cam.py`` does.

    The photos need no data set. What is done to them is the config's ``tta_pipeline``; all their
    views are one batch of the model each.

    Args:
        model: The config of the classifier; or, without ``pretrained``, its work folder or a
            checkpoint in it.
        pretrained: Its checkpoint, or its work folder.
        device: Defaults to a GPU, if there is one.
        export: The ``export.json`` of an export of the same checkpoint. Photos are then cut at its
            threshold, and maps of predicted classes that are as weak as those of its negatives are
            dimmed. Defaults to None: no export is followed.
        max_pixels: A view with more goes through the network in tiles, see
            :meth:`.CAMClassifier.predict`. Defaults to None: as the config says, else 4 million.

    Raises:
        UserError: If the config can't export, the checkpoint does not match it, or the export is
            not finished, of another checkpoint, or has thresholds of other classes.

    Examples:
        >>> inferencer = CAMInferencer('work_dirs/demo/train_ppl')
        >>> found, = inferencer('photo.jpg')['predictions']
        >>> found['classes']
        ['wug']
        >>> found['label'].shape == found['size']
        True
    """

    preprocess_kwargs = {'classes'}
    postprocess_kwargs = {'threshold'}

    def __init__(
        self,
        model: str | os.PathLike | Config,
        pretrained: str | os.PathLike | None = None,
        device: str | torch.device | None = None,
        export: str | os.PathLike | None = None,
        max_pixels: int | None = None,
    ) -> None:
        super().__init__(model, pretrained, device)
        self.record = None if export is None else _followed(export, self.checkpoint)
        if self.record and isinstance(self.record.threshold, list):
            check_same_classes(
                self.record.classes, str(export), self.class_names, str(self.checkpoint)
            )
        #: False where every pixel belongs to a class.
        self.background: bool = self.model._dataset_meta.get('background', True)
        #: Settings of :class:`.CAMTTAModel`.
        self.tta_model = dict(self.config.tta_model)
        if export is not None and self.record:
            self.tta_model |= _weights_of_maps(Path(export), self.record)
        if not self.background:
            self.tta_model['background'] = False
        # Not in tta_model, which says what masks are: tiles do not change them.
        settings = self.tta_model | ({} if max_pixels is None else dict(max_pixels=max_pixels))
        with DefaultScope.overwrite_default_scope('mmpretrain'):
            self.model = MODELS.build(settings | dict(module=self.model)).eval()
        self.softmax = self.tta_model.get('softmax', False)

    @property
    def label_names(self) -> list[str]:
        """The background, or what stands for it, then the classes."""
        return list(label_names(self.class_names, self.background))

    def __call__(
        self,
        inputs,
        return_datasamples: bool = False,
        classes: Sequence[str] | None = None,
        draw: bool = False,
        threshold: Threshold | None = None,
        batch_size: int = 1,
    ) -> dict:
        """Find what photos show, and where.

        Args:
            inputs: A photo, a folder of photos, or a list of photos. A photo is a path, the bytes
                of a file, a PIL image, or an array as OpenCV orders it: grey (H, W), BGR (H, W, 3)
                or BGRA (H, W, 4), of uint8, of uint16, or of floats from 0 to 1. Transparency,
                EXIF's orientation and 16 bits are treated as in training.
            return_datasamples: Give :class:`CAMTTAModel`'s samples instead of dicts. Defaults to
                False.
            classes: What all of the photos show; by default it is predicted.
            draw: Also lay the labels over the photos. Defaults to False.
            threshold: Score of the background, or one for each class. Defaults to that of the
                export that is followed; without one to IRN's 0.15, or to 0.5 where maps are
                probabilities. Not used where every pixel belongs to a class.
            batch_size: Photos at once, if they follow each other and have one size. Defaults to 1.

        Returns:
            ``predictions``, for each photo a dict of ``scores`` (of each class, before the maps
            are cut), ``classes`` (n names), ``cam`` (n, h, w) in 0..1, ``label`` (H, W), uint8: 0
            for the background, class id + 1, 255 where no map of several speaks and there is no
            background, ``size`` (H, W), and ``coverage``, the share of the
            pixels of each class and of the background; and ``visualization``, RGB arrays or None.

        Raises:
            UserError: If a class is unknown, or a photo can't be read.
        """
        return super().__call__(
            inputs, return_datasamples, batch_size, classes=classes, draw=draw, threshold=threshold
        )

    def preprocess(
        self,
        inputs: Iterable,
        batch_size: int = 1,
        skip: Skip | None = None,
        classes: Sequence[str] | None = None,
    ) -> Iterator[dict]:
        """Load photos of ``classes``, see :meth:`PhotoInferencer.preprocess`."""
        self.model.classes = 'labels' if classes else 'predicted'
        label = [self._class_id(name) for name in classes or ()]
        samples = self._samples(inputs)
        return batches_of(samples, self.pipeline, batch_size, skip, gt_label=label)

    def prediction(self, sample: DataSample, threshold: Threshold | None = None) -> dict:
        """Cut the maps of a sample of :class:`CAMTTAModel`, see :meth:`__call__`."""
        cam = CamFile.from_sample(sample)
        threshold = self.usual_threshold if threshold is None else threshold
        return dict(
            scores=dict(zip(self.class_names, sample.pred_score.tolist(), strict=True)),
            classes=[self.class_names[k] for k in cam.class_ids],
            cam=cam.cam,
            size=cam.size,
            label=label_from_cam(cam, threshold, self.background),
        )

    @property
    def usual_threshold(self) -> Threshold:
        """Where maps are cut if nothing is said; 0 where every pixel belongs to a class."""
        if not self.background:
            return 0.0
        if self.record and self.record.threshold is not None:
            return self.record.threshold
        return _EVEN if self.softmax else DEFAULT_THRESHOLD

    def _check(self, config: Config) -> None:
        if is_segmentation(config):
            raise UserError(f'{config.filename}: of a segmentation network; SegInferencer runs it')
        check_config(config)

    def steps(self, config: Config) -> list[dict]:
        """Return the transforms of the views."""
        return config.tta_pipeline


def _followed(path: str | os.PathLike, checkpoint: str) -> ExportRecord:
    """Return the record of a finished export of a checkpoint."""
    record = read_record(path)
    if record.threshold is None:
        raise UserError(f'{path}: that export is not finished; run its command again')
    weighed = record.full_scale or record.reference or record.probe
    if weighed and record.checkpoint_sha256 != file_sha256(checkpoint):
        raise UserError(
            f'{path}: weighs the maps of {record.checkpoint}, not those of {checkpoint}; export '
            'again, or give a number as --threshold'
        )
    return record


def _weights_of_maps(path: Path, record: ExportRecord) -> dict:
    """Return the settings of ``tta_model`` by which an export weighed its maps."""
    folder = ExportFolder(path.parent)
    learnt = {name for name in LEARNT if getattr(record, name) is not None}
    weights = {name: learnt_module(name, folder, record) for name in learnt}
    return dict(full_scale=record.full_scale, **weights)
