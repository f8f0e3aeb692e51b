"""A first guess at how long the steps of a pipeline take, from measured times of its networks."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mmengine.config import Config

from ..formats.image_folder import ImageFolder
from ..formats.image_list import read_ids
from ..formats.voc_layout import VOCLayout
from ..utils.config import read_config
from .image_sizes import crop_pixels, view_pixels
from .settings import PipelineSettings
from .step import Step

# Of a training step, the part without the way back.
_FORWARD = 1 / 3
# Reading, scaling and writing take their time as well.
_READING = 1.2
# A process starts and imports; seconds.
_START = 5.0
# Of an image: refining it, drawing it for the gallery; seconds.
_REFINE, _DRAW = 0.7, 0.1


def networks(steps: Iterable[Step]) -> list[str]:
    """Return the configs of the networks whose times the guess needs."""
    return list(
        dict.fromkeys(str(step.configs[0]) for step in steps if step.kind in ('train', 'export'))
    )


def guess_times(
    steps: Sequence[Step], settings: PipelineSettings, costs: Mapping[str, float]
) -> list[Step]:
    """Return steps with a guess at their seconds, where the config gives none.

    Args:
        steps: From :func:`.plan.make_plan`.
        settings: The pipeline's.
        costs: Seconds of training for each image, by config, see
            :func:`.timing.seconds_per_image`.
    """
    counts = dict(
        train=len(read_ids(settings.list_path('train'))),
        all=len(ImageFolder(VOCLayout(settings.data_root).image_dir).all_ids()),
    )
    return [
        step
        if step.name in settings.expected_seconds
        else replace(step, seconds=_START + _seconds(step, settings, counts, costs))
        for step in steps
    ]


def _seconds(
    step: Step, settings: PipelineSettings, counts: Mapping[str, int], costs: Mapping[str, float]
) -> float:
    if step.kind in ('refine', 'label'):
        return _REFINE * counts['train']
    if step.kind in ('gallery', 'deliver', 'report'):
        return _DRAW * counts['all']
    config = str(step.configs[0] if step.configs else settings.segmentation[-1])
    if config not in costs:
        return step.seconds
    cfg = read_config(config)
    if step.kind == 'train':
        return costs[config] * _READING * _trained_images(cfg, counts['train'])
    images = counts['all' if step.kind == 'predict' else 'train']
    pixels = view_pixels(cfg, 'tta_pipeline' if step.kind == 'export' else 'test_pipeline')
    return costs[config] * _READING * _FORWARD * images * pixels / crop_pixels(cfg)


def _trained_images(cfg: Config, images: int) -> int:
    """Return how many images a training sees, each as often as it does."""
    batch = cfg.train_dataloader.get('batch_size') or 1
    if iterations := cfg.train_cfg.get('max_iters'):
        return batch * iterations
    return batch * math.ceil(images / batch) * (cfg.train_cfg.get('max_epochs') or 1)
