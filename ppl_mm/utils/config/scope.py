"""Whose conventions a config follows: mmpretrain's, for classifiers, or mmseg's."""

from mmengine.config import Config


def scope_of(cfg: Config) -> str:
    """Return where a config's types are looked up."""
    return cfg.get('default_scope') or 'mmpretrain'


def is_segmentation(cfg: Config) -> bool:
    """Return whether a config is of a segmentation network, not of a classifier."""
    return scope_of(cfg) == 'mmseg'
