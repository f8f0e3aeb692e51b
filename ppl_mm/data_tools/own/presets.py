"""Pipelines for a user's images, by name."""

#: Pipeline configs by the names of the presets.
PRESETS = {
    'quick': 'configs/own/pipeline_quick.py',
    'standard': 'configs/own/pipeline.py',
    'best': 'configs/own/pipeline_best.py',
}


def usual_preset() -> str:
    """Return the preset for this machine: quick without a GPU, standard with one."""
    import torch

    return 'standard' if torch.cuda.is_available() else 'quick'
