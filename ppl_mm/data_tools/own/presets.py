"""Pipelines for a user's images, by name."""

#: Pipeline configs by the names of the presets.
PRESETS = {
    'quick': 'configs/own/pipeline_quick.py',
    'standard': 'configs/own/pipeline.py',
    'best': 'configs/own/pipeline_best.py',
}


def has_gpu() -> bool:
    """Return whether this machine has a GPU."""
    import torch

    return torch.cuda.is_available()


def usual_preset() -> str:
    """Return the preset for this machine: quick without a GPU, standard with one."""
    return 'standard' if has_gpu() else 'quick'
