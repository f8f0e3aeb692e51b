"""Files of a run: configs, checkpoints, reports."""

import json
from pathlib import Path

import torch
from mmengine.config import Config

from ppl_mm.utils import atomic_write


def write_config(cfg: Config, path: Path) -> None:
    """Write a config out in full; an unchanged file stays as it is."""
    text = ''.join(f'{key} = {value!r}\n' for key, value in cfg.to_dict().items())
    if path.is_file() and path.read_text() == text:
        return
    with atomic_write(path) as file:
        file.write(text.encode())


def drop_optimizer(path: Path) -> None:
    """Leave only the weights of a finished training: a third of the file."""
    checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    if checkpoint.pop('optimizer', None) is not None:
        with atomic_write(path) as file:
            torch.save(checkpoint, file)


def read_json(path: Path) -> dict:
    """Return the content of a JSON file."""
    return json.loads(path.read_text())
