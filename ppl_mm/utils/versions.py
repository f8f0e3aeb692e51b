"""What is installed, and the one line about what cannot work together.

Everything is read from the packages' metadata: a wrong pair often cannot even
be imported. ``python -m ppl_mm.utils.versions`` prints the verdict.
"""

import sys
from importlib import metadata, util

from packaging.requirements import Requirement
from packaging.version import Version

from ..errors import UserError
from .troubleshooting import with_help

_MMCV_MINIMUM = '2.0.0'
_MMCV_LIMIT = '2.2.0'  # mmseg 1.2.2 asserts less
_TORCH_MINIMUM = '2.6'  # the first whose torch.load is safe by default
_INSTALL_TORCH = f'pip install "torch>={_TORCH_MINIMUM}" torchvision'
_TRANSFORMERS_LIMIT = '4.56'  # mmpretrain 1.2's models need less
_MMCV_NAMES = ('mmcv', 'mmcv-lite', 'mmcv-full')


def check() -> None:
    """Check the packages whose versions have to fit each other.

    Raises:
        UserError: One line with the pip command, for the first of: no mmcv, several mmcv
            distributions, mmcv too old or too new, no torch or torchvision, torch too old,
            torchvision built for another torch.
    """
    try:
        _check_mmcv()
        _check_torch()
    except UserError as error:
        raise UserError(with_help(str(error), 'versions')) from None


def _check_mmcv() -> None:
    """Check that one mmcv is there, of a version that mmseg takes."""
    found = {name: version for name in _MMCV_NAMES if (version := installed_version(name))}
    if len(found) > 1:
        names = ' and '.join(f'{n} {v}' for n, v in found.items())
        raise UserError(
            f'{names} are both installed and overwrite each other: pip '
            f'uninstall -y {" ".join(found)} && {_install_command()} (or '
            '"mmcv" instead of "mmcv-lite" where you need compiled operators)'
        )
    if not found:
        if is_importable('mmcv'):
            return  # a fork or a source tree: its owner knows
        raise UserError(
            f'mmcv is not installed: {_install_command()} (or the compiled '
            '"mmcv", see docs/install.md)'
        )
    ((name, version),) = found.items()
    if not Version(_MMCV_MINIMUM) <= Version(version) < Version(_MMCV_LIMIT):
        new_name = name.replace('mmcv-full', 'mmcv')  # its name before 2.0
        raise UserError(
            f'{name} {version} does not work with mmsegmentation 1.2: pip '
            f'uninstall -y {name} && {_install_command(new_name)}'
        )


def _check_torch() -> None:
    """Check that torch is new enough, and torchvision built for it."""
    torch, torchvision = (installed_version(name) for name in ('torch', 'torchvision'))
    for name, version in (('torch', torch), ('torchvision', torchvision)):
        if version is None and not is_importable(name):
            raise UserError(
                f'{name} is not installed: {_INSTALL_TORCH} (together, so that they fit each other)'
            )
    if torch and Version(torch) < Version(_TORCH_MINIMUM):
        raise UserError(
            f'torch {torch} is too old, {_TORCH_MINIMUM} or newer is needed: {_INSTALL_TORCH}'
        )
    if torch and torchvision:
        _check_torchvision(torch, torchvision)


def _check_torchvision(torch: str, torchvision: str) -> None:
    """Check that torchvision was built for the torch beside it."""
    # A build from source does not say for which.
    needed = map(Requirement, metadata.requires('torchvision') or ())
    wanted = next((one.specifier for one in needed if one.name == 'torch'), None)
    ours, theirs = Version(torch).local, Version(torchvision).local
    if (wanted and not wanted.contains(torch, prereleases=True)) or (
        ours and theirs and ours != theirs
    ):
        raise UserError(
            f'torchvision {torchvision} was built for torch{wanted or f"+{theirs}"}, but torch '
            f'{torch} is installed: pip install --force-reinstall "torch{wanted or ""}" '
            f'"torchvision=={Version(torchvision).public}"'
        )


def has_moved_transformers() -> bool:
    """Return whether transformers is there, too new for mmpretrain's models."""
    version = installed_version('transformers')
    return version is not None and Version(version) >= Version(_TRANSFORMERS_LIMIT)


def installed_version(name: str) -> str | None:
    """Return the version of a distribution, or None where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def is_importable(module: str) -> bool:
    """Return whether a module can be found; it is not imported."""
    return util.find_spec(module) is not None


def _install_command(name: str = 'mmcv-lite') -> str:
    return f'pip install "{name}>={_MMCV_MINIMUM},<{_MMCV_LIMIT}"'


def main() -> None:
    """Print what is installed, after the check."""
    check()
    libraries = ('mmengine', 'mmpretrain', 'mmsegmentation', 'numpy')
    for name in ('torch', 'torchvision', *_MMCV_NAMES, *libraries):
        if version := installed_version(name):
            print(f'{name} {version}')


if __name__ == '__main__':
    try:
        main()
    except UserError as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(2)
