"""The runner whose test writes CAM files."""

import copy

from mmengine.config import Config
from mmengine.hooks import PrepareTTAHook
from mmengine.runner import Runner

from ...formats.export_folder import ExportFolder
from ...utils.config.building import building
from ...utils.weights.loading import check_checkpoint

# Every worker process and every image costs, and nothing is trained.
_UNUSED = (
    'train_dataloader',
    'train_cfg',
    'optim_wrapper',
    'param_scheduler',
    'val_dataloader',
    'val_cfg',
    'val_evaluator',
)


def export_runner(cfg: Config, checkpoint: str, folder: ExportFolder, dataset: dict) -> Runner:
    """Return a runner whose test writes the CAMs of a data set, seen in the views of the config.

    Raises:
        UserError: If the config or the checkpoint does not fit.
    """
    cfg = copy.deepcopy(cfg)
    cfg.update(
        **dict.fromkeys(_UNUSED),
        custom_hooks=[],
        load_from=checkpoint,
        resume=False,
        work_dir=str(folder.root / 'log'),
    )
    # Set, not updated: the settings of the config's own metric are not the writer's.
    cfg.test_evaluator = dict(type='ppl_mm.CAMWriter', out_dir=str(folder.root))
    cfg.test_dataloader.dataset = dict(dataset, pipeline=cfg.tta_pipeline)
    with building(cfg):
        runner = Runner.from_cfg(cfg)
        runner.test_loop  # noqa: B018  (built now, to tell its faults)
    check_checkpoint(runner.model, checkpoint)
    # Wraps the model once its weights are loaded.
    runner.register_hook(PrepareTTAHook(cfg.tta_model))
    return runner
