"""The model that merges views into maps, around a classifier in training."""

from mmengine.runner import Runner

from ..models.cam_tta import CAMTTAModel
from ..registry import MODELS
from ..utils.weights.loading import unwrap_model


def cam_viewer(runner: Runner) -> CAMTTAModel:
    """Return what makes the maps of an export: the ``tta_model`` of the run's config."""
    settings = dict(runner.cfg.get('tta_model') or dict(type='ppl_mm.CAMTTAModel'))
    return MODELS.build(dict(settings, module=unwrap_model(runner.model)))
