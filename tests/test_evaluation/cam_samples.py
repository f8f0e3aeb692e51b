"""Samples with CAMs and masks, and a metric over them."""

import numpy as np
import torch

from ppl_mm.evaluation import CAMIoU
from ppl_mm.formats.mask_file import write_label

CLASSES = ['cat', 'cow', 'dog']
THRESHOLDS = [0.2, 0.4, 0.6, 0.8]


def make_samples(root, count=7):
    """Data samples with masks on disk; the cow is only ever predicted."""
    rng = np.random.default_rng(0)
    samples = []
    for k in range(count):
        path = root / f'{k}.png'
        write_label(path, rng.choice(np.uint8([0, 1, 3, 255]), (9, 14)))
        ids = rng.permutation(3)[: k % 4]
        cam = torch.from_numpy(rng.random((len(ids), 3, 5))).float()
        samples.append(
            dict(
                cam=cam,
                class_ids=torch.as_tensor(ids),
                ori_shape=(9, 14),
                seg_map_path=str(path),
                img_path=f'{k}.jpg',
            )
        )
    return samples


def make_metric(**kwargs):
    metric = CAMIoU(**{**dict(thresholds=THRESHOLDS), **kwargs})
    metric.dataset_meta = dict(classes=CLASSES)
    return metric


def measure(samples, batch_size=2, **kwargs):
    metric = make_metric(**kwargs)
    for start in range(0, len(samples), batch_size):
        metric.process(None, samples[start : start + batch_size])
    return metric.evaluate(len(samples))
