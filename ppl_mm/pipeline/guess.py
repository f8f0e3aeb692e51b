"""A first guess at how long the steps of a pipeline take, from measured times of its networks."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from mmengine.config import Config

from ..apis.exporting.picked_images import MAX_IMAGES, MAX_NEGATIVES, MAX_PROBED, MIN_NEGATIVES
from ..errors import UserError
from ..formats.ground_truth import read_negatives
from ..formats.image_folder import ImageFolder
from ..formats.image_list import read_ids
from ..formats.images.image_file import image_size
from ..formats.voc_layout import VOCLayout
from ..utils.config.reading import read_config
from ..utils.processes.worker_pool import default_workers
from .image_sizes import crop_size, num_views, view_pixels
from .settings import PipelineSettings
from .step import Step

# Seconds of steps beside each other, by kind, where neither the config nor a measurement says more.
_USUAL = dict(train=100.0, export=25.0, label=30.0, refine=30.0, predict=30.0, gallery=20.0)
_OTHERS = 10.0
# Of a training step, the part without the way back.
_FORWARD = 1 / 3
# Checkpoints, and data loaders that start in each epoch, come on top of the steps of a training.
_BESIDE = 1.1
# Reading, changing and packing an image in one process; data loaders do so during the steps.
_READ = 0.02
# Of an image, writing maps or a label; seconds.
_WRITE = 0.1
# A process starts and imports; seconds.
_START = 5.0
# Refining a million pixels in one process, by PAMR and a CRF; seconds.
_REFINE = 4.5
# Of an image, the steps that show and copy; seconds.
_SHOW = dict(gallery=0.05, deliver=0.02, report=0.01, keep=0.1)
# Comparing an image with the background, see benchmarks/export_reference.py.
_COMPARE = 1.2
# Images whose sizes say how large all are.
_SAMPLE = 20


def usual_seconds(kind: str, name: str, settings: PipelineSettings) -> float:
    """Return a guess at a step before anything is measured: that of the config, if it has one."""
    return settings.expected_seconds.get(name, _USUAL.get(kind, _OTHERS))


def networks(steps: Iterable[Step]) -> list[str]:
    """Return the configs of the networks whose times the guess needs."""
    return list(
        dict.fromkeys(str(step.configs[0]) for step in steps if step.kind in ('train', 'export'))
    )


def guess_times(
    steps: Sequence[Step],
    settings: PipelineSettings,
    costs: Mapping[str, float],
    cut: Collection[str] = (),
) -> list[Step]:
    """Return steps with a guess at their seconds, where the config gives none.

    Args:
        steps: From :func:`.plan.make_plan`.
        settings: The pipeline's.
        costs: Seconds of training for each image, by config, see :func:`.timing.seconds_per_image`.
        cut: Names of exports that only cut their maps anew. Defaults to (): none.
    """
    data = _read_data(settings)

    def guess(step: Step) -> Step:
        """Return the step with a guess, or with what the config says."""
        if step.name in settings.expected_seconds:
            return step
        is_cut = step.name in cut
        seconds = _WRITE * data.train if is_cut else _seconds(step, settings, data, costs)
        return replace(step, seconds=_START + seconds)

    return list(map(guess, steps))


@dataclass(frozen=True)
class _Data:
    """How many images are trained on, how many there are, how many negatives, and their sizes.

    These are the millions of pixels of an image, and how much of the square of its long side it
    fills.
    """

    train: int
    all: int
    negatives: int
    megapixels: float
    filled: float


def _read_data(settings: PipelineSettings) -> _Data:
    folder = ImageFolder(VOCLayout(settings.data_root).image_dir)
    ids, train = folder.all_ids(), read_ids(settings.list_path('train'))
    sizes = _sample_sizes(folder, ids)
    megapixels = fmean(width * height / 1e6 for width, height in sizes) if sizes else 0.0
    filled = fmean(min(size) / max(size) for size in sizes) if sizes else 0.75
    return _Data(len(train), len(ids), _count_negatives(settings.data_root), megapixels, filled)


def _sample_sizes(folder: ImageFolder, ids: Sequence[str]) -> list[tuple[int, int]]:
    """Return the sizes of some images; one that cannot be read is not counted."""
    paths = [folder.find_id(one) for one in ids[:: math.ceil(len(ids) / _SAMPLE) or 1]]
    sizes = []
    for path in filter(None, paths):
        with suppress(UserError):
            sizes.append(image_size(path))
    return sizes


def _count_negatives(data_root: Path) -> int:
    """Return how many images show none of the classes; 0 where that cannot be read."""
    with suppress(UserError):
        return len(read_negatives(data_root))
    return 0


def _seconds(
    step: Step, settings: PipelineSettings, data: _Data, costs: Mapping[str, float]
) -> float:
    if step.kind in ('refine', 'label'):
        return _REFINE * _refined_pixels(step, data) * data.train / default_workers()
    if step.kind in _SHOW:
        return _SHOW[step.kind] * data.all
    config = str(step.configs[0] if step.configs else settings.segmentation[-1])
    if config not in costs:
        return step.seconds
    cfg, cost = read_config(config), costs[config]
    if step.kind == 'train':
        read = _READ / max(cfg.train_dataloader.get('num_workers') or 1, 1)
        return _BESIDE * max(cost, read) * _trained_images(cfg, data.train)
    if step.kind == 'export':
        forward = cost * _share_of_step(cfg, 'tta_pipeline', data)
        forward *= _COMPARE if cfg.get('export_reference') else 1
        return _exported_images(cfg, data) * (forward + _READ + _WRITE)
    return data.all * (cost * _share_of_step(cfg, 'test_pipeline', data) + _READ + _WRITE)


def _share_of_step(cfg: Config, pipeline: str, data: _Data) -> float:
    """Return what all views of an image cost, as a part of a training step with one image."""
    return _FORWARD * data.filled * view_pixels(cfg, pipeline) / math.prod(crop_size(cfg))


def _exported_images(cfg: Config, data: _Data) -> int:
    """Return how often an export looks at an image, those that it compares with included."""
    background = min(data.train, MAX_IMAGES) if cfg.get('export_reference') else 0
    probed = min(data.train, MAX_PROBED) if cfg.get('export_probe') else 0
    negatives = data.negatives if cfg.get('export_negatives') else 0
    used = min(negatives, MAX_NEGATIVES) if negatives >= MIN_NEGATIVES else 0
    # A probe is fitted to one view of each image.
    return data.train + background + used + probed // num_views(cfg, 'tta_pipeline')


def _refined_pixels(step: Step, data: _Data) -> float:
    """Return the millions of pixels at which an image is refined."""
    most = read_config(step.configs[0]).get('max_pixels')
    return min(data.megapixels, most / 1e6) if most else data.megapixels


def _trained_images(cfg: Config, images: int) -> int:
    """Return how many images a training sees, each as often as it does."""
    batch = cfg.train_dataloader.get('batch_size') or 1
    if iterations := cfg.train_cfg.get('max_iters'):
        return batch * iterations
    return batch * math.ceil(images / batch) * (cfg.train_cfg.get('max_epochs') or 1)
