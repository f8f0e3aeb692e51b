"""From a folder of photographs to masks of all of them, a network and a gallery: one call."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..cams.threshold_choice import check_cut
from ..data_tools.check.report import read_error, report_check
from ..data_tools.check.scan import ScanOptions, scan_dataset
from ..data_tools.own.corrections import (
    Corrections,
    check_corrected,
    read_corrections,
    write_corrections,
)
from ..data_tools.own.data import OwnData
from ..data_tools.own.presets import PRESETS, usual_preset
from ..data_tools.own.report import print_summary
from ..data_tools.own.settings import OwnDataSettings
from ..errors import UserError
from ..formats.photo_names import SOURCES
from ..formats.result_folder import ResultFolder
from ..utils.claims import Claim
from ..utils.files import write_json
from ..utils.project import find_config, tools_dir
from ..utils.text import counted
from ..utils.work_dir import check_name
from .run import Pipeline
from .settings import load_settings

# What the configs of configs/own read the classes of.
_DATA_VARIABLE = 'OWN_DATA'
# What hides GPUs from every process that is started.
_GPU_VARIABLE = 'CUDA_VISIBLE_DEVICES'


@dataclass(frozen=True)
class MaskJob:
    """What masks are made of, and how.

    Args:
        data: The photographs and their labels; ``out`` is set to a folder in ``out``.
        out: Where everything is written, see :class:`.ResultFolder`.
        preset: A key of ``PRESETS``, or the path of a pipeline config. Defaults to '': that of an
            earlier run in the folder, else quick without a GPU, standard with one.
        device: 'cpu', 'cuda' or 'cuda:N'. Defaults to '': a GPU, if there is one.
        options: Settings that replace those of the pipeline config.
        skip_bad: Whether photographs and masks that cannot be used are left out.
        workers: Threads that read photographs. Defaults to None: one for each CPU.
        corrected: Masks of an earlier run that a user has corrected, see
            :func:`.read_corrections`. Defaults to None: those that were given before.
        threshold: Where maps are cut, a number or 'auto'. Defaults to '': see the preset.
        expected_area: See :func:`.parse_areas`. Defaults to '': not known.
        command: What the user has typed, which the gallery repeats. Defaults to (): not known.
    """

    data: OwnDataSettings
    out: Path
    preset: str = ''
    device: str = ''
    options: Mapping = field(default_factory=dict)
    skip_bad: bool = True
    workers: int | None = None
    corrected: Path | None = None
    threshold: str = ''
    expected_area: str = ''
    command: tuple[str, ...] = ()


def make_masks(job: MaskJob) -> ResultFolder:
    """Make masks of all photographs of a folder, a network and a gallery.

    An interrupted run is continued by the next one; after a finished one nothing is done. It is
    the pipeline of the preset, after ``own_data.py`` and ``check_dataset.py``.

    Raises:
        UserError: If photographs, labels or settings cannot be used, the folder holds something
            else, or a step fails.
    """
    results = ResultFolder(job.out)
    if not job.data.photos.is_dir():
        raise UserError(f'{job.data.photos}: the folder of photos is missing; check the path')
    _check_places(job.data, job.out)
    check_name(results.work)
    job.data.check()
    check_cut(job.threshold, job.expected_area, background=job.data.background)
    corrections = _early_corrections(job, results)
    with _environment(_DATA_VARIABLE, str(results.data)), _device(job.device):
        preset = _claim(job, results)
        _make_data(job, results)
        if job.corrected:
            corrections = corrections or read_corrections(job.corrected, results)
            learnt = write_corrections(corrections, results)
            print('\n'.join(corrections.lines(job.corrected, learnt)))
        pipeline = _pipeline(job, preset, results)
        if pipeline.announce():
            pipeline.run()
    return results


def _check_places(data: OwnDataSettings, out: Path) -> None:
    """Refuse folders in each other: results would be read as photographs."""
    for option, folder in (('', data.photos), ('--negatives ', data.negatives)):
        if folder is None:
            continue
        inner, outer = os.path.realpath(out), os.path.realpath(folder)
        if os.path.commonpath([inner, outer]) == outer:
            raise UserError(
                f'--out {out}: lies in {option}{folder}, where its masks would be taken for '
                'photos; give a folder outside of it'
            )


def _early_corrections(job: MaskJob, results: ResultFolder) -> Corrections | None:
    """Read corrected masks before anything is written; None where no data set names them yet."""
    if not job.corrected:
        return None
    check_corrected(job.corrected, results)
    is_made = (results.data / SOURCES).is_file()
    return read_corrections(job.corrected, results) if is_made else None


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Set a variable of the environment, of the steps' processes too."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextmanager
def _device(name: str) -> Iterator[None]:
    """Have every step run on a device."""
    import torch

    kind, _, number = name.partition(':')
    if kind not in ('', 'cpu', 'cuda') or (number and not number.isdigit()):
        raise UserError(f'--device {name}: must be cpu, cuda or cuda:N')
    if kind == 'cuda' and int(number or 0) >= torch.cuda.device_count():
        raise UserError(
            f'--device {name}: PyTorch finds {counted(torch.cuda.device_count(), "GPU")} here; '
            'give --device cpu, or install a PyTorch for your GPU'
        )
    if kind == 'cpu':
        number = '-1'
    with _environment(_GPU_VARIABLE, number) if number else nullcontext():
        yield


def _claim(job: MaskJob, results: ResultFolder) -> str:
    """Take the folder; return the preset."""
    identity = dict(photos=os.path.abspath(job.data.photos))
    if job.preset:
        identity['preset'] = _known_preset(job.preset)
    found = Claim(job.out / results.RECORD, identity, 'masks').check()
    record = dict(preset=usual_preset()) | (found or {}) | identity
    if job.command:
        record['command'] = list(job.command)
    if record != found:
        write_json(job.out / results.RECORD, record)
    return record['preset']


def _known_preset(name: str) -> str:
    """Return a key of ``PRESETS``, or the absolute path of a config."""
    if name in PRESETS:
        return name
    path = find_config(name)
    if not path.is_file():
        raise UserError(f'--preset {name}: must be one of {", ".join(PRESETS)}, or a config file')
    return os.path.abspath(path)


def _make_data(job: MaskJob, results: ResultFolder) -> None:
    """Make and check the data set, unless that is done."""
    data = OwnData(
        replace(job.data, out=results.data, expected_area=job.expected_area), job.workers
    )
    print_summary(results.data, data.make(job.skip_bad))
    if not (results.check / 'report.json').is_file():
        report_check(scan_dataset(ScanOptions(results.data), job.workers), results.check)
    if error := read_error(results.check):
        raise UserError(
            f'{job.data.photos}: {error}; then remove {results.data} and give the command again'
        )


def _pipeline(job: MaskJob, preset: str, results: ResultFolder) -> Pipeline:
    given = dict(threshold=job.threshold, expected_area=job.expected_area)
    given |= dict(data_root=str(results.data), results=str(results.root))
    options = {**job.options, **{key: value for key, value in given.items() if value}}
    settings = load_settings(PRESETS.get(preset, preset), options, job.data.seed)
    return Pipeline(settings, results.work, tools_dir())
