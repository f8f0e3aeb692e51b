"""What a step depends on, as one hash."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..formats.image_folder import ImageFolder
from ..formats.image_list import read_ids
from ..formats.voc_layout import VOCLayout
from ..utils.config.reading import read_config
from ..version import __version__
from .data_check import check_data
from .settings import PipelineSettings
from .step import Step

# What the labels of a data set are in, beside its folder of XML files.
_TABLES = (VOCLayout.LABELS, VOCLayout.JSON_LABELS, VOCLayout.CLASSES)


def of_step(step: Step, places: dict[str, Path], data: str | None, inputs: dict[str, str]) -> str:
    """Return the hash of what a step would do now: SHA-256, 64 hexadecimal digits.

    Args:
        step: The step.
        places: Folders by name that may be moved.
        data: From :func:`of_data`; None for the step that makes the data.
        inputs: The hash of what each step that it needs has made, by name.
    """
    command = step.command[1:]
    # What a config says counts, not how its path is spelled.
    names = places | {path.name: path for path in step.configs}
    for name, path in names.items():
        command = [part.replace(str(path), name) for part in command]
    configs = [read_config(path).to_dict() for path in step.configs]
    return _digest(
        json.dumps(
            [__version__, command, configs, data, inputs], sort_keys=True, default=str
        ).encode(),
        *(path.read_bytes() for path in step.files),
    )


def of_data(settings: PipelineSettings) -> str:
    """Return the hash of a data set: lists, labels, and sizes of its files.

    Raises:
        UserError: See :func:`.check_data`.
    """
    check_data(settings)
    root = settings.data_root
    parts = [settings.list_path(split).read_bytes() for split in sorted(settings.splits)]
    parts += [(root / name).read_bytes() for name in _TABLES if (root / name).is_file()]
    return _digest(*parts, '\n'.join(_sizes(settings)).encode())


def _sizes(settings: PipelineSettings) -> Iterator[str]:
    """Yield the sizes of the files of every image in a split."""
    root = settings.data_root
    layout = VOCLayout(root)
    images = ImageFolder(layout.image_dir)
    image_ids = {
        image_id for split in settings.splits for image_id in read_ids(settings.list_path(split))
    }
    for image_id in sorted(image_ids):
        image = images.find_id(image_id)
        found = [Path(image)] if image else []
        found += [layout.mask_path(image_id), layout.annotation_path(image_id)]
        for path in found:
            if path.is_file():
                yield f'{path.relative_to(root)} {path.stat().st_size}'


def of_files(paths: Iterable[Path]) -> str:
    """Return the hash of the content of files."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, 'rb') as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()
