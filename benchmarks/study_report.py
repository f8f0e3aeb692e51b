"""The report of the study: Markdown and plots, from the results alone."""
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from study_numbers import Group, Study, mean, paired, spread
from study_plan import ROUNDS
from study_plots import draw_all

from ppl_mm.utils import atomic_write

_HEAD = """# The study in tables

Made by `python benchmarks/study.py --results {path} --report` from
[{path.name}]({path.name}), a line for each run, with confusion
matrices, curves, settings, commits and commands; not to be edited. What was
expected and what it means: [study](../study.md).

mIoU, precision and recall, over all classes with the background, and over-
and under-activation, over the foreground, in per cent; with several random
seeds the mean and the sample standard deviation. Each row's threshold is the
best one on the images that measure it, by their masks; on val it is used
unchanged. *less plain* is the mean of the differences seed by seed to the
best plain CAM of the same round and epochs; *less equal cost* that to a plain
CAM which was trained for as many FLOPs. Seconds are of one training, FLOPs of
forward and backward.
"""
# Columns of the way from maps to a network, and the parts of a record.
_PATH = {
    'plain CAM, seed': 'plain_seed', 'PPL, seed': 'ppl_seed',
    'pseudo-labels': 'measured', 'network': 'segmentation',
    'pseudo-labels, val': 'val', 'network, val': 'segmentation_val'}
_NETWORK = ('segmentation', 'segmentation_val')
_SCORES = ('mIoU', 'precision', 'recall', 'over_activation',
           'under_activation')


def write_report(records: Sequence[dict], results: Path, page: Path,
                 data: str) -> dict:
    """Write the page and its plots.

    Args:
        records (Sequence[dict]): The latest of each run.
        results (Path): Where they are, for the link.
        page (Path): The Markdown to write; its plots go to a folder beside
            it, of the same name.
        data (str): The data set of the line of figures.

    Returns:
        dict: ``ratios`` and ``figures``.
    """
    study = Study(records)
    pictures = draw_all(study, page.with_suffix(''))
    parts = [_HEAD.format(path=results)]
    for name in dict.fromkeys(group.data for group in study.groups):
        parts += _data_set(study, name, pictures)
    parts += _failures(study)
    with atomic_write(page) as file:
        file.write('\n'.join(parts).encode())
    return dict(ratios=study.ratios(data), figures=study.figures(data))


def _data_set(study: Study, data: str,
              pictures: Mapping[str, list[Path]]) -> list[str]:
    parts = [f'## {data}\n']
    for round in reversed(ROUNDS):
        groups = study.select(data=data, round=round)
        if groups:
            parts += _round(study, groups, round)
    parts += _later_steps(study, data)
    parts += _networks(study, data)
    parts += [f'![{path.stem}]({path.parent.name}/{path.name})\n'
              for path in pictures.get(data, ())]
    return parts


def _round(study: Study, groups: Sequence[Group], round: str) -> list[str]:
    first = groups[0].first['measured']
    parts = [f'### Round {round}\n',
             f'{first["images"]} images of {first["split"]}.\n',
             _main_table(study, groups), _expectations(study, groups)]
    if round == 'final':
        parts += [*_seed_table(study, groups), 'Per class:\n',
                  _class_table(groups, 'measured')]
        groups = [group for group in groups if group.each('mIoU', 'val')]
        if groups:
            parts += ['Val, measured once:\n', _val_table(study, groups),
                      _class_table(groups, 'val')]
    return parts


def _main_table(study: Study, groups: Sequence[Group]) -> str:
    header = ['row', 'method', 'epochs', 'seeds', 'mIoU', 'precision',
              'recall', 'over', 'under', 'threshold', 'less plain',
              'less equal cost', 'TFLOPs', 'seconds', 'processor', 'GiB',
              'GiB of GPU']
    return _table(*_without_empty(header, [[
        group.name, group.method, group.epochs, len(group.by_seed),
        *(_cell(group.each(key).values()) for key in _SCORES),
        '{:.3f}'.format(mean(record['threshold']
                             for record in group.by_seed.values())),
        _less_plain(study, group),
        _signed(paired(group, study.equal_cost(group))),
        _number(group.flops(), 1e12, 1), _number(group.seconds()),
        _number(group.seconds('cpu_seconds')), _memory(group, 'peak_memory'),
        _memory(group, 'gpu_peak_memory'),
    ] for group in groups]))


def _without_empty(header: Sequence[str], rows: Sequence[Sequence]
                   ) -> tuple[list[str], list[list]]:
    """Leave out the columns in which nobody has anything."""
    kept = [index for index in range(len(header))
            if any(row[index] != '' for row in rows)]
    return ([header[index] for index in kept],
            [[row[index] for index in kept] for row in rows])


def _expectations(study: Study, groups: Sequence[Group]) -> str:
    lines = []
    for group in groups:
        plain = study.baseline(group)
        outcome = 'the baseline' if plain is group else (
            'no plain CAM to compare with' if plain is None else
            f'{_signed(paired(group, plain))} to `{plain.name}`')
        lines.append(f'- `{group.name}`: {group.hypothesis or "-"}: '
                     f'{outcome}')
    return '\n'.join([*lines, ''])


def _seed_table(study: Study, groups: Sequence[Group]) -> list[str]:
    seeds = sorted({seed for group in groups for seed in group.by_seed})
    rows = []
    for group in groups:
        for name, other in (('plain', study.baseline(group)),
                            ('equal cost', study.equal_cost(group))):
            differences = paired(group, other)
            if other is None or other is group or not differences:
                continue
            rows.append([group.name, f'{name}: {other.name}',
                         *(_points(differences.get(seed)) for seed in seeds),
                         _signed(differences)])
    header = ['row', 'less', *(f'seed {seed}' for seed in seeds), 'mean']
    return ['Seed by seed:\n', _table(header, rows)] if rows else []


def _class_table(groups: Sequence[Group], split: str) -> str:
    return _table(['IoU', *groups[0].classes], [
        [group.name, *(f'{100 * iou:.1f}' for iou in group.class_ious(split))]
        for group in groups])


def _val_table(study: Study, groups: Sequence[Group]) -> str:
    return _table(
        ['row', 'method', 'seeds', 'mIoU', 'precision', 'recall', 'over',
         'under', 'less plain', 'less equal cost'],
        [[group.name, group.method, len(group.each('mIoU', 'val')),
          *(_cell(group.each(key, 'val').values()) for key in _SCORES),
          _less_plain(study, group, 'val'),
          _signed(paired(group, study.equal_cost(group), 'val'))]
         for group in groups])


def _later_steps(study: Study, data: str) -> list[str]:
    """Pseudo-labels and segmentation networks, where there are any."""
    groups = [*study.select('pipeline', data=data),
              *study.select('full', data=data)]
    if not groups:
        return []
    return ['### From maps to a segmentation network\n', _table(
        ['row', 'trained on', 'random seeds', *_PATH],
        [[group.name, group.method, len(group.by_seed),
          *(_cell(group.each('mIoU', part).values())
            for part in _PATH.values())]
         for group in groups])]


def _networks(study: Study, data: str) -> list[str]:
    """Networks on labels of a pipeline, beside the recipe's."""
    groups = study.select('network', data=data)
    if not groups:
        return []
    # Where nobody has run it alone, a pipeline of one round has trained it.
    recipe = next((group for group in [
        *groups, *study.select('pipeline', data=data)]
        if group.name in ('network', 'pipeline_one_round')), None)
    header = ['row', 'random seeds', *(
        f'{groups[0].first[part]["split"]}, {what}' for part in _NETWORK
        for what in ('mIoU', 'precision', 'recall', 'less the recipe'))]
    return ['### Networks on the same maps\n', _table(header, [
        [group.name, len(group.by_seed), *_network_cells(group, recipe)]
        for group in groups]), '\n'.join(
            [*(f'- `{group.name}`: {group.hypothesis}' for group in groups),
             ''])]


def _network_cells(group: Group, recipe: Group | None) -> list[str]:
    cells = []
    for part in _NETWORK:
        cells += [_cell(group.each(key, part).values())
                  for key in ('mIoU', 'precision', 'recall')]
        cells.append('' if group is recipe
                     else _signed(paired(group, recipe, part)))
    return cells


def _failures(study: Study) -> list[str]:
    if not study.failed:
        return []
    return ['## Failed\n', *(f'- `{record["id"]}`: {record["error"]}'
                             for record in study.failed), '']


def _table(header: Sequence, rows: Iterable[Sequence]) -> str:
    """A Markdown table; numbers to the right."""
    lines = [header, ['---', *['---:'] * (len(header) - 1)], *rows]
    return '\n'.join(['| ' + ' | '.join(map(str, line)) + ' |'
                      for line in lines] + [''])


def _cell(values: Iterable[float]) -> str:
    """Mean and spread in per cent."""
    values = [100 * value for value in values]
    if not values:
        return ''
    deviation = spread(values)
    return f'{mean(values):.1f}' + (
        '' if deviation is None else f' ± {deviation:.1f}')


def _signed(differences: Mapping[int, float] | None) -> str:
    if not differences:
        return ''
    points = [100 * value for value in differences.values()]
    deviation = spread(points)
    return f'{mean(points):+.1f}' + (
        '' if deviation is None else f' ± {deviation:.1f}')


def _less_plain(study: Study, group: Group, split: str = 'measured') -> str:
    plain = study.baseline(group)
    return '' if plain is group else _signed(paired(group, plain, split))


def _points(difference: float | None) -> str:
    return '' if difference is None else f'{100 * difference:+.1f}'


def _number(value: float | None, unit: float = 1., digits: int = 0) -> str:
    return '' if value is None else f'{value / unit:.{digits}f}'


def _memory(group: Group, key: str) -> str:
    peaks = [record['steps']['train'].get(key) or 0
             for record in group.by_seed.values()]
    return _number(max(peaks) or None, 2**30, 1)


def print_summary(report: dict) -> None:
    """The figures for people, above the line of JSON."""
    for key in ('best', 'paper_form'):
        figure = report['figures'][key]
        if figure:
            print(f'{key}: {json.dumps(figure)}')
