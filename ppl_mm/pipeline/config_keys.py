"""Where the settings that a pipeline reads or changes stand in other configs."""

from collections.abc import Iterable

from mmengine.config import Config

from ..utils.config.scope import is_segmentation


def dataset_key(cfg: Config, loader: str, name: str) -> str:
    """Return the dotted key of a data set's setting, within wrappers such as RepeatDataset."""
    key = f'{loader}_dataloader.dataset'
    while get(cfg, f'{key}.dataset'):
        key += '.dataset'
    return f'{key}.{name}'


def get(cfg: Config, dotted: str) -> object:
    """Return a setting by its dotted key; None where it is missing."""
    node = cfg
    for key in dotted.split('.'):
        node = (node or {}).get(key)
    return node


def learns_from_labels(cfg: Config) -> bool:
    """Return whether a classifier learns from pseudo-labels of the training before."""
    return bool(get(cfg, dataset_key(cfg, 'train', 'label_dir'))) and not is_segmentation(cfg)


def training_split(cfg: Config) -> tuple[str, str]:
    """Return the key of the list of images that a config trains on, and its value or ''."""
    key = dataset_key(cfg, 'train', 'ann_file' if is_segmentation(cfg) else 'split')
    return key, str(get(cfg, key) or '')


def data_options(cfg: Config, data_root: str, loaders: Iterable[str]) -> dict[str, str]:
    """Return options that have the data sets of a config's loaders read other data."""
    keys = [dataset_key(cfg, loader, 'data_root') for loader in loaders]
    return {key: data_root for key in keys if get(cfg, key) not in (None, data_root)}
