"""What makes the CAMs of an export what they are, for its record."""

import hashlib
import json
import os

from mmengine.config import Config
from mmengine.dataset import BaseDataset

from ...errors import UserError
from ...formats.export_record import ExportRecord
from ...registry import MODELS
from ...utils.weights.loading import checkpoint_sha256


def check_config(cfg: Config, *more: str) -> None:
    """Refuse a config of a classifier without what makes maps, or without one of more keys.

    Raises:
        UserError: It names the key.
    """
    for key in ('tta_model', 'tta_pipeline', *more):
        if not cfg.get(key):
            raise UserError(
                f'{cfg.filename}: no {key}; add the one of configs/_base_ to export CAMs'
            )


def describe_export(cfg: Config, checkpoint: str, dataset: BaseDataset) -> ExportRecord:
    """Return the record of an export of some images that is about to begin.

    Raises:
        UserError: If the config has no views.
    """
    tta = cfg.tta_model
    return ExportRecord(
        config=str(cfg.filename),
        checkpoint=str(checkpoint),
        checkpoint_sha256=checkpoint_sha256(checkpoint),
        data_root=os.path.normpath(dataset.data_root),
        classes=tuple(dataset.metainfo['classes']),
        background=dataset.metainfo.get('background', True),
        class_source=tta.get('classes', 'labels'),
        views=_views(cfg),
        cam_stride=tta.get('cam_stride', 4),
        relu=tta.get('relu', 'each'),
        softmax=tta.get('softmax', False),
        full_scale=tta.get('full_scale'),
        network=network_digest(cfg),
        scale_unit=_scale_unit(tta),
    )


def _views(cfg: Config) -> list:
    """Return the transforms of the views, of JSON's types."""
    for step in cfg.tta_pipeline:
        if step['type'].endswith('TestTimeAug'):
            return json.loads(json.dumps(step['transforms']))
    raise UserError(
        f'{cfg.filename}: tta_pipeline has no TestTimeAug; take the one of configs/_base_'
    )


def network_digest(cfg: Config, **more: object) -> str:
    """Return the SHA-256 of the model's settings, and of more: weights alone make no map.

    Strides, borders, the size of the images' values: none of them is in the checkpoint. The shares
    of classes do not count: they move scores, not maps, and change with each image that is added.
    """
    model = dict(cfg.get('model') or {})
    if isinstance(head := model.get('head'), dict):
        model['head'] = {key: value for key, value in head.items() if key != 'class_shares'}
    parts = dict(model=model, data_preprocessor=cfg.get('data_preprocessor'))
    text = json.dumps({**parts, **more}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _scale_unit(tta: dict) -> str | None:
    """Return the unit of ``scale`` in the CAM files, if the model says it."""
    kind = MODELS.get(tta['type']) if isinstance(tta['type'], str) else tta['type']
    return kind.scale_unit(tta) if hasattr(kind, 'scale_unit') else None
