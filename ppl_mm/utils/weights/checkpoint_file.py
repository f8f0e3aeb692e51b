"""Read checkpoints from disk or an address; nothing in them is run or trusted."""

import os
import pickle
import socket
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from torch import Tensor

from ...errors import UserError, first_line
from ..troubleshooting import with_help
from .packages import SCHEME, find_weights

TRUST_VARIABLE = 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'
# Keys under which files keep their weights.
_WRAPPERS = ('state_dict', 'model', 'model_state_dict', 'network', 'net')
# How files begin that are often mistaken for a checkpoint, and the way out.
_MISTAKEN = (
    (b'version https://git-lfs', 'is a Git LFS pointer; fetch the file itself with git lfs pull'),
    (b'<', 'is a web page; download the file itself'),
    (b'\x1f\x8b', 'is compressed by gzip; unpack it'),
    (b'\x89HDF', 'is an HDF5 file, not one of PyTorch'),
)
_COPY = 'copy or download it again'
_SECONDS_WITHOUT_ANSWER = 60


def read_checkpoint(path: str | os.PathLike) -> dict:
    """Read a checkpoint onto the CPU, its weights as ``state_dict``; mmengine does so here.

    Args:
        path: A file, or an address such as ``torchvision://resnet50`` or
            ``package://efficientnet_lite0``.

    Raises:
        UserError: If the file is missing or damaged, needs code to be read, or holds no weights or
            such that nothing can compute with. The line says what to do.
    """
    if '://' in str(path):
        checkpoint = _read_address(str(path))
    else:
        checkpoint = _read_file(Path(path).expanduser())
    if not isinstance(checkpoint, Mapping):
        raise UserError(
            f'{path}: holds a {type(checkpoint).__name__}, not weights by name; save a state_dict'
        )
    key = next((key for key in _WRAPPERS if isinstance(checkpoint.get(key), Mapping)), None)
    weights = checkpoint[key] if key else checkpoint
    check_weights(path, weights)
    others = {name: checkpoint[name] for name in checkpoint if name != key} if key else {}
    return dict(others, state_dict=weights)


def read_download(url: str, folder: str | os.PathLike | None = None) -> Any:
    """Read a file of the internet, which is downloaded once, into a folder or torch's cache.

    ``torch.hub.load_state_dict_from_url`` would unpickle whatever it gets.

    Raises:
        UserError: If it cannot be read.
        OSError: If it cannot be downloaded.
    """
    folder = Path(folder or Path(torch.hub.get_dir(), 'checkpoints'))
    path = folder / Path(urlparse(url).path).name
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(_SECONDS_WITHOUT_ANSWER)
        try:
            torch.hub.download_url_to_file(url, str(path), progress=os.isatty(2))
        finally:
            socket.setdefaulttimeout(before)
    return _read_file(path)


def _read_address(address: str) -> Any:
    """Read what an installed package, or else mmengine, finds behind an address."""
    if address.startswith(SCHEME):
        return _read_file(find_weights(address))
    from mmengine.runner.checkpoint import CheckpointLoader

    loader = CheckpointLoader._get_checkpoint_loader(address)
    try:
        return loader(address, map_location='cpu')
    except KeyError as error:
        raise UserError(
            f'{address}: no model has this name{_nearest(address, str(error.args[0]))}'
        ) from error
    except (OSError, ImportError) as error:
        reason = getattr(error, 'reason', None) or error
        raise UserError(
            f'{address}: cannot be downloaded ({reason}); get the file on a machine with '
            'network and give its path, or start from weights that are a package '
            '(configs/own/pipeline_quick.py), see docs/weights.md'
        ) from error


def _nearest(address: str, name: str) -> str:
    """Return a hint at the names that the address may have meant."""
    from mmengine.runner import checkpoint

    scheme = address.partition('://')[0]
    lists = dict(torchvision=checkpoint.get_torchvision_models, mmcls=checkpoint.get_mmcls_models)
    names = lists.get(scheme, checkpoint.get_external_models)()
    near = get_close_matches(name, names, n=1)
    return f'; did you mean {scheme}://{near[0]}?' if near else ''


def _read_file(path: Path) -> Any:
    """Read a file of this machine."""
    _check_file(path)
    trusted = os.environ.get(TRUST_VARIABLE, '').lower() in ('1', 'y', 'yes', 'true')
    try:
        return torch.load(path, map_location='cpu', weights_only=not trusted)
    except pickle.UnpicklingError as error:
        line = (
            f'{path}: not a checkpoint, or one that holds more than plain data '
            f'({_culprit(error)}); save its state_dict alone, or set {TRUST_VARIABLE}=1 if you '
            'trust whoever made it'
        )
        raise UserError(with_help(line, 'checkpoint')) from error
    except Exception as error:  # damaged bytes make the unpickler raise anything
        raise UserError(f'{path}: damaged, or not a checkpoint; {_COPY}') from error


def _culprit(error: Exception) -> str:
    """Return the part of torch's message that names what it refused."""
    text = str(error).partition('WeightsUnpickler error: ')[2] or str(error)
    return text.strip().partition('. ')[0].partition('\n')[0].rstrip('.')


def _check_file(path: Path) -> None:
    """Refuse what is not a file of PyTorch, or not a whole one."""
    if not path.is_file():
        what = 'is not a file' if path.exists() else 'no such file'
        raise UserError(
            f'{path}: {what}; give the path of a checkpoint on this machine, see docs/weights.md'
        )
    with open(path, 'rb') as file:
        start = file.read(32).lstrip()
    if not start:
        raise UserError(f'{path}: is empty; {_COPY}')
    for magic, problem in _MISTAKEN:
        if start.startswith(magic):
            raise UserError(f'{path}: {problem}')
    if path.suffix == '.safetensors':
        raise UserError(
            f'{path}: is a safetensors file; convert it with '
            'torch.save(safetensors.torch.load_file(FILE), OUT)'
        )
    if start.startswith(b'PK'):
        _check_archive(path)
    elif tarfile.is_tarfile(path):
        raise UserError(f'{path}: is a tar archive; unpack it and give the checkpoint in it')


def _check_archive(path: Path) -> None:
    """Refuse a zip file that is not a checkpoint, or whose bytes have changed.

    torch reads flipped bits as weights: it never compares the checksums that it writes.
    """
    if not zipfile.is_zipfile(path):
        raise UserError(f'{path}: is truncated; {_COPY}')
    try:
        with zipfile.ZipFile(path) as archive:
            names = {Path(name).name for name in archive.namelist()}
            damaged = _damaged_record(archive)
    except Exception as error:  # a changed directory makes zipfile raise anything
        raise UserError(f'{path}: is damaged ({first_line(error)}); {_COPY}') from error
    if 'constants.pkl' in names:
        raise UserError(
            f'{path}: is a TorchScript archive; give a checkpoint that torch.save has written'
        )
    if 'data.pkl' not in names:
        raise UserError(f'{path}: is a zip file but not a checkpoint; unpack it')
    if damaged:
        raise UserError(f'{path}: is damaged (checksum of {damaged}); {_COPY}')


def _damaged_record(archive: zipfile.ZipFile) -> str | None:
    """Return the first record whose checksum is wrong, None if all are right."""
    for record in archive.infolist():
        if record.compress_type != zipfile.ZIP_STORED:
            return record.filename  # torch compresses nothing; this may unpack to anything
        if not record.CRC:
            continue  # written by a torch that was told to leave checksums out
        try:
            with archive.open(record) as file:
                while file.read(1 << 20):
                    pass
        except (zipfile.BadZipFile, EOFError):
            return record.filename
    return None


def check_weights(path: str | os.PathLike, weights: Mapping) -> None:
    """Refuse a file without weights, or with some that a network cannot use."""
    tensors = {key: value for key, value in weights.items() if torch.is_tensor(value)}
    if not tensors or not all(isinstance(key, str) for key in tensors):
        keys = ', '.join(map(str, list(weights)[:3])) or 'none'
        raise UserError(f'{path}: holds no weights by name (its keys: {keys}); save a state_dict')
    for key, problem in _problems(tensors):
        raise UserError(f'{path}: {key} {problem}; give a checkpoint whose weights are numbers')


def _problems(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, str]]:
    """Yield the names of weights that cannot be used, and why."""
    for key, value in tensors.items():
        if value.is_meta:
            yield key, 'has a shape and no values'
        elif value.layout is not torch.strided or value.is_quantized:
            yield key, 'is sparse or quantized'
        elif value.is_complex():
            yield key, 'is complex'
        elif value.untyped_storage().nbytes() < value.numel() * value.element_size():
            yield key, f'claims {value.numel()} values, more than the file holds'
        elif value.is_floating_point() and not value.float().isfinite().all():
            yield key, 'holds NaN or infinite values'
