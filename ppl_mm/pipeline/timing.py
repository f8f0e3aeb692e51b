"""Measure how long networks take for an image, in a step or two of training on noise.

tools/make_masks.py calls it once, before it says how long it will take.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from mmengine.structures import PixelData
from mmpretrain.structures import DataSample
from mmseg.structures import SegDataSample

from ..apis.inference.trained_model import build_network
from ..utils.cli import run
from ..utils.config.reading import read_config
from ..utils.config.scope import is_segmentation
from ..utils.files import write_json
from .image_sizes import crop_size

# Nearly as fast for each image as a whole batch, and little enough for a large network on a CPU.
_IMAGES, _STEPS = 4, 3
# Seconds after which no further step is worth it. A first step, which sets up much that later ones
# find, takes seven on a machine with other work, and the next half of one.
_PATIENCE = 20.0
# In a run on a CPU a step takes longer than the fastest one, since the process that reads images
# shares the cores. Between 1.0 and 1.3 in two runs on two idle cores.
_SUSTAINED = 1.15


def seconds_per_image(cfg: Config) -> float:
    """Return how long a step of a training takes for each image, without reading it."""
    model = build_network(cfg).to(get_device())
    if get_device() == 'cpu':
        model = model.to(memory_format=torch.channels_last)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = OptimWrapper(torch.optim.SGD(weights, lr=0.0))
    seconds = _time(model, optimizer, _batch(cfg)) / _IMAGES
    return seconds * (_SUSTAINED if get_device() == 'cpu' else 1)


def _time(model: BaseModel, optimizer: OptimWrapper, batch: Mapping) -> float:
    """Return the seconds of the fastest step, of as many as patience allows."""
    model.train()
    times: list[float] = []
    while len(times) < _STEPS and sum(times) < _PATIENCE:
        start = time.perf_counter()
        model.train_step(batch, optimizer)
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times)


def _batch(cfg: Config) -> dict:
    height, width = crop_size(cfg)
    sample = _label_sample if is_segmentation(cfg) else _class_sample
    channels = cfg.model.backbone.get('in_channels', 3)
    images = torch.randint(256, (_IMAGES, channels, height, width), dtype=torch.uint8)
    return dict(inputs=list(images), data_samples=[sample(height, width) for _ in images])


def _class_sample(height: int, width: int) -> DataSample:
    sample = DataSample().set_gt_label([0])
    sample.set_field(np.zeros((height, width), np.uint8), 'gt_seg_map')
    return sample


def _label_sample(height: int, width: int) -> SegDataSample:
    label = PixelData(data=torch.zeros(1, height, width, dtype=torch.long))
    return SegDataSample(gt_sem_seg=label, metainfo=dict(img_shape=(height, width)))


def main(argv: Sequence[str] | None = None) -> None:
    """Measure the networks of configs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path, help='the JSON to write: seconds by config')
    parser.add_argument('configs', nargs='+')
    args = parser.parse_args(argv)
    write_json(args.out, {path: seconds_per_image(read_config(path)) for path in args.configs})


if __name__ == '__main__':
    run(main)
