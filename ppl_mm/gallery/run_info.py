"""How a pipeline's results came about: its trainings, steps, configs and versions."""

import platform
import shlex
from pathlib import Path

from ..errors import UserError
from ..formats.result_folder import ResultFolder
from ..utils.files import read_json
from ..utils.project import command_line
from ..utils.versions import installed_version
from ..version import __version__
from .charts import Chart, make_chart, read_curves
from .from_pipeline import read_run
from .remedies import masks_command
from .results import finished_steps
from .tables import ROLES, columns, find, read_report

_PACKAGES = ('torch', 'mmengine', 'mmpretrain', 'mmsegmentation', 'numpy')


def run_info(work_dir: Path | None) -> dict:
    """Return what the page says about a run, of JSON's types and charts; little without one."""
    empty: dict = dict(name='', steps=[], seconds=None, sentences=[], configs={}, charts=[])
    info = empty | dict(versions=_versions(), thresholds=None, command=None)
    if work_dir is None:
        return info
    run, report = read_run(work_dir), _report(work_dir)
    steps = finished_steps(work_dir)
    return info | dict(
        name=f'{run["name"]}, random seed {run["seed"]}',
        command=_command(work_dir, run['config']),
        steps=steps,
        seconds=sum(step['seconds'] for step in steps),
        sentences=report.get('sentences', []),
        thresholds=_threshold_chart(report),
        charts=_training_charts(work_dir),
        configs=_configs(work_dir),
    )


def _command(work_dir: Path, config: str) -> str:
    """Return the command that continues a run: that of make_masks, or of its pipeline."""
    record = work_dir.parent / ResultFolder.RECORD
    if not record.is_file():
        command = [*command_line('pipeline').split(), config, '--work-dir', str(work_dir)]
        return shlex.join(command)
    if command := masks_command(work_dir):
        return shlex.join(command)
    photos = read_json(record).get('photos', 'IMAGES')
    command = [*command_line('make_masks').split(), photos, '--out', str(work_dir.parent)]
    return f'{shlex.join(command)}  # and your other options'


def _report(work_dir: Path) -> dict:
    try:
        return read_report(work_dir)
    except UserError:  # not written yet
        return {}


def _threshold_chart(report: dict) -> Chart | None:
    """Return mIoU over the threshold of each method's maps, None if it was not measured."""
    if not report.get('curves'):
        return None
    lines = [
        (
            f'{columns(report)[method]}, {find(report, method, role)["split"]}',
            curve[role]['threshold'],
            [100 * value for value in curve[role]['mIoU']],
        )
        for method, curve in report['curves'].items()
        for role in ROLES
    ]
    return make_chart('mIoU of the maps, per cent', lines, 'threshold')


def _training_charts(work_dir: Path) -> list[Chart]:
    """Return a chart of the losses of each training, and one of each of its scores."""
    charts = []
    for folder in sorted({path.parents[2] for path in work_dir.glob('*/*/vis_data/scalars.json')}):
        curves = read_curves(folder)
        losses = [one for one in curves if 'loss' in one.name]
        groups = ([losses] if losses else []) + [[one] for one in curves if one not in losses]
        for group in groups:
            title = f'{folder.name}: {group[0].name if len(group) == 1 else "losses"}'
            lines = [(one.name, one.steps, one.values) for one in group]
            charts.append(make_chart(title, lines, 'iteration'))
    return charts


def _configs(work_dir: Path) -> dict[str, str]:
    """Return the configs that the trainings saved, by folder and name."""
    return {
        path.relative_to(work_dir).as_posix(): path.read_text(encoding='utf-8', errors='replace')
        for path in sorted(work_dir.glob('*/*.py'))
    }


def _versions() -> dict[str, str]:
    found = dict(ppl_mm=__version__, Python=platform.python_version())
    found |= {name: version for name in _PACKAGES if (version := installed_version(name))}
    return found | dict(system=platform.platform())
