"""What the steps of a pipeline have measured, in one record."""

import os
import platform
import sys
from pathlib import Path
from typing import Any

import torch

from ..apis.stage_choice import StageChoice
from ..errors import UserError
from ..formats.class_list import NO_BACKGROUND
from ..formats.export_folder import ExportFolder
from ..utils.files import file_sha256
from ..utils.text import counted
from ..utils.weights.last_checkpoint import last_checkpoint
from ..version import __version__
from .tables import PSEUDO_LABELS, ROLES, SEGMENTATION, find, read_part


def collect_results(work_dir: Path) -> dict:
    """Return what a finished pipeline has measured, see docs/pipeline.md.

    Raises:
        UserError: If the file of a step is missing.
    """
    run = read_part(work_dir / 'pipeline.json')
    paths = run['paths']
    maps = {key: read_part(work_dir / path) for key, path in paths.get('measured', {}).items()}
    measurements = _measurements(work_dir, run, maps)
    steps = finished_steps(work_dir)
    report = dict(
        run,
        ppl_mm=__version__,
        classes=list(ExportFolder(work_dir / paths['labels']).read().label_names),
        measurements=measurements,
        comparisons=_compare(measurements, list(maps)),
        curves={
            key: {role: measured[role]['curve'] for role in ROLES}
            for key, measured in maps.items()
            if all(measured[role]['curve'] for role in ROLES)
        },
        steps=steps,
        seconds=round(sum(step['seconds'] for step in steps), 2),
        machine=_machine(),
    )
    sentences = [*_choices(work_dir, run), *_sentences(report)]
    return _portable(dict(report, sentences=sentences))


def _measurements(work_dir: Path, run: dict, maps: dict) -> list[dict]:
    """Return what was measured, nothing where data have no masks."""
    paths = run['paths']
    if not maps:
        return []
    found = [score for key, one in maps.items() for score in _map_scores(one, key, 'maps')]
    found += _map_scores(read_part(work_dir / paths['measured_labels']), PSEUDO_LABELS, 'labels')
    found += _network_scores(work_dir, paths, run)
    return [dict(entry, seed=run['seed']) for entry in found]


def _portable(value: Any) -> Any:
    """Return a value with paths and commands as one types them in the current folder."""
    if isinstance(value, dict):
        return {key: _portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(item) for item in value]
    if not isinstance(value, str):
        return value
    if value == sys.executable:
        return 'python'
    return value.removeprefix(f'{Path.cwd()}{os.sep}')


def _map_scores(measured: dict, method: str, kind: str) -> list[dict]:
    """Return what was measured of maps or labels, by the name of ``kind``, on each role."""
    left_out = ('maps', 'labels', 'curve', 'classes')
    return [
        dict(method=method, role=role, scores=measured[role][kind])
        | {key: value for key, value in measured[role].items() if key not in left_out}
        for role in ROLES
    ]


def _network_scores(work_dir: Path, paths: dict, run: dict) -> list[dict]:
    folder = work_dir / paths['network']
    checkpoint = last_checkpoint(folder)
    if checkpoint is None:
        raise UserError(f'{folder}: its checkpoint is gone; run the pipeline again')
    origin = dict(
        config=run['segmentation'][-1],
        checkpoint=str(checkpoint),
        checkpoint_sha256=file_sha256(checkpoint),
        threshold=None,
    )
    tests = {role: read_part(work_dir / paths['tests'][role] / 'scores.json') for role in ROLES}
    return [
        dict(method=SEGMENTATION, role=role, **origin)
        | {key: found[key] for key in ('split', 'num_images', 'scores')}
        for role, found in tests.items()
    ]


def _compare(measurements: list[dict], methods: list[str]) -> dict:
    """Return differences of mIoU, as fractions, by ``<one>_over_<other>`` and role."""
    miou = {(one['method'], one['role']): one['scores']['mIoU'] for one in measurements}
    if not measurements:
        return {}
    baseline, last = methods[0], methods[-1]
    pairs = [(key, baseline) for key in [*methods[1:], PSEUDO_LABELS]]
    pairs += [(PSEUDO_LABELS, last), (SEGMENTATION, PSEUDO_LABELS)]
    return {
        f'{better}_over_{worse}': {role: miou[better, role] - miou[worse, role] for role in ROLES}
        for better, worse in pairs
    }


def _choices(work_dir: Path, run: dict) -> list[str]:
    """Return which stage of a method was kept, and why."""
    names = {method['key']: method['name'] for method in run['methods']}
    paths = run['paths'].get('choices', {})
    return [
        f'{names[key]}: {StageChoice(**read_part(work_dir / path)).line()}.'
        for key, path in paths.items()
    ]


def _sentences(report: dict) -> list[str]:
    """Return what the numbers say, in words, and what chose the thresholds."""
    if not report['measurements']:
        why = report.get('not_measured') or 'the config of the pipeline names no splits with masks'
        return [f'Nothing is measured: {why}.']
    methods = {method['key']: method['name'] for method in report['methods']}
    (baseline, *others), last = methods, list(methods)[-1]
    masked, val = (find(report, last, role) for role in ROLES)
    seed = report['seed']
    made = report.get('make_data') or {}
    data = f' and data seed {made["seed"]}' if 'seed' in made else ''
    first = ' first' if report.get('segmentation_maps') else ''
    claims = []
    for key in others:
        claims += _claims(report, key, baseline, methods[key], methods[baseline])
    if report.get('refinement'):
        maps = f'the maps of {methods[last]}'
        claims += _claims(report, PSEUDO_LABELS, last, 'Refinement', maps)
    labels = f'the pseudo-labels it learnt from{first}'
    claims += _claims(report, SEGMENTATION, PSEUDO_LABELS, 'The segmentation network', labels)
    return [
        *claims,
        f'These are results of one run, with random seed {seed}{data}. They do not show how '
        'much results differ between random seeds.',
        _cut(report, masked, val)
        + 'No mask was trained on, and none chose a checkpoint: the last one of each training is '
        'used.',
    ]


def _cut(report: dict, masked: dict, val: dict) -> str:
    """Return what chose the threshold of the maps, '' where nothing is cut."""
    if NO_BACKGROUND in report['classes']:
        return ''
    by_class = any(one.get('thresholds') for one in report['measurements'])
    what = 'a threshold for each class in' if by_class else 'one threshold for'
    split = report['splits']['threshold']
    by_masks = f"The masks of {split} chose {what} each method's maps; it is"
    origins = {one.get('threshold_from') for one in report['measurements']} - {None, split}
    others = f'Thresholds of maps: {"; ".join(sorted(origins))}. They are'
    used = others if origins else by_masks
    return f'{used} used unchanged on {masked["split"]} and {val["split"]}. '


def _claims(report: dict, method: str, other: str, name: str, other_name: str) -> list[str]:
    """Return which of two is better on each split."""
    claims = []
    for role in ROLES:
        own, theirs = (find(report, name_of, role) for name_of in (method, other))
        first, second = (100 * entry['scores']['mIoU'] for entry in (own, theirs))
        verb = 'beats' if first > second else 'does not beat'
        images = counted(own['num_images'], 'image')
        claims.append(
            f'{name} {verb} {other_name} on {own["split"]} ({images}): '
            f'{first - second:+.2f} points ({first:.2f} against {second:.2f} % mIoU).'
        )
    return claims


def finished_steps(work_dir: Path) -> list[dict]:
    """Return what each finished step did, in order."""
    names = read_part(work_dir / 'pipeline.json')['steps']
    paths = [work_dir / 'steps' / f'{name}.json' for name in names]
    records = [read_part(path) for path in paths if path.is_file()]
    return [
        {key: record[key] for key in ('step', 'title', 'seconds', 'command')} for record in records
    ]


def _machine() -> dict:
    return dict(
        python=platform.python_version(),
        torch=torch.__version__,
        platform=platform.platform(),
        cpus=os.cpu_count(),
        threads=torch.get_num_threads(),
        cuda=torch.cuda.is_available(),
    )
