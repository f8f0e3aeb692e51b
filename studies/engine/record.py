"""The record of a run: what was asked for, and what came of it."""

import json
from collections.abc import Mapping

from .run import Run

#: What a record says about its row that must not change once the run is done.
ASKED = ('kind', 'config', 'options', 'test_options', 'extra', 'repeat', 'epochs', 'measured_part')
_SCORES = ('mIoU', 'precision', 'recall', 'over_activation', 'under_activation', 'confusion_matrix')
# Every fifth threshold is enough for a plot.
_CURVE_STEP = 5


def head(run: Run) -> dict:
    """Return the part of a record that says which run it is of, as JSON has it."""
    row = run.row
    asked = dict(
        id=run.id,
        kind=row.kind,
        name=row.name,
        data=row.data,
        method=row.method,
        round=row.round,
        seed=run.seed,
        epochs=run.all_epochs,
        measured_part=run.measured,
        config=row.config,
        options=row.options,
        test_options=row.test_options,
        extra=row.extra,
        repeat=row.repeat,
        equal_cost_to=row.equal_cost_to,
    )
    return json.loads(json.dumps(asked))


def changed_settings(run: Run, record: Mapping) -> list[str]:
    """Return the names of the settings in which a row differs from its record."""
    asked = head(run)
    return [key for key in ASKED if asked[key] != record[key]]


def scores(report: Mapping, split: str, images: int) -> dict:
    """Return what a record keeps of the scores on a split."""
    return dict(split=split, images=images, **{key: report[key] for key in _SCORES})


def steps_record(steps: Mapping[str, Mapping]) -> dict:
    """Return what a record keeps of the steps: seconds, tries and memory, by name."""
    left_out = ('command', 'done')
    return {
        name: {key: value for key, value in step.items() if key not in left_out}
        for name, step in steps.items()
    }


def thin_curve(curve: Mapping) -> dict:
    """Return every fifth point of a curve over thresholds, to four digits."""
    return {
        name: [None if value is None else round(value, 4) for value in values[::_CURVE_STEP]]
        for name, values in curve.items()
    }


def outcome(record: Mapping) -> str:
    """Return the result of a run in a few words."""
    if record['status'] != 'done':
        return f'{record["status"]}: {record["error"]}'
    parts = (record.get(key) for key in ('measured', 'val', 'segmentation', 'segmentation_val'))
    return ', '.join(f'{part["split"]} {100 * part["mIoU"]:.2f}' for part in parts if part)
