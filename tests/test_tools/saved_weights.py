"""Weights for a config."""

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope


def save_weights(config, scope):
    cfg = Config.fromfile(config)
    with DefaultScope.overwrite_default_scope(scope):
        model = MODELS.build(cfg.model)
    for value in model.parameters():
        torch.nn.init.normal_(value, std=0.2)
    path = config.with_suffix('.pth')
    torch.save(dict(state_dict=model.state_dict()), path)
    return path
