"""FLOPs of a training, or of an export.

    python -m studies.engine.cost CONFIG OUT.json
    python -m studies.engine.cost --export train CONFIG OUT.json

One real training step of two images, forward and backward, is counted for
each stage of the training; what is frozen has no backward pass. A
multiplication with its addition is two FLOPs. For an export, a few images of
the split are counted, in all their views.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dataset import default_collate, pseudo_collate
from mmengine.registry import DATASETS, MODELS, init_default_scope
from torch import nn

import ppl_mm  # noqa: F401
from ppl_mm.engine.stages import check_stage, stages_of
from ppl_mm.utils.config.scope import scope_of
from ppl_mm.utils.files import write_json
from ppl_mm.utils.flops import count_flops

_IMAGES, _EXPORT_STEP = 2, 100


def step_flops(model: nn.Module, samples: Sequence[dict]) -> float:
    """Return the FLOPs of a training step, for each of its images."""
    model.zero_grad()
    with count_flops() as counter:
        data = model.data_preprocessor(default_collate(samples), True)
        loss, _ = model.parse_losses(model(**data, mode='loss'))
        loss.backward()
    return counter.get_total_flops() / len(samples)


def training_cost(cfg: Config) -> dict:
    """Count the FLOPs of a whole training.

    Args:
        cfg: Config of the training.

    Returns:
        ``images_per_epoch``; ``stages``: epochs and FLOPs per image of each; ``flops_per_image``,
        for one image in one epoch, the mean over the epochs; ``flops``, in all.
    """
    init_default_scope(scope_of(cfg))
    loader = cfg.train_dataloader
    dataset = DATASETS.build(loader.dataset)
    images = len(dataset)
    if loader.get('drop_last'):
        images -= images % loader.batch_size
    model = MODELS.build(cfg.model).train()
    torch.manual_seed(0)
    samples = [dataset[index] for index in range(_IMAGES)]
    stages = stages_of(cfg) or [dict(epochs=cfg.train_cfg.max_epochs)]
    for stage in stages:
        if 'position' in stage:
            check_stage(model, stage['position'], stage['grid']).set_stage(
                stage['position'], stage['grid']
            )
        stage['flops_per_image'] = step_flops(model, samples)
    flops = images * sum(stage['epochs'] * stage['flops_per_image'] for stage in stages)
    return dict(
        images_per_epoch=images,
        stages=stages,
        flops=flops,
        flops_per_image=flops / (images * cfg.train_cfg.max_epochs),
    )


def export_cost(cfg: Config, split: str) -> dict:
    """Count the FLOPs of exporting the maps of a split.

    Args:
        cfg: Config with ``tta_model`` and ``tta_pipeline``.
        split: A split of the test data set.

    Returns:
        ``images``, and ``flops`` in all, extrapolated from every 100th image.
    """
    init_default_scope(scope_of(cfg))
    dataset = DATASETS.build(
        dict(cfg.test_dataloader.dataset, split=split, pipeline=cfg.tta_pipeline)
    )
    model = MODELS.build(dict(cfg.tta_model, module=cfg.model)).eval()
    counted = range(0, len(dataset), _EXPORT_STEP)
    with count_flops() as counter, torch.no_grad():
        for index in counted:
            model.test_step(pseudo_collate([dataset[index]]))
    mean = counter.get_total_flops() / len(counted)
    return dict(images=len(dataset), flops=mean * len(dataset))


def main() -> None:
    """Count, and write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='a config with all settings')
    parser.add_argument('out', type=Path, help='the JSON to write')
    parser.add_argument('--export', metavar='SPLIT', help='count an export of this split')
    args = parser.parse_args()
    cfg = Config.fromfile(args.config)
    cost = export_cost(cfg, args.export) if args.export else training_cost(cfg)
    write_json(args.out, cost)


if __name__ == '__main__':
    main()
