"""Files of a run: configs, checkpoints, reports."""

from pathlib import Path

import torch
from mmengine.config import Config

from ppl_mm.utils.files import atomic_write, write_bytes


def write_config(cfg: Config, path: Path) -> None:
    """Write a config out in full; an unchanged file stays as it is."""
    text = ''.join(f'{key} = {value!r}\n' for key, value in cfg.to_dict().items())
    if path.is_file() and path.read_text() == text:
        return
    write_bytes(path, text.encode())


def drop_optimizer(path: Path) -> None:
    """Leave only the weights of a finished training: a third of the file."""
    checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    if checkpoint.pop('optimizer', None) is not None:
        with atomic_write(path) as file:
            torch.save(checkpoint, file)
